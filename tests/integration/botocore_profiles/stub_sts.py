"""An STS on loopback whose answer is a function of the request: two clients get the same credentials exactly if they
signed with the same keys and asked for the same. It checks the signature with botocore's signer."""

import collections
import hashlib
import http.server
import re
import threading
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

DEFAULT_SESSION_NAME = re.compile(r"botocore-session-\d+|aws-refresh-session")
ANSWER = """<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result>
<AssumedRoleUser><Arn>{1}</Arn><AssumedRoleId>AROA:x</AssumedRoleId></AssumedRoleUser><Credentials>
<AccessKeyId>{2}</AccessKeyId><SecretAccessKey>{3}</SecretAccessKey><SessionToken>{4}</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></{0}Result>
<ResponseMetadata><RequestId>request</RequestId></ResponseMetadata></{0}Response>"""
REFUSAL = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>{}</Message></Error><RequestId>request</RequestId></ErrorResponse>"""


def secret_of(access_key):
    """Every key of the test has the secret that its id says."""
    return "SECRETCANARY/" + access_key


def token_of(access_key):
    """So has every temporary key its session token."""
    return "SECRETCANARY+" + access_key if access_key.startswith("ASIA") else None


def signed_by(headers, body):
    """The access key of a correctly signed request, or None."""
    found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d+/([^/]+)/sts/aws4_request, ?"
                         r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)", headers.get("Authorization", ""))
    if not found:
        return None
    access_key, region, names, signature = found.groups()
    if headers.get("X-Amz-Security-Token") != token_of(access_key):
        return None
    request = AWSRequest(method="POST", url=f"http://{headers['Host']}/", data=body)
    for name in names.split(";"):
        request.headers[name] = headers[name]
    request.context["timestamp"] = headers["X-Amz-Date"]
    auth = SigV4Auth(Credentials(access_key, secret_of(access_key)), "sts", region)
    text = auth.string_to_sign(request, auth.canonical_request(request))
    return access_key if auth.signature(text, request) == signature else None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = dict(urllib.parse.parse_qsl(body.decode()))
        if DEFAULT_SESSION_NAME.fullmatch(asked.get("RoleSessionName", "")):
            asked["RoleSessionName"] = "default"
        web_identity = asked.get("Action") == "AssumeRoleWithWebIdentity"
        signer = "nobody" if web_identity else signed_by(self.headers, body)
        self.server.seen[asked.get("Action")] += 1
        if signer is None or "RoleArn" not in asked or asked["RoleArn"].endswith("/denied"):
            self.answer(403, REFUSAL.format("not signed by a key it knows, or not allowed"))
            return
        text = "\n".join([signer] + [f"{key}={value}" for key, value in sorted(asked.items())])
        access_key = "ASIA" + hashlib.sha256(text.encode()).hexdigest()[:16].upper()
        self.answer(200, ANSWER.format(asked["Action"], asked["RoleArn"], access_key, secret_of(access_key),
                                       token_of(access_key)))

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


class StubSts(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen = collections.Counter()
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()
