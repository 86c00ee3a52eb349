"""Rows 27-30: credentials from a callable."""

import datetime
import functools
from typing import Any

import pytest
from support import Sts, custom_set

import aws_refresh_session as ars
from aws_refresh_session import RefreshableSession


def custom(method: Any, **options: Any) -> RefreshableSession:
    return RefreshableSession(method="custom", custom_credentials_method=method, **options)


def fetch(number: int = 1) -> dict[str, str]:
    return custom_set(number)


def test_row27_a_callable_is_required() -> None:
    for wrong in (None, "fetch", custom_set()):
        with pytest.raises(ars.BRSValidationError) as caught:
            custom(wrong)
        assert caught.value.param == "custom_credentials_method"
    with pytest.raises(ars.BRSValidationError) as caught:
        custom(fetch, custom_credentials_method_args=[1])
    assert caught.value.param == "custom_credentials_method_args"


def test_row27_its_arguments_are_given_and_copied() -> None:
    arguments = {"number": 7}
    session = custom(fetch, custom_credentials_method_args=arguments)
    arguments["number"] = 8
    assert session.credentials["access_key"] == "ASIACUSTOM0000000007"


def test_row27_all_four_fields_are_required_and_the_missing_ones_listed() -> None:
    for missing in (["token"], ["access_key", "expiry_time"], ["access_key", "secret_key", "token", "expiry_time"]):
        answer = {name: value for name, value in custom_set().items() if name not in missing}
        with pytest.raises(ars.BRSCredentialError) as caught:
            custom(lambda answer=answer: answer).credentials
        assert all(name in str(caught.value) for name in missing)


def test_row27_expiry_is_rfc3339_or_a_time_value() -> None:
    end = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(hours=1)
    shifted = end.astimezone(datetime.timezone(datetime.timedelta(hours=2)))
    for value in (end, shifted, end.isoformat(), shifted.isoformat(), f"{end:%Y-%m-%dT%H:%M:%SZ}"):
        session = custom(lambda value=value: {**custom_set(), "expiry_time": value})
        assert session.credentials["expiry_time"] == f"{end:%Y-%m-%dT%H:%M:%SZ}"
        assert session.expiration == end
    for wrong in (3600, "tomorrow", end.date(), None):
        with pytest.raises(ars.BRSCredentialError):
            custom(lambda wrong=wrong: {**custom_set(), "expiry_time": wrong}).credentials


@pytest.mark.parametrize(
    "change",
    [
        {"access_key": ""},
        {"secret_key": ""},
        {"expiry_time": "2099-01-01T00:00:00"},
        {"expiry_time": datetime.datetime(2099, 1, 1)},
        {"expiry_time": "2001-01-01T00:00:00Z"},
    ],
)
def test_row28_empty_keys_no_zone_and_expired_answers_cost_no_valid_set(change: Any) -> None:
    answers = [custom_set(1), {**custom_set(2), **change}, custom_set(3)]
    session = custom(lambda: answers.pop(0))
    first = session.credentials
    with pytest.raises(ars.BRSCredentialError):
        session.refresh_now()
    assert session.credentials == first
    assert isinstance(session.last_error, ars.BRSCredentialError)
    assert session.refresh_now()["access_key"] == "ASIACUSTOM0000000003"


def test_row29_the_identity_is_the_method_and_the_callables_name() -> None:
    assert custom(fetch).get_identity() == {"method": "custom", "source": "'fetch'"}
    assert custom(functools.partial(fetch, number=3)).whoami() == {"method": "custom", "source": "'fetch'"}


def test_row29_the_source_can_be_named_and_sts_asked(sts: Sts) -> None:
    session = custom(fetch, custom_credentials_method_name="vault")
    assert session.get_identity() == {"method": "custom", "source": "vault"}
    assert sts.calls == []
    identity = session.whoami(from_sts=True)
    assert identity["Arn"].endswith("/ASIACUSTOM0000000001")
    assert sts.made("GetCallerIdentity")[0]["signer"] == "ASIACUSTOM0000000001"


def test_row30_what_the_callable_raises_is_wrapped_and_kept_as_the_cause() -> None:
    def broken() -> dict[str, str]:
        raise LookupError("password=hunter2")

    with pytest.raises(ars.BRSCredentialError) as caught:
        custom(broken).credentials
    assert caught.value.code == "CustomMethodFailed"
    assert isinstance(caught.value.__cause__, LookupError)
    assert "hunter2" not in str(caught.value)


def test_row30_an_error_of_ours_comes_out_as_it_is() -> None:
    def refused() -> dict[str, str]:
        raise ars.BRSRequestError("The vault is sealed.", code="Sealed", status_code=503, kind="recoverable")

    with pytest.raises(ars.BRSRequestError) as caught:
        custom(refused).credentials
    assert (caught.value.code, caught.value.status_code, caught.value.kind) == ("Sealed", 503, "recoverable")
