"""Exceptions on their way through C++, options that are refused, and warnings."""

import copy
import datetime
import math
import pickle
import warnings

import pytest
from native_sources import Frozen, answer, open_custom, run

from aws_refresh_session import _native, exceptions

FIELDS = ("message", "code", "status_code", "details", "param", "value", "kind", "request_id", "retry_after")


def error_of(method, **options):
    with pytest.raises(exceptions.BRSError) as caught:
        open_custom(method, **options).frozen()
    return caught.value


def test_exception_of_a_callable_is_the_cause_and_its_text_is_not_copied():
    def fails():
        raise LookupError("SECRETCANARY in the text")

    error = error_of(fails)
    assert type(error) is exceptions.BRSCredentialError
    assert error.code == "CustomMethodFailed"
    assert error.kind == "recoverable"
    assert isinstance(error.__cause__, LookupError)
    assert error.__cause__.__traceback__ is not None
    assert "SECRETCANARY" not in str(error) + repr(error)
    assert "LookupError" in error.details


STS = {"assume_role": {"RoleArn": "arn:aws:iam::123456789012:role/demo"}, "client": {"region": "us-east-1"}}
MFA = {**STS, "assume_role": {**STS["assume_role"], "SerialNumber": "arn:aws:iam::123456789012:mfa/demo"}}


@pytest.mark.parametrize(("method", "options", "code"), [
    ("custom", lambda fails: {"method": fails}, "CustomMethodFailed"),
    ("sts", lambda fails: {**MFA, "mfa": fails, "base": answer}, "MfaTokenProviderFailed"),
    ("sts", lambda fails: {**STS, "base": fails}, "UnexpectedException"),
])
def test_observers_and_the_log_name_the_python_class_that_was_raised(method, options, code):
    def fails():
        raise OSError("SECRETCANARY")

    session = _native.Session.open(method, options(fails), {"defer_refresh": True}, Frozen)
    with pytest.raises(exceptions.BRSError) as caught:
        session.refresh_now()
    assert (caught.value.code, caught.value.details) == (code, "it raised OSError")
    assert isinstance(caught.value.__cause__, OSError)


def test_log_line_of_a_failed_refresh_names_the_python_class():
    script = """
def fails(): raise OSError("SECRETCANARY")
try: open_custom(fails).frozen()
except exceptions.BRSError as error: print(error)
"""
    code, out, err = run(script, environment={"AWS_REFRESH_SESSION_LOG": "debug"})
    assert code == 0
    assert "details='it raised OSError'" in err
    assert "PythonException" not in out + err
    assert "SECRETCANARY" not in out + err


@pytest.mark.parametrize("thrown", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_exit_of_a_callable_is_as_any_exception(thrown):
    def fails():
        raise thrown

    assert isinstance(error_of(fails).__cause__, thrown)


@pytest.mark.parametrize(
    "name", ["BRSError", "BRSValidationError", "BRSConfigurationError", "BRSCredentialError", "BRSConnectionError",
             "BRSRequestError"])
def test_error_of_the_package_comes_out_as_it_went_in(name):
    cls = getattr(exceptions, name)
    fields = dict(code="C", status_code=503, details="d", param="p", value="v", kind="recoverable", request_id="r",
                  retry_after=7.0)

    def fails():
        raise cls("what went wrong", **fields) from OSError("why")

    error = error_of(fails)
    assert type(error) is cls
    assert error.message == "what went wrong"
    assert {key: getattr(error, key) for key in fields} == fields
    assert isinstance(error.__cause__, OSError)
    assert str(error) == "what went wrong (code='C', status_code=503, param='p', value='v', details='d')"


def test_error_that_sets_nothing_comes_out_with_nothing_set():
    def fails():
        raise exceptions.BRSRequestError("m")

    error = error_of(fails)
    assert [getattr(error, name) for name in FIELDS if name != "kind"] == ["m"] + [None] * 7
    assert error.__cause__ is None


def test_each_raise_makes_an_exception_of_its_own(source):
    source.error = ValueError()
    session = open_custom(source)
    with pytest.raises(exceptions.BRSError) as caught:
        session.frozen()
    assert session.last_error() is not caught.value
    assert str(session.last_error()) == str(caught.value)
    source.error = None
    session.refresh_now()
    assert session.last_error() is None


@pytest.mark.parametrize(("returned", "words"), [
    (None, "NoneType"), ("SECRETCANARY", "str"), (["SECRETCANARY"], "list"), (3, "int"), (object(), "object"),
])
def test_answer_that_is_no_mapping_is_named_by_its_type(returned, words):
    error = error_of(lambda: returned)
    assert error.code == "MissingFields"
    assert words in error.message
    assert "SECRETCANARY" not in str(error)


def test_all_missing_fields_are_listed():
    error = error_of(lambda: {"access_key": "A", "token": None})
    assert error.param == "secret_key, token, expiry_time"


@pytest.mark.parametrize("expiry", [
    datetime.datetime(2999, 1, 1), 17, "tomorrow", "2999-01-01T00:00:00", object(), datetime.date(2999, 1, 1)])
def test_expiry_without_a_zone_or_sense_is_invalid(expiry):
    error = error_of(lambda: {**answer(), "expiry_time": expiry})
    assert type(error) is exceptions.BRSCredentialError
    assert error.code == "InvalidExpiry"


class NoZone(datetime.tzinfo):
    def utcoffset(self, when):
        return None


@pytest.mark.parametrize("expiry", [
    datetime.datetime(2030, 5, 6, 7, 8, 9), datetime.datetime(2999, 1, 1, microsecond=5), datetime.datetime.max,
    datetime.datetime(2030, 1, 1, tzinfo=NoZone())])
def test_error_for_a_naive_expiry_shows_what_the_callable_returned(expiry):
    error = error_of(lambda: {**answer(), "expiry_time": expiry})
    assert (error.code, error.param, error.value) == ("InvalidExpiry", "expiry_time", expiry.isoformat())
    assert "has no time zone" in error.message


@pytest.mark.parametrize("expiry", [
    datetime.datetime(2262, 1, 1, tzinfo=datetime.timezone.utc),
    datetime.datetime.max.replace(tzinfo=datetime.timezone.utc),
    datetime.datetime.max.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=-23))),
    datetime.datetime(2261, 12, 31, 23, tzinfo=datetime.timezone(datetime.timedelta(hours=-23)))])
