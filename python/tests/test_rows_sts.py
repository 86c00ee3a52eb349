"""Rows 14-21: AssumeRole and its client."""

import copy
import json
import pickle
import time
import warnings
from typing import Any

import pytest
from botocore.config import Config
from support import BASE_KEY, ROLE, Sts

import aws_refresh_session as ars
from aws_refresh_session import AssumeRoleConfig, RefreshableSession, STSClientConfig

TWELVE: dict[str, Any] = {
    "RoleArn": ROLE,
    "RoleSessionName": "me",
    "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
    "Policy": json.dumps({"Version": "2012-10-17", "Statement": []}),
    "DurationSeconds": 1800,
    "ExternalId": "external",
    "SerialNumber": "arn:aws:iam::123456789012:mfa/me",
    "TokenCode": "123456",
    "Tags": [{"Key": "team", "Value": "blue"}, {"Key": "cost", "Value": "7"}],
    "TransitiveTagKeys": ["team"],
    "SourceIdentity": "alice",
    "ProvidedContexts": [{"ProviderArn": "arn:aws:iam::aws:contextProvider/x", "ContextAssertion": "assertion"}],
}


def assume(sts: Sts, **parameters: Any) -> dict[str, str]:
    """The one call that a session with these parameters makes."""
    with RefreshableSession(**{"assume_role_kwargs": {"RoleArn": ROLE}, **parameters}) as session:
        session.credentials
    return sts.made()[-1]


@pytest.mark.parametrize("kind", [dict, lambda **all: AssumeRoleConfig(**all)])
def test_row14_all_twelve_parameters_reach_sts(sts: Sts, kind: Any) -> None:
    # A device's code is good for one call of the process.
    given = {**TWELVE, "SerialNumber": f"{TWELVE['SerialNumber']}-{type(kind).__name__}"}
    call = assume(sts, assume_role_kwargs=kind(**given))
    assert call["RoleArn"] == ROLE
    assert call["RoleSessionName"] == "me"
    assert call["PolicyArns.member.1.arn"] == TWELVE["PolicyArns"][0]["arn"]
    assert call["Policy"] == TWELVE["Policy"]
    assert call["DurationSeconds"] == "1800"
    assert call["ExternalId"] == "external"
    assert call["SerialNumber"] == given["SerialNumber"]
    assert call["TokenCode"] == "123456"
    assert (call["Tags.member.2.Key"], call["Tags.member.2.Value"]) == ("cost", "7")
    assert call["TransitiveTagKeys.member.1"] == "team"
    assert call["SourceIdentity"] == "alice"
    assert call["ProvidedContexts.member.1.ContextAssertion"] == "assertion"


def test_row14_assume_role_kwargs_and_its_role_are_required() -> None:
    with pytest.raises(ars.BRSValidationError) as caught:
        RefreshableSession()
    assert caught.value.param == "assume_role_kwargs"
    with pytest.raises(ars.BRSValidationError) as caught:
        RefreshableSession(assume_role_kwargs={"RoleSessionName": "me"})
    assert caught.value.param == "RoleArn"
    with pytest.raises(ars.BRSValidationError) as caught:
        RefreshableSession(assume_role_kwargs="arn")
    assert caught.value.param == "assume_role_kwargs"


