"""What the tests share: a recording STS, answers for callables, and who signs a request."""

import datetime
import urllib.parse
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.parsers import ResponseParserError

ROLE = "arn:aws:iam::123456789012:role/app"
BASE_KEY = "AKIAIOSFODNN7EXAMPLE"
BASE_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


class Sts:
    """An STS that says yes to everything and remembers what it was asked.

    :ivar calls: The parameters of each request, its signer's key as `signer`, its region as `region`.
    :ivar lifetime: Seconds that the sets it gives live.
    :ivar answer: When set, is called with a request's parameters first; a (status, body) it returns is the answer.
    """

    def __init__(self) -> None:
        self.calls: list[dict[str, str]] = []
        self.lifetime = 3600
        self.answer: Callable[[dict[str, str]], tuple[int, str] | None] | None = None
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def made(self, action: str = "AssumeRole") -> list[dict[str, str]]:
        """The calls of one action."""
        return [call for call in self.calls if call.get("Action") == action]

    @staticmethod
    def error(status: int, code: str) -> tuple[int, str]:
        return status, (
            "<ErrorResponse><Error><Type>Sender</Type>"
            f"<Code>{code}</Code><Message>No.</Message></Error><RequestId>request-1</RequestId></ErrorResponse>"
        )

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sts = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
                call = dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
                scope = self.headers.get("Authorization", "").partition("Credential=")[2].split(",")[0].split("/")
                if len(scope) > 2:
                    call |= {"signer": scope[0], "region": scope[2], "service": scope[3]}
                call["host"] = self.headers.get("Host", "")
                with sts._lock:
                    sts.calls.append(call)
                    number = len(sts.calls)
                status, text = (sts.answer and sts.answer(call)) or (200, sts._xml(call, number))
                self.send_response(status)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *arguments: Any) -> None:
                pass

        return Handler

    def _xml(self, call: dict[str, str], number: int) -> str:
        action = call.get("Action", "")
        if action == "GetCallerIdentity":
            result = (
                f"<Arn>arn:aws:sts::123456789012:assumed-role/app/{call.get('signer')}</Arn>"
                f"<UserId>AROAEXAMPLE:me</UserId><Account>123456789012</Account>"
            )
        else:
            end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.lifetime)
            key = f"ASIA{number:016d}"
            result = (
                f"<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>secret-of-{key}</SecretAccessKey>"
                f"<SessionToken>token-of-{key}</SessionToken><Expiration>{end:%Y-%m-%dT%H:%M:%SZ}</Expiration>"
                "</Credentials><AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:me</AssumedRoleId>"
                "<Arn>arn:aws:sts::123456789012:assumed-role/app/me</Arn></AssumedRoleUser>"
            )
        return (
            f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>{result}'
            f"</{action}Result><ResponseMetadata><RequestId>request-{number}</RequestId></ResponseMetadata>"
            f"</{action}Response>"
        )


def custom_set(number: int = 1, lifetime: float = 3600) -> dict[str, str]:
    """What a callable of method "custom" returns."""
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=lifetime)
    return {
        "access_key": f"ASIACUSTOM{number:010d}",
        "secret_key": f"secret-{number}",
        "token": f"token-{number}",
        "expiry_time": f"{end:%Y-%m-%dT%H:%M:%SZ}",
    }


def signer_of(client: Any, call: Callable[[Any], Any]) -> str:
    """The key id that signs the request of `call(client)`, which is not sent."""
    seen: list[str] = []

    def record(request: Any, **_: Any) -> AWSResponse:
        header = request.headers["Authorization"]
        header = header.decode() if isinstance(header, bytes) else header
        seen.append(header.partition("Credential=")[2].split("/")[0])
        response = AWSResponse(request.url, 200, {}, None)
        response._content = b""
        return response

    client.meta.events.register("before-send", record)
    try:
        with suppress(ResponseParserError):  # nothing was answered
            call(client)
    finally:
        client.meta.events.unregister("before-send", record)
    return seen[0]