def test_aware_expiry_of_the_far_future_is_the_latest_time_there_is(expiry):
    session = open_custom(lambda: {**answer(), "expiry_time": expiry})
    assert session.snapshot().expiration == datetime.datetime(2261, 12, 31, 23, 59, 59, tzinfo=datetime.timezone.utc)
    assert session.state() == "fresh"


@pytest.mark.parametrize("year", [1, 1677, 1700, 1969])
def test_aware_expiry_of_the_distant_past_has_expired(year):
    expiry = datetime.datetime(year, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=23)))
    past = error_of(lambda: {**answer(), "expiry_time": datetime.datetime(2001, 1, 1, tzinfo=datetime.timezone.utc)})
    assert error_of(lambda: {**answer(), "expiry_time": expiry}).code == past.code != "InvalidExpiry"


def test_aware_expiry_of_any_zone_is_converted():
    zone = datetime.timezone(datetime.timedelta(hours=-7, minutes=-30))
    when = (datetime.datetime.now(zone) + datetime.timedelta(hours=2)).replace(microsecond=123456)
    assert open_custom(lambda: {**answer(), "expiry_time": when}).snapshot().expiration == when


def test_field_of_another_type_is_named_without_its_value():
    error = error_of(lambda: {**answer(), "secret_key": b"SECRETCANARY"})
    assert error.param == "secret_key"
    assert "bytes" in error.message
    assert "SECRETCANARY" not in str(error)


