"""Every method of the library by its name."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from support import BASE_KEY, Sts, custom_set

import aws_refresh_session as ars
from aws_refresh_session import RefreshableSession


@pytest.mark.parametrize("method", ["default", "env"])
def test_environment_variables(sts: Sts, method: str) -> None:
    assert RefreshableSession(method=method).credentials == {
        "access_key": BASE_KEY,
        "secret_key": os.environ["AWS_SECRET_ACCESS_KEY"],
        "token": None,
        "expiry_time": "",
    }


def test_default_starts_from_static_keys(sts: Sts) -> None:
    session = RefreshableSession(
        method="default", aws_access_key_id="AKIDSTATIC0000000000", aws_secret_access_key="s", aws_session_token="t"
    )
    assert session.credentials["access_key"] == "AKIDSTATIC0000000000"
    assert session.credentials["token"] == "t"


def test_profile(private_home: Path) -> None:
    (private_home / ".aws").mkdir()
    (private_home / ".aws" / "config").write_text(
        "[profile dev]\naws_access_key_id = AKIDPROFILE000000000\naws_secret_access_key = s\nregion = eu-west-3\n"
    )
    for options in ({"profile": "dev"}, {"profile_name": "dev"}, {"profile": "dev", "profile_name": "dev"}):
        session = RefreshableSession(method="profile", **options)
        assert session.credentials["access_key"] == "AKIDPROFILE000000000"
        assert (session.profile_name, session.region_name) == ("dev", "eu-west-3")
    with pytest.raises(ars.BRSValidationError):
        RefreshableSession(method="profile", profile="dev", profile_name="prod")


def test_process(tmp_path: Path) -> None:
    answer = custom_set()
    script = tmp_path / "process.py"
    document = {
        "Version": 1,
        "AccessKeyId": answer["access_key"],
        "SecretAccessKey": answer["secret_key"],
        "SessionToken": answer["token"],
        "Expiration": answer["expiry_time"],
    }
    script.write_text(f"print({json.dumps(json.dumps(document))})")
    session = RefreshableSession(method="process", command=f"{sys.executable} {script}", timeout=20)
    assert session.credentials == answer


def test_web_identity(sts: Sts, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("header.payload.signature")
    session = RefreshableSession(
        method="web_identity",
        role_arn="arn:aws:iam::123456789012:role/web",
        web_identity_token_file=token,
        endpoint_url=sts.url,
        region_name="us-east-1",
    )
    assert session.credentials["access_key"].startswith("ASIA")
    assert sts.calls[0]["WebIdentityToken"] == "header.payload.signature"


def test_container_and_imds() -> None:
    answer = custom_set()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.reply("token")

        def do_GET(self) -> None:
            if self.path.endswith("/security-credentials/"):
                return self.reply("role")
            self.reply(
                json.dumps(
                    {
                        "Code": "Success",
                        "AccessKeyId": answer["access_key"],
                        "SecretAccessKey": answer["secret_key"],
                        "Token": answer["token"],
                        "Expiration": answer["expiry_time"],
                    }
                )
            )

        def reply(self, text: str) -> None:
            self.send_response(200)
            self.send_header("X-aws-ec2-metadata-token-ttl-seconds", "21600")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    try:
        assert RefreshableSession(method="container", full_uri=f"{url}/role").credentials == answer
        os.environ.pop("AWS_EC2_METADATA_DISABLED")
        assert RefreshableSession(method="imds", endpoint=url).credentials == answer
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("sso", {"sso_account_id": "123456789012", "sso_role_name": "r", "sso_region": "us-east-1"}),
        ("login", {"login_session": "arn:aws:iam::123456789012:user/me"}),
    ],
)
def test_sso_and_login_say_what_is_missing(method: str, options: dict[str, str], tmp_path: Path) -> None:
    options = {**options, "cache_directory": str(tmp_path)}
    if method == "sso":
        options["sso_start_url"] = "https://example.awsapps.com/start"
    session = RefreshableSession(method=method, region_name="us-east-1", **options)
    with pytest.raises(ars.BRSError):
        session.credentials


def test_static_keys_and_bases_are_refused_where_they_mean_nothing(sts: Sts) -> None:
    keys: dict[str, Any] = {"aws_access_key_id": "A", "aws_secret_access_key": "S"}
    with pytest.raises(ars.BRSValidationError):
        RefreshableSession(method="custom", custom_credentials_method=custom_set, **keys)
    with pytest.raises(ars.BRSValidationError):
        RefreshableSession(method="env", base=custom_set)
    with pytest.raises(ars.BRSValidationError):
        RefreshableSession(assume_role_kwargs={"RoleArn": "arn:aws:iam::1:role/x"}, base=custom_set, **keys)


def test_a_callable_is_a_base(sts: Sts) -> None:
    session = RefreshableSession(
        assume_role_kwargs={"RoleArn": "arn:aws:iam::123456789012:role/x"}, base=custom_set, base_name="vault"
    )
    session.credentials
    assert sts.made()[0]["signer"] == "ASIACUSTOM0000000001"


def test_refresh_options_by_name_and_by_rule(sts: Sts) -> None:
    for options in ("aws_sdk_2026", {"preset": "aws_sdk_2026", "read_timeout": 5}, {"advisory_fraction": 0.25}):
        assert RefreshableSession(method="env", refresh_options=options).credentials["access_key"] == BASE_KEY
    with pytest.raises(ars.BRSValidationError):
        RefreshableSession(method="env", refresh_options={"nope": 1})
    with pytest.raises(ars.BRSValidationError):
        RefreshableSession(method="env", advisory_timeout=900, refresh_options={"advisory_window": 900})