def test_row15_client_takes_region_endpoint_and_keys_of_its_own(sts: Sts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    call = assume(
        sts,
        region_name="eu-west-1",
        sts_client_kwargs=STSClientConfig(
            region_name="ap-south-1",
            endpoint_url=sts.url,
            aws_access_key_id="AKIDCLIENT0000000000",
            aws_secret_access_key="client-secret",
            aws_session_token="client-token",
            aws_account_id="123456789012",
        ),
    )
    assert call["region"] == "ap-south-1"
    assert call["signer"] == "AKIDCLIENT0000000000"


def test_row15_service_cannot_be_changed(sts: Sts) -> None:
    with pytest.warns(ars.BRSWarning, match="service_name"):
        call = assume(sts, sts_client_kwargs={"service_name": "s3"})
    assert call["service"] == "sts"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assume(sts, sts_client_kwargs={"service_name": "sts"})


def test_row15_retries_of_config_count(sts: Sts) -> None:
    sts.answer = lambda call: Sts.error(500, "InternalFailure")
    for config, attempts in (
        (Config(retries={"max_attempts": 0}), 1),
        (Config(retries={"total_max_attempts": 2}), 2),
        (Config(retries={"max_attempts": 1, "mode": "standard"}), 2),
    ):
        sts.calls.clear()
        with pytest.raises(ars.BRSRequestError):
            assume(sts, sts_client_kwargs={"config": config})
        assert len(sts.made()) == attempts


def test_row15_timeouts_of_config_count(sts: Sts) -> None:
    sts.answer = lambda call: time.sleep(2)
    config = Config(connect_timeout=0.1, read_timeout=0.1, retries={"max_attempts": 0})
    began = time.monotonic()
    with pytest.raises(ars.BRSConnectionError):
        assume(sts, sts_client_kwargs={"config": config})
    assert time.monotonic() - began < 1.5


def test_row15_what_cannot_be_honoured_is_warned_about_by_name(sts: Sts) -> None:
    for given, name in (
        ({"config": Config(proxies={"http": "http://127.0.0.1:9"})}, "proxies"),
        ({"config": Config(retries={"mode": "adaptive"})}, "retries.mode"),
        ({"config": Config(retries={"max_attempts": 20})}, "retries"),
        ({"api_version": "2011-06-15"}, "api_version"),
    ):
        with pytest.warns(ars.BRSWarning, match=name):
            assume(sts, sts_client_kwargs=given)


def test_row15_verification_off_warns_and_a_bundle_must_exist(sts: Sts, tmp_path: Any) -> None:
    with pytest.warns(ars.BRSWarning):
        assume(sts, sts_client_kwargs={"verify": False})
    with pytest.raises(ars.BRSError):
        assume(sts, sts_client_kwargs={"verify": str(tmp_path / "none.pem"), "endpoint_url": "https://127.0.0.1:9"})


def test_row15_tls_off_asks_the_default_endpoint_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    from aws_refresh_session.sts import client_options

    hosts = []
    with pytest.warns(ars.BRSWarning, match="clear"):
        options = client_options(
            {"use_ssl": False, "region_name": "eu-west-3"}, lambda region: hosts.append(region) or f"sts.{region}.test"
        )
    assert options["endpoint_url"] == "http://sts.eu-west-3.test"
    # An endpoint that is named has a scheme of its own.
    assert client_options({"use_ssl": False, "endpoint_url": "https://x.test"}, str)["endpoint_url"] == "https://x.test"
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    assert "endpoint_url" not in client_options({"use_ssl": False}, str)
    session = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, region_name="cn-north-1")
    assert session._sts_host(None) == "sts.cn-north-1.amazonaws.com.cn"


def test_row16_role_session_name_defaults_to_the_package(sts: Sts) -> None:
    assert assume(sts)["RoleSessionName"] == "aws-refresh-session"


def test_row17_calls_are_signed_with_the_base(sts: Sts, private_home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert assume(sts)["signer"] == BASE_KEY
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    (private_home / ".aws").mkdir()
    (private_home / ".aws" / "credentials").write_text(
        "[dev]\naws_access_key_id = AKIDPROFILE000000000\naws_secret_access_key = profile-secret\n"
    )
    (private_home / ".aws" / "credentials").chmod(0o600)
    assert assume(sts, profile_name="dev")["signer"] == "AKIDPROFILE000000000"


def test_row17_no_base_is_a_clear_error_at_the_first_use(sts: Sts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    session = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE})
    with pytest.raises(ars.BRSCredentialError):
        session.credentials
    assert sts.calls == []


def test_row17_a_session_is_another_roles_base(emulator: Any) -> None:
    first = RefreshableSession(assume_role_kwargs={"RoleArn": emulator.role_arn})
    second = RefreshableSession(assume_role_kwargs={"RoleArn": emulator.chained_role_arn}, base=first)
    assert "assumed-role/chained/" in second.whoami()["Arn"]


