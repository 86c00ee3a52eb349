"""Rows 31-33: errors and warnings."""

import pickle
import warnings

import pytest
from support import ROLE, Sts

import aws_refresh_session as ars
from aws_refresh_session import RefreshableSession, exceptions

KINDS = [
    ars.BRSValidationError,
    ars.BRSConfigurationError,
    ars.BRSCredentialError,
    ars.BRSConnectionError,
    ars.BRSRequestError,
]


def test_row31_base_error_and_base_warning_have_a_message() -> None:
    assert ars.BRSError("Wrong.").message == str(ars.BRSError("Wrong.")) == "Wrong."
    assert ars.BRSError().message == ""
    assert issubclass(ars.BRSWarning, UserWarning)
    assert ars.BRSWarning("Careful.").message == "Careful."
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ars.BRSWarning.warn("Careful.")
    assert str(caught[0].message) == "Careful."
    assert caught[0].filename == __file__


def test_row32_text_has_what_is_set_in_order() -> None:
    error = ars.BRSError("Wrong.", details="d", value="v", param="p", status_code=403, code="C", request_id="r")
    assert str(error) == "Wrong. (code='C', status_code=403, param='p', value='v', details='d')"
    assert str(ars.BRSError("Wrong.", param="p")) == "Wrong. (param='p')"
    assert repr(ars.BRSError("Wrong.", code="C")) == "BRSError('Wrong.', code='C')"


def test_row32_errors_of_the_engine_carry_every_field(sts: Sts) -> None:
    sts.answer = lambda call: Sts.error(403, "AccessDenied")
    with pytest.raises(ars.BRSRequestError) as caught:
        RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}).credentials
    error = caught.value
    assert (error.code, error.status_code, error.request_id) == ("AccessDenied", 403, "request-1")
    assert error.kind == "non_recoverable"
    assert "code='AccessDenied', status_code=403" in str(error)


def test_row33_kinds_are_directly_below_the_base() -> None:
    assert all(kind.__bases__ == (ars.BRSError,) for kind in KINDS)
    assert ars.BRSError.__bases__ == (Exception,)


@pytest.mark.parametrize("kind", [ars.BRSError, *KINDS, ars.BRSCacheNotFoundError])
def test_row33_errors_can_be_pickled_with_all_fields(kind: type[ars.BRSError]) -> None:
    fields = {"code": "C", "status_code": 1, "details": {"a": 1}, "param": "p", "value": 2, "kind": "recoverable"}
    error = kind("Wrong.", **fields, request_id="r", retry_after=1.5)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert vars(again) == vars(error)
    assert str(again) == str(error)


def test_row33_no_answer_is_a_connection_error(sts: Sts) -> None:
    options = {"endpoint_url": "http://127.0.0.1:9"}
    with pytest.raises(ars.BRSConnectionError):
        RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, sts_client_kwargs=options).credentials


def test_row33_every_error_is_exported() -> None:
    assert set(exceptions.__all__) <= set(ars.__all__)
