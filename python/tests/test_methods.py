"""Every method of the library by its name."""

import gc
import json
import os
import subprocess
import sys
import weakref
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from support import BASE_KEY, ROLE, Sts, custom_set

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


BUILT_IN = "container custom default env imds login process profile sso sts web_identity".split()
OVERRIDE = """
import sys, warnings
import aws_refresh_session as ars
from support import custom_set

name, seen = sys.argv[1], []

def factory(parameters):
    seen.append(dict(parameters))
    return lambda: custom_set(number)

for number in (6, 7):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ars.register_method(name, factory)
    assert [each.category for each in caught] == [ars.BRSWarning], caught
session = ars.RefreshableSession(method=name, vault="v", profile="p", depth=3, region_name="eu-west-1")
assert session.credentials["access_key"] == "ASIACUSTOM0000000007", session.credentials
assert seen == [{"vault": "v", "profile": "p", "depth": "3"}], seen
assert session.method == session.refresh_method == name
assert session.get_identity() == {"method": name, "source": name}, session.get_identity()
assert session.client("s3").meta.region_name == "eu-west-1"
assert ars.get_available_methods().count(name) == 1
"""


def test_a_factory_that_returns_something_else_is_named() -> None:
    ars.register_method("returns_a_number", lambda parameters: 3)
    with pytest.raises(ars.BRSValidationError, match="callable or a mapping") as caught:
        RefreshableSession(method="returns_a_number")
    assert caught.value.param == "returns_a_number"


@pytest.mark.parametrize("name", BUILT_IN)
def test_an_override_of_a_built_in_method_wins(name: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", OVERRIDE, name], capture_output=True, text=True, timeout=60, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("param", "options"),
    [
        ("refresh_options", {"refresh_options": 3}),
        ("refresh_options", {"refresh_options": [1]}),
        ("connect_timeout", {"sts_client_kwargs": {"config": Config(connect_timeout="x")}}),
        ("read_timeout", {"sts_client_kwargs": {"config": Config(read_timeout="x")}}),
        ("read_timeout", {"sts_client_kwargs": {"config": Config(read_timeout=-9)}}),
        ("base", {"base": custom_set, "botocore_session": botocore.session.get_session()}),
        ("base", {"base": custom_set, "sts_client_kwargs": {"aws_access_key_id": "A", "aws_secret_access_key": "S"}}),
        ("mfa_token_provider_kwargs", {"mfa_token_provider_kwargs": {"timeout": 3}}),
        ("defer_refresh", {"defer_refresh": "no"}),
        ("advisory_timeout", {"advisory_timeout": 1e30}),
        ("mandatory_timeout", {"mandatory_timeout": 1e30}),
        ("region_name", {"region_name": 3}),
        ("region_name", {"region_name": "a b"}),
        ("profile_name", {"profile_name": 3}),
        ("region_name", {"sts_client_kwargs": {"region_name": 3}}),
        ("verify", {"sts_client_kwargs": {"verify": 3}}),
        ("env", {"mfa_token_provider": "x", "mfa_token_provider_kwargs": {"env": {"a": 3}}}),
    ],
)
def test_a_wrong_argument_is_named_as_its_user_knows_it(sts: Sts, param: str, options: dict[str, Any]) -> None:
    role = {"RoleArn": ROLE}
    if "mfa_token_provider" in options:
        role["SerialNumber"] = "arn:aws:iam::123456789012:mfa/me"
    with pytest.raises(ars.BRSValidationError) as caught:
        RefreshableSession(assume_role_kwargs=role, **options)
    assert caught.value.param == param
    assert param in caught.value.message or options.get("region_name") == "a b"


def test_a_value_is_quoted_once(sts: Sts) -> None:
    with pytest.raises(ars.BRSValidationError, match="value='10'"):
        RefreshableSession(method="env", advisory_timeout="10")  # type: ignore[arg-type]
    with pytest.raises(ars.BRSValidationError, match="value='10'"):
        ars.ClientCache("LRU", "10")  # type: ignore[arg-type]


def test_an_unknown_name_of_a_config_is_a_validation_error() -> None:
    for wrong in (
        lambda: ars.AssumeRoleConfig(RoleArn=ROLE, Foo=1),  # type: ignore[arg-type]
        lambda: ars.STSClientConfig(foo=1),  # type: ignore[arg-type]
        lambda: setattr(ars.AssumeRoleConfig(RoleArn=ROLE), "Foo", 1),
    ):
        with pytest.raises(ars.BRSValidationError, match="no parameter of this name"):
            wrong()
    with pytest.raises(AttributeError):
        ars.AssumeRoleConfig(RoleArn=ROLE).Foo


def test_a_cache_label_shows_no_query() -> None:
    label = str(ars.ClientCacheKey("s3", endpoint_url="https://me:pw@host/path?token=secret#part"))
    assert label == "'s3', endpoint_url='https://***@host/path'"


def test_a_closed_session_keeps_its_last_state(sts: Sts) -> None:
    session = RefreshableSession(method="custom", custom_credentials_method=custom_set)
    session.credentials
    before = (session.state, session.expiration, session.last_error)
    assert before[0] == "fresh"
    for _ in range(2):
        session.close()
        assert (session.state, session.expiration, session.last_error) == before
    with pytest.raises(ars.BRSConfigurationError):
        session.credentials


def test_observations_live_as_long_as_the_session_or_until_closed() -> None:
    session = RefreshableSession(method="custom", custom_credentials_method=custom_set)
    kept: list[str] = []
    inside: list[str] = []
    session.observe(lambda event: kept.append(event["type"]))
    with session.observe(lambda event: inside.append(event["type"])) as observation:
        assert isinstance(observation, ars.Observation)
        session.refresh_now()
    seen = len(inside)
    assert seen
    gc.collect()
    session.refresh_now()
    assert kept.count("success") == 2
    assert len(inside) == seen
    observation.close()
    session.close()


def test_an_observer_that_refers_to_its_session_does_not_keep_it() -> None:
    session = RefreshableSession(method="custom", custom_credentials_method=custom_set)
    session.observe(lambda event: session.state)  # noqa: F821
    session.refresh_now()
    gone = weakref.ref(session)
    del session
    gc.collect()
    assert gone() is None