def test_row18_the_identity_is_the_assumed_one(emulator: Any) -> None:
    session = RefreshableSession(assume_role_kwargs={"RoleArn": emulator.role_arn, "RoleSessionName": "row18"})
    identity = session.get_identity()
    assert identity["Arn"] == "arn:aws:sts::123456789012:assumed-role/demo/row18"
    assert identity["Account"] == "123456789012"


def test_row19_configs_are_copied(sts: Sts) -> None:
    role = AssumeRoleConfig(RoleArn=ROLE, Tags=[{"Key": "team", "Value": "blue"}])
    client = {"region_name": "eu-west-1"}
    session = RefreshableSession(assume_role_kwargs=role, sts_client_kwargs=client)
    role.RoleArn = ROLE + "-other"
    role.Tags[0]["Value"] = "red"
    client["region_name"] = "ap-south-1"
    session.credentials
    call = sts.made()[0]
    assert (call["RoleArn"], call["Tags.member.1.Value"], call["region"]) == (ROLE, "blue", "eu-west-1")
    assert "RoleSessionName" not in role
    assert "service_name" not in client


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RoleArn", "too-short"),
        ("RoleArn", 20),
        ("TokenCode", "12345"),
        ("TokenCode", "1234567"),
        ("TokenCode", "١٢٣٤٥٦"),
        ("TokenCode", 123456),
        ("RoleSessionName", "no blanks"),
        ("DurationSeconds", 43201),
        ("DurationSeconds", "900"),
        ("Tags", [{"Key": "k" * 129, "Value": ""}]),
        ("Tags", [{"Key": f"k{n}", "Value": ""} for n in range(51)]),
    ],
)
def test_row20_what_aws_documents_is_checked_before_any_call(sts: Sts, name: str, value: Any) -> None:
    with pytest.raises(ars.BRSValidationError) as caught:
        RefreshableSession(assume_role_kwargs={"RoleArn": ROLE, name: value})
    assert name in (caught.value.param or "")
    assert sts.calls == []


def test_row21_a_parameter_set_to_nothing_is_removed(sts: Sts) -> None:
    config = AssumeRoleConfig(RoleArn=ROLE, ExternalId="external", Policy=None)
    assert "Policy" not in config
    config.ExternalId = None
    config["SourceIdentity"] = None
    assert dict(config) == {"RoleArn": ROLE}
    assert config.ExternalId is None
    call = assume(sts, assume_role_kwargs={"RoleArn": ROLE, "ExternalId": None})
    assert "ExternalId" not in call


def test_row21_an_unknown_parameter_is_an_error() -> None:
    with pytest.raises(ars.BRSValidationError) as caught:
        RefreshableSession(assume_role_kwargs={"RoleArn": ROLE, "RoleARN": ROLE})
    assert caught.value.param == "RoleARN"
    assert "RoleSessionName" in caught.value.message
    config = AssumeRoleConfig(RoleArn=ROLE)
    for change in (
        lambda: config.update(Nope=1),
        lambda: config.__setitem__("Nope", 1),
        lambda: setattr(config, "Nope", 1),
        lambda: config.setdefault("Nope", 1),
    ):
        with pytest.raises(ars.BRSValidationError):
            change()
    with pytest.raises(AttributeError):
        config.Nope
    with pytest.raises(ars.BRSValidationError):
        RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, sts_client_kwargs={"region": "eu-west-1"})


def test_row21_configs_are_mappings_and_can_be_copied() -> None:
    config = AssumeRoleConfig(RoleArn=ROLE, TokenCode="987654")
    assert config["RoleArn"] == config.RoleArn == {**config}["RoleArn"]
    for other in (config.copy(), copy.deepcopy(config), pickle.loads(pickle.dumps(config))):
        assert type(other) is AssumeRoleConfig
        assert other == config
        other.Policy = "{}"
        assert "Policy" not in config
    assert "987654" not in repr(config)
    client = STSClientConfig(aws_secret_access_key="secret", aws_session_token="token")
    assert "'secret'" not in repr(client)
    assert "'token'" not in repr(client)
