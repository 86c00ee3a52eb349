"""Every test runs with a home of its own and without the machine's AWS settings; traffic stays on loopback."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from support import BASE_KEY, BASE_SECRET, ROLE, Sts

import aws_refresh_session

# What with_emulator set, before it is taken away from the tests that do not ask for it.
_EMULATOR = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "EMULATOR_"))}


@pytest.fixture(autouse=True)
def private_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith(("AWS_", "EMULATOR_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return home


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The emulator this run was started beside; it checks signatures byte for byte."""
    if "EMULATOR_ROLE_ARN" not in _EMULATOR:
        pytest.fail("run the tests through with_emulator")
    for name, value in _EMULATOR.items():
        monkeypatch.setenv(name, value)
    return SimpleNamespace(
        endpoint_url=_EMULATOR["AWS_ENDPOINT_URL_STS"],
        role_arn=_EMULATOR["EMULATOR_ROLE_ARN"],
        chained_role_arn=_EMULATOR["EMULATOR_CHAINED_ROLE_ARN"],
        mfa_role_arn=_EMULATOR["EMULATOR_MFA_ROLE_ARN"],
        mfa_serial_number=_EMULATOR["EMULATOR_MFA_SERIAL_NUMBER"],
        access_key=_EMULATOR["AWS_ACCESS_KEY_ID"],
    )


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sts]:
    """A recording STS that the environment points to, with base keys."""
    server = Sts()
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", BASE_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", BASE_SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    yield server
    server.close()


@pytest.fixture
def session(sts: Sts) -> Iterator[aws_refresh_session.RefreshableSession]:
    """A session of method "sts" on the recording STS."""
    with aws_refresh_session.RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}) as opened:
        yield opened