REFUSED = [
    ("custom", {"method": print, "metod": 1}, {}, "metod"),
    ("custom", {"method": "SECRETCANARY"}, {}, "method"),
    ("custom", {"method": print, "interactive": 1}, {}, "interactive"),
    ("custom", {"method": print, "source": 1}, {}, "source"),
    ("custom", {"method": print}, {"defer_refresh": "no"}, "defer_refresh"),
    ("custom", {"method": print}, {"observer": "SECRETCANARY"}, "observer"),
    ("custom", {"method": print}, {"credentials": {"access_key": "A", "secret_key": b"SECRETCANARY"}}, "secret_key"),
    ("custom", {"method": print}, {"credentials": {"access_key": "A"}}, "secret_key"),
    ("custom", {"method": print}, {"refresh": {"read_timeout": math.nan}}, "read_timeout"),
    ("custom", {"method": print}, {"refresh": {"read_timeout": math.inf}}, "read_timeout"),
    ("custom", {"method": print}, {"refresh": {"read_timeout": -1}}, "read_timeout"),
    ("custom", {"method": print}, {"refresh": {"read_timeout": 10**400}}, "read_timeout"),
    ("custom", {"method": print}, {"refresh": {"read_timeout": True}}, "read_timeout"),
    ("custom", {"method": print}, {"refresh": {"read_timeout": "1"}}, "read_timeout"),
    ("custom", {"method": print}, {"refresh": {"preset": "aws"}}, "preset"),
    ("custom", {"method": print}, {"refresh": {"advisory_tiers": [(1, 2, 3)]}}, "advisory_tiers"),
    ("custom", {"method": print}, {"refresh": {"advisory_tiers": {}}}, "advisory_tiers"),
    ("custom", {"method": print}, {"refresh": []}, "refresh"),
    ("custom", {"method": print}, {"refresh": {"nope": 1}}, "nope"),
    ("sts", {"assume_role": {"DurationSeconds": True}}, {}, "DurationSeconds"),
    ("sts", {"assume_role": {"DurationSeconds": 900.0}}, {}, "DurationSeconds"),
    ("sts", {"assume_role": {"DurationSeconds": 10**30}}, {}, "DurationSeconds"),
    ("sts", {"assume_role": {"RoleArn": "a\ud800"}}, {}, "RoleArn"),
    ("sts", {"assume_role": {"Tags": [{"Key": "a"}]}}, {}, "Value"),
    ("sts", {"assume_role": {"Tags": [{"Key": "a", "Value": "b", "X": "c"}]}}, {}, "X"),
    ("sts", {"assume_role": {"PolicyArns": ["arn"]}}, {}, "PolicyArns"),
    ("sts", {"assume_role": {"TransitiveTagKeys": "abc"}}, {}, "TransitiveTagKeys"),
    ("sts", {"client": {"max_attempts": 1.5}}, {}, "max_attempts"),
    ("sts", {"client": {"verify_tls": 0}}, {}, "verify_tls"),
    ("sts", {"mfa": 5}, {}, "mfa"),
    ("sts", {"mfa": ["a", 5]}, {}, "mfa"),
    ("sts", {"mfa": print, "mfa_options": {"timeout": 1}}, {}, "timeout"),
    ("sts", {"mfa": "cmd", "mfa_options": {"interactive": True}}, {}, "interactive"),
    ("sts", {"mfa": "cmd", "mfa_options": {"environment": {"A": 1}}}, {}, "environment"),
    ("sts", {"base": 5}, {}, "base"),
    ("process", {"command": 5}, {}, "command"),
    ("nope", {}, {}, "method"),
]


@pytest.mark.parametrize(("method", "options", "session", "param"), REFUSED)
def test_option_that_is_unknown_or_of_the_wrong_type_is_refused_by_name(method, options, session, param):
    with pytest.raises(exceptions.BRSValidationError) as caught:
        _native.Session.open(method, options, session, Frozen)
    assert caught.value.param == param
    assert "SECRETCANARY" not in str(caught.value)
    assert param in str(caught.value)


def test_option_of_value_none_is_as_if_it_were_not_there(source):
    session = open_custom(source, {"observer": None, "refresh": None, "region": None}, source=None)
    assert session.identity() == {"method": "custom", "source": "custom"}
    assert session.region() is None or isinstance(session.region(), str)


def test_every_refresh_option_is_taken(source):
    refresh = dict(
        advisory_window=60.0, mandatory_window=5, advisory_tiers=[(1200, 300), (5400.0, 900.0)], advisory_fraction=0.5,
        advisory_jitter=0, mandatory_fraction=0.1, mandatory_limit=60, backoff_initial=1, backoff_max=30,
        exponential_backoff=True, backoff_ignores_expiration=False, raise_non_recoverable=False, error_ttl_min=1,
        error_ttl_max=5, serve_expired=False, background_refresh=True, mandatory_wait=0, read_timeout=60)
    assert open_custom(source, {"refresh": refresh}).frozen()
    assert open_custom(source, {"refresh": {"preset": "aws_sdk_2026", "read_timeout": 5}}).frozen()


@pytest.mark.parametrize("act", [copy.copy, copy.deepcopy, pickle.dumps])
def test_session_and_snapshot_cannot_be_copied_or_pickled(source, act):
    session = open_custom(source)
    with pytest.raises(TypeError, match="pass the options"):
        act(session)
    with pytest.raises(TypeError, match="holds secrets"):
        act(session.snapshot())


def test_session_cannot_be_made_without_open():
    with pytest.raises(TypeError):
        _native.Session()


def test_repr_says_method_and_state_only(source):
    session = open_custom(source)
    assert repr(session) == "Session(method='custom', state='none')"
    session.frozen()
    assert repr(session) == "Session(method='custom', state='fresh')"
    session.close()
    assert repr(session) == "Session(closed)"


def test_words_are_split_by_the_shells_rules():
    assert _native.split_command_line("a 'b c'  d\\ e \"f\\\"g\\h\" '' x\\\ny $HOME") == [
        "a", "b c", "d e", 'f"g\\h', "", "xy", "$HOME"]
    for bad in ("'a", '"a', "a\\", "a\0b"):
        with pytest.raises(exceptions.BRSConfigurationError) as caught:
            _native.split_command_line(bad)
        assert caught.value.code == "MfaCommandMalformed"


# ---- warnings ----

SHORT = {"assume_role": {"RoleArn": "arn:aws:iam::123456789012:role/demo", "DurationSeconds": 60},
         "client": {"region": "us-east-1"}}


