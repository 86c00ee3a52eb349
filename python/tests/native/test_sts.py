"""AssumeRole through the module. Beside the emulator: build/dev/tests/integration/with_emulator COMMAND"""

import base64
import hmac
import os
import struct
import time

import pytest
from native_sources import Frozen

from aws_refresh_session import _native, exceptions

EMULATOR = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "EMULATOR_"))}
pytestmark = pytest.mark.skipif("EMULATOR_ROLE_ARN" not in EMULATOR, reason="not beside the emulator")


def client():
    return {"endpoint_url": EMULATOR["AWS_ENDPOINT_URL_STS"], "region": "us-east-1", "connect_timeout": 1.5,
            "attempt_timeout": 5, "max_attempts": 1}


def keys():
    return {"access_key": EMULATOR["AWS_ACCESS_KEY_ID"], "secret_key": EMULATOR["AWS_SECRET_ACCESS_KEY"]}


def assume(role="EMULATOR_ROLE_ARN", parameters=None, session=None, **options):
    options = {"assume_role": {"RoleArn": EMULATOR[role], **(parameters or {})}, "client": client(), **options}
    return _native.Session.open("sts", options, session or {}, Frozen)


@pytest.mark.parametrize("place", ["session", "client", "base"])
def test_role_is_assumed_with_keys_wherever_they_are_given(place):
    if place == "session":
        session = assume(session={"credentials": keys()})
    elif place == "client":
        session = assume(client={**client(), "credentials": keys()})
    else:
        session = assume(base=keys, base_name="vault")
    snapshot = session.snapshot()
    assert snapshot.access_key.startswith("ASIA")
    assert snapshot.token
    assert snapshot.expiration is not None
    identity = session.identity()
    assert set(identity) == {"UserId", "Account", "Arn"}
    assert ":assumed-role/" in identity["Arn"]
    assert session.identity_from_sts() == identity
    assert session.region() == "us-east-1"


def test_all_parameters_of_assume_role_are_understood():
    session = assume(session={"credentials": keys()}, parameters={
        "RoleSessionName": "me", "DurationSeconds": 900,
        "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
        "Policy": '{"Version": "2012-10-17", "Statement": []}', "ExternalId": "external",
        "Tags": [{"Key": "team", "Value": "a"}], "TransitiveTagKeys": ["team"], "SourceIdentity": "somebody",
        "ProvidedContexts": [
            {"ProviderArn": "arn:aws:iam::aws:contextProvider/IdentityCenter", "ContextAssertion": "assertion"}],
    })
    assert 800 < session.snapshot().expiration.timestamp() - time.time() <= 900


def test_roles_are_chained_and_outlive_the_session_of_the_first():
    first = assume(session={"credentials": keys()})
    second = assume("EMULATOR_CHAINED_ROLE_ARN", base=first)
    del first
    assert ":assumed-role/chained/" in second.identity()["Arn"]


def guarded(**options):
    return assume("EMULATOR_MFA_ROLE_ARN", {"SerialNumber": EMULATOR["EMULATOR_MFA_SERIAL_NUMBER"]},
                  {"credentials": keys()}, **options)


def one_time_code():
    """RFC 6238, from the seed of with_emulator.cpp: the code in the environment is good for half a minute only."""
    seed = base64.b32decode("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    digest = hmac.digest(seed, struct.pack(">Q", int(time.time()) // 30), "sha1")
    (number,) = struct.unpack(">I", digest[digest[-1] & 15:][:4])
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"


def test_one_time_code_comes_from_a_callable():
    assert guarded(mfa=one_time_code).frozen().token


@pytest.mark.parametrize(("mfa", "options", "code", "details"), [
    (["printf", "none"], None, "MfaTokenNotFound", None),
    ("sh -c 'exit 3'", {}, "MfaCommandFailed", "exit status 3"),
    ("sh -c 'test \"$A\" = b && test $(pwd) = /usr && test $(cat) = c && exit 3'",
     {"environment": {"A": "b", "PATH": "/usr/bin:/bin"}, "working_directory": "/usr", "input": "c"},
     "MfaCommandFailed", "exit status 3"),
    (["sleep", "60"], {"timeout": 0.2}, "MfaCommandTimeout", "after 200 ms"),
])
def test_one_time_code_of_a_command_that_gives_none_is_an_error_of_its_own(mfa, options, code, details):
    with pytest.raises(exceptions.BRSConfigurationError) as caught:
        guarded(mfa=mfa, mfa_options=options).frozen()
    assert (caught.value.code, caught.value.details) == (code, details)


def test_refusal_of_the_service_comes_with_its_code_and_status():
    wrong = {**keys(), "secret_key": "SECRETCANARY-wrong"}
    with pytest.raises(exceptions.BRSRequestError) as caught:
        assume(session={"credentials": wrong}).frozen()
    assert caught.value.status_code == 403
    assert caught.value.code == "SignatureDoesNotMatch"
    assert caught.value.request_id
    assert "SECRETCANARY" not in str(caught.value)


def test_base_without_a_secret_is_refused_by_name():
    with pytest.raises(exceptions.BRSCredentialError) as caught:
        assume(base=lambda: {"access_key": "AKIAX"}, base_name="vault").frozen()
    assert "vault" in str(caught.value)
    assert caught.value.code == "MissingFields"
