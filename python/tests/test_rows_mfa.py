"""Rows 22-26: where one-time codes come from."""

import itertools
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from support import ROLE, Sts

import aws_refresh_session as ars
from aws_refresh_session import RefreshableSession

# A device's code is good for one call of the process, so each session has a device of its own.
DEVICES = (f"arn:aws:iam::123456789012:mfa/row{number}" for number in itertools.count())
SERIAL = next(DEVICES)
PYTHON = sys.executable


def with_mfa(provider: Any, arguments: Any = None, **assume_role: Any) -> RefreshableSession:
    return RefreshableSession(
        assume_role_kwargs={"RoleArn": ROLE, "SerialNumber": next(DEVICES), **assume_role},
        mfa_token_provider=provider,
        mfa_token_provider_kwargs=arguments,
    )


def code_of(sts: Sts, session: RefreshableSession) -> str:
    session.credentials
    return sts.made()[-1]["TokenCode"]


def printing(text: str) -> list[str]:
    return [PYTHON, "-c", f"print({text!r})"]


# First: the code that the emulator gave is good for half a minute.
def test_row22_the_emulator_takes_the_code_once(emulator: Any) -> None:
    session = RefreshableSession(
        assume_role_kwargs={"RoleArn": emulator.mfa_role_arn, "SerialNumber": emulator.mfa_serial_number},
        mfa_token_provider=lambda: os.environ["EMULATOR_MFA_CODE"],
    )
    assert "assumed-role/guarded/" in session.whoami()["Arn"]


def test_row22_a_callable_with_arguments_is_asked_once_per_refresh(sts: Sts) -> None:
    asked: list[str] = []

    def provider(device: str, codes: list[str]) -> str:
        asked.append(device)
        return codes[len(asked) - 1]

    session = with_mfa(provider, {"device": "yubikey", "codes": ["111111", "222222"]})
    assert code_of(sts, session) == "111111"
    assert asked == ["yubikey"]
    session.refresh_now()
    assert sts.made()[-1]["TokenCode"] == "222222"
    assert asked == ["yubikey", "yubikey"]


def test_row22_a_command_is_a_list_or_one_string_and_never_a_shell(sts: Sts, tmp_path: Path) -> None:
    assert code_of(sts, with_mfa(printing("123456"))) == "123456"
    script = tmp_path / "my code.py"
    script.write_text("import sys; print(sys.argv[1:])")
    session = with_mfa(f"{PYTHON} '{script}' 654321 $HOME ; echo 000000")
    # A shell would run echo and expand HOME; here all of it is arguments, so the last number is an argument, too.
    assert code_of(sts, session) == "000000"
    assert code_of(sts, with_mfa(f"{PYTHON} '{script}' 654321 $HOME")) == "654321"


def test_row22_anything_else_is_refused(sts: Sts) -> None:
    for wrong in (7, ["echo", 7], {"echo": "x"}):
        with pytest.raises(ars.BRSValidationError) as caught:
            with_mfa(wrong)
        assert caught.value.param == "mfa_token_provider"


def test_row23_provider_without_serial_number_is_a_configuration_error(sts: Sts) -> None:
    with pytest.raises(ars.BRSConfigurationError) as caught:
        RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, mfa_token_provider=lambda: "123456")
    assert "SerialNumber" in str(caught.value)


@pytest.mark.parametrize("given", [{"SerialNumber": SERIAL}, {"TokenCode": "123456"}])
def test_row23_only_one_of_serial_number_and_code_is_a_configuration_error(sts: Sts, given: Any) -> None:
    with pytest.raises(ars.BRSConfigurationError):
        RefreshableSession(assume_role_kwargs={"RoleArn": ROLE, **given})


def test_row23_provider_and_code_warn_and_the_provider_wins(sts: Sts) -> None:
    with pytest.warns(ars.BRSWarning, match="TokenCode"):
        session = with_mfa(lambda: "222222", TokenCode="111111")
    assert code_of(sts, session) == "222222"


def test_row24_timeout_environment_directory_and_input_can_be_set(sts: Sts, tmp_path: Path) -> None:
    script = "import os, sys; print(os.environ['CODE'][:2] + sys.stdin.read() + open('code').read())"
    (tmp_path / "code").write_text("56")
    arguments = {"env": {"CODE": "12"}, "cwd": tmp_path, "input": "34", "timeout": 20}
    assert code_of(sts, with_mfa([PYTHON, "-c", script], arguments)) == "123456"


def test_row24_the_time_limit_kills_the_command(sts: Sts) -> None:
    session = with_mfa([PYTHON, "-c", "import time; time.sleep(60)"], {"timeout": 0.3})
    began = time.monotonic()
    with pytest.raises(ars.BRSConfigurationError) as caught:
        session.credentials
    assert caught.value.code == "MfaCommandTimeout"
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("name", ["shell", "stdout", "stderr", "executable", "preexec_fn", "capture_output", "check"])
def test_row24_what_changes_how_a_command_is_run_is_refused(sts: Sts, name: str) -> None:
    with pytest.raises(ars.BRSValidationError) as caught:
        with_mfa(["true"], {name: True})
    assert caught.value.param == name
    assert "timeout" in caught.value.message


@pytest.mark.parametrize(
    ("output", "code"),
    [
        ("111111 then 222222", "222222"),
        ("id=123456", "123456"),
        ("123456 1234567", "123456"),
        ("otp123456", None),
        ("_123456_", None),
        ("12345", None),
        ("1234567", None),
        ("", None),
    ],
)
def test_row25_the_code_is_the_last_standalone_six_digits(sts: Sts, output: str, code: str | None) -> None:
    session = with_mfa(printing(output))
    if code is not None:
        assert code_of(sts, session) == code
    else:
        with pytest.raises(ars.BRSConfigurationError) as caught:
            session.credentials
        assert caught.value.code == "MfaTokenNotFound"


def test_row26_each_failure_has_a_code_of_its_own(sts: Sts, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("secret-content")
    at_once = (([], "MfaCommandEmpty"), ("", "MfaCommandEmpty"), ("echo 'secret-word", "MfaCommandMalformed"))
    for command, code in at_once:
        with pytest.raises(ars.BRSConfigurationError) as caught:
            with_mfa(command)
        assert caught.value.code == code
        assert "secret" not in str(caught.value)
    at_use = (
        (["/nowhere/secret-tool"], "MfaCommandNotFound"),
        ([str(plain), "secret-word"], "MfaCommandNotPermitted"),
        ([PYTHON, "-c", "print(123456, 'secret-word'); raise SystemExit(3)"], "MfaCommandFailed"),
    )
    for command, code in at_use:
        with pytest.raises(ars.BRSConfigurationError) as caught:
            with_mfa(command).credentials
        assert caught.value.code == code
        assert "secret-word" not in str(caught.value) + repr(caught.value)
        assert "123456" not in str(caught.value) + repr(caught.value)


def test_row26_what_a_callable_raises_is_the_cause(sts: Sts) -> None:
    def provider() -> str:
        raise LookupError("no such device")

    with pytest.raises(ars.BRSConfigurationError) as caught:
        with_mfa(provider).credentials
    assert caught.value.code == "MfaTokenProviderFailed"
    assert isinstance(caught.value.__cause__, LookupError)