def test_warning_is_of_the_packages_class_and_names_the_callers_line():
    with pytest.warns(exceptions.BRSWarning) as caught:
        _native.Session.open("sts", SHORT, {}, Frozen)
    assert caught[0].filename == __file__


def test_warning_that_the_filter_makes_an_error_comes_out_of_open():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(exceptions.BRSWarning):
            _native.Session.open("sts", SHORT, {}, Frozen)


def test_warning_that_the_filter_makes_an_error_is_dropped_on_a_thread_of_the_engine():
    code, out, err = run("""
import warnings
seen = []
options = {
    "assume_role": {"RoleArn": "arn:aws:iam::123456789012:role/demo"},
    "client": {"endpoint_url": "http://127.0.0.1:9", "max_attempts": 1},
    "base": lambda: {"access_key": "AKIAB", "secret_key": "SECRETCANARY"},
}
session = _native.Session.open("sts", options, {}, Frozen)
warnings.simplefilter("error")
plain = warnings.warn
def warn(message, *rest, **named):
    seen.append(message)
    return plain(message, *rest, **named)
warnings.warn = warn
try:
    session.frozen()
except exceptions.BRSConnectionError:
    print(len(seen) > 0)
""", environment={"AWS_EC2_METADATA_DISABLED": "true"})
    assert (code, out.strip(), err) == (0, "True", "")


# ---- registered methods ----


def test_registered_method_gets_its_parameters_and_is_listed(source):
    seen = []

    def factory(parameters):
        seen.append(parameters)
        return {"method": source, "source": parameters["place"]}

    _native.register_method("native-test-vault", factory)
    assert "native-test-vault" in _native.available_methods()
    session = _native.Session.open("native-test-vault", {"place": "here", "other": None}, {}, Frozen)
    assert session.frozen().access_key == "AKIA1"
    assert session.method == "native-test-vault"
    assert session.identity() == {"method": "native-test-vault", "source": "here"}
    assert seen == [{"place": "here"}]


def test_exception_of_a_factory_comes_out_of_open_as_it_is():
    def factory(parameters):
        raise ZeroDivisionError("mine")

    _native.register_method("native-test-broken", factory)
    with pytest.raises(ZeroDivisionError, match="mine"):
        _native.Session.open("native-test-broken", {}, {}, Frozen)


# ---- observers ----


def test_observer_hears_events_in_order_until_it_is_closed(source):
    heard = []
    session = open_custom(source, {"observer": lambda event: heard.append(event["type"])})
    later = []
    observation = session.observe(later.append)
    session.frozen()
    assert heard == ["attempt", "state_change", "success"]
    assert [each["type"] for each in later] == heard
    assert later[2]["access_key"] == "AKIA1"
    assert later[2]["provider"] == "custom"
    assert later[2]["state"] == "fresh"
    assert later[2]["time"].tzinfo is datetime.timezone.utc
    assert later[2]["latency"] >= 0 and later[2]["next_attempt"] > 0
    observation.close()
    observation.close()
    session.invalidate("AKIA1")
    session.frozen()
    assert "invalidated" in heard
    assert len(later) == 3


def test_observer_is_told_the_error(source):
    source.error = ValueError()
    heard = []
    session = open_custom(source, {"observer": heard.append})
    with pytest.raises(exceptions.BRSError):
        session.frozen()
    failure = [each for each in heard if each["type"] == "failure"][0]
    assert type(failure["error"]) is exceptions.BRSCredentialError
    assert failure["error"].__cause__ is source.error


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_observer_that_raises_stops_nothing(source):
    def observer(event):
        raise ValueError

    assert open_custom(source, {"observer": observer}).frozen()


# ---- bases ----


def test_source_that_reads_its_own_session_is_told_so():
    sessions = []
    session = open_custom(lambda: sessions[0].frozen())
    sessions.append(session)
    with pytest.raises(exceptions.BRSCredentialError) as caught:
        session.frozen()
    assert caught.value.code == "Recursion"
    session.close()


def test_mfa_callable_that_returns_no_str_is_named_by_type():
    options = {"assume_role": {"RoleArn": "arn:aws:iam::123456789012:role/demo",
                               "SerialNumber": "arn:aws:iam::123456789012:mfa/a"},
               "client": {"region": "us-east-1", "endpoint_url": "http://127.0.0.1:9", "max_attempts": 1},
               "mfa": lambda: 123456, "base": lambda: {"access_key": "A", "secret_key": "SECRETCANARY"}}
    with pytest.raises(exceptions.BRSConfigurationError) as caught:
        _native.Session.open("sts", options, {}, Frozen).frozen()
    assert caught.value.code == "MfaTokenInvalid"
    assert "int" in caught.value.message
