"""Rows 1-13 of what the Python package promises: the session."""

import os
import threading
import time
from typing import Any

import boto3
import pytest
from support import BASE_KEY, ROLE, Sts, custom_set, signer_of

import aws_refresh_session as ars
from aws_refresh_session import RefreshableSession

METHODS = [
    "container",
    "custom",
    "default",
    "env",
    "imds",
    "login",
    "process",
    "profile",
    "sso",
    "sts",
    "web_identity",
]


def test_row01_one_factory_makes_sts_by_default_and_others_by_name(sts: Sts) -> None:
    assume = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE})
    custom = RefreshableSession("custom", custom_credentials_method=custom_set)
    assert isinstance(assume, boto3.session.Session)
    assert isinstance(custom, boto3.session.Session)
    assert (assume.method, custom.method) == ("sts", "custom")


def test_row02_unknown_method_names_the_value_and_lists_the_methods() -> None:
    with pytest.raises(ars.BRSValidationError) as caught:
        RefreshableSession(method="carrier-pigeon")
    assert caught.value.param == "method"
    assert caught.value.value == "carrier-pigeon"
    assert all(method in caught.value.message for method in METHODS)


def test_row03_available_methods_are_listed() -> None:
    assert set(METHODS) <= set(RefreshableSession.get_available_methods())
    assert ars.get_available_methods() == RefreshableSession.get_available_methods()


def test_row04_deferred_constructor_does_no_network(sts: Sts) -> None:
    session = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE})
    session.client("s3")
    assert sts.calls == []
    assert session.state == "none"
    session.credentials
    assert len(sts.made()) == 1


def test_row04_not_deferred_fetches_exactly_once(sts: Sts) -> None:
    session = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, defer_refresh=False)
    assert len(sts.made()) == 1
    session.credentials
    assert len(sts.made()) == 1


def test_row04_error_of_the_first_fetch_comes_out_of_the_constructor(sts: Sts) -> None:
    sts.answer = lambda call: Sts.error(403, "AccessDenied")
    with pytest.raises(ars.BRSRequestError) as caught:
        RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, defer_refresh=False)
    assert (caught.value.code, caught.value.status_code, caught.value.request_id) == ("AccessDenied", 403, "request-1")


def test_row05_refresh_happens_in_the_background(sts: Sts) -> None:
    sts.lifetime = 4
    session = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, defer_refresh=False)
    first = session.credentials["access_key"]
    deadline = time.monotonic() + 4
    while len(sts.made()) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)  # nobody reads
    assert len(sts.made()) >= 2
    time.sleep(0.2)
    assert session.credentials["access_key"] != first


def test_row05_a_slow_refresh_costs_no_reader(sts: Sts) -> None:
    session = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, advisory_timeout=3599, defer_refresh=False)
    gate = threading.Event()
    sts.answer = lambda call: gate.wait(10) and None
    time.sleep(1.2)  # now a refresh is due, and hangs
    began = time.monotonic()
    assert session.credentials["access_key"]
    assert time.monotonic() - began < 0.5
    gate.set()


@pytest.mark.parametrize("method", ["sts", "custom"])
def test_row06_windows_are_validated_in_every_mode(sts: Sts, method: str) -> None:
    options: dict[str, Any] = (
        {"assume_role_kwargs": {"RoleArn": ROLE}} if method == "sts" else {"custom_credentials_method": custom_set}
    )
    for defer in (True, False):
        with pytest.raises(ars.BRSValidationError) as caught:
            RefreshableSession(
                method=method, defer_refresh=defer, advisory_timeout=60, mandatory_timeout=120, **options
            )
        assert caught.value.param == "mandatory_timeout"
        for wrong in (-1, "900", True, float("nan")):
            with pytest.raises(ars.BRSValidationError) as caught:
                RefreshableSession(method=method, defer_refresh=defer, advisory_timeout=wrong, **options)
            assert caught.value.param == "advisory_timeout"


def test_row06_windows_count_in_the_default_mode(sts: Sts) -> None:
    session = RefreshableSession(
        assume_role_kwargs={"RoleArn": ROLE},
        advisory_timeout=3599,
        mandatory_timeout=3598,
        refresh_options={"background_refresh": False},
    )
    session.credentials
    assert session.state == "fresh"
    time.sleep(2.2)
    assert session.state == "mandatory"


def test_row07_region_profile_keys_and_account_go_to_the_session(sts: Sts, private_home: Any) -> None:
    (private_home / ".aws").mkdir()
    (private_home / ".aws" / "config").write_text("[profile dev]\nregion = eu-central-1\n")
    session = RefreshableSession(
        assume_role_kwargs={"RoleArn": ROLE},
        aws_access_key_id="AKIDEXPLICIT00000000",
        aws_secret_access_key="explicit-secret",
        aws_account_id="123456789012",
        profile_name="dev",
        region_name="eu-west-3",
    )
    assert (session.region_name, session.profile_name) == ("eu-west-3", "dev")
    session.credentials
    assert sts.made()[0]["signer"] == "AKIDEXPLICIT00000000"
    assert sts.made()[0]["region"] == "eu-west-3"


def test_row07_unknown_option_is_an_error_that_names_it(sts: Sts) -> None:
    with pytest.raises(ars.BRSValidationError) as caught:
        RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, region="eu-west-3")
    assert caught.value.param == "region"
    with pytest.raises(ars.BRSValidationError) as caught:
        RefreshableSession(method="custom", custom_credentials_method=custom_set, assume_role_kwargs={})
    assert caught.value.param == "assume_role_kwargs"
    with pytest.raises(ars.BRSValidationError) as caught:
        RefreshableSession(method="env", colour="red")
    assert caught.value.param == "colour"


def test_row07_half_a_pair_of_keys_is_refused(sts: Sts) -> None:
    with pytest.raises(ars.BRSValidationError) as caught:
        RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, aws_access_key_id="AKIDEXPLICIT00000000")
    assert caught.value.param == "aws_secret_access_key"


def test_row08_credentials_are_four_texts_with_an_rfc3339_expiry(session: RefreshableSession) -> None:
    credentials = session.credentials
    assert set(credentials) == {"access_key", "secret_key", "token", "expiry_time"}
    assert credentials["secret_key"] == f"secret-of-{credentials['access_key']}"
    assert credentials["token"] == f"token-of-{credentials['access_key']}"
    assert credentials["expiry_time"].endswith("Z")
    assert session.refreshable_credentials() == credentials


def test_row09_get_identity_and_whoami_are_the_same(session: RefreshableSession) -> None:
    assert session.get_identity() == session.whoami()
    assert set(session.whoami()) == {"UserId", "Account", "Arn"}


def test_row10_every_client_signs_with_the_refreshed_set(session: RefreshableSession) -> None:
    key = session.credentials["access_key"]
    assert key != BASE_KEY
    assert signer_of(session.client("s3"), lambda s3: s3.list_buckets()) == key
    assert signer_of(session.resource("sqs").meta.client, lambda sqs: sqs.list_queues()) == key
    assert session.get_credentials().get_frozen_credentials().access_key == key
    fresh = session.refresh_now()["access_key"]
    assert fresh != key
    assert signer_of(session.client("s3"), lambda s3: s3.list_buckets()) == fresh


def test_row10_presigned_urls_use_the_refreshed_set(session: RefreshableSession) -> None:
    url = session.client("s3", region_name="eu-west-1").generate_presigned_url(
        "get_object", Params={"Bucket": "b", "Key": "k"}
    )
    key = session.credentials["access_key"]
    assert key in url
    assert f"token-of-{key}" in url


def test_row11_methods_register_by_name_and_a_second_one_warns_and_wins() -> None:
    seen: list[dict[str, str]] = []

    def factory(number: int) -> Any:
        def make(parameters: Any) -> Any:
            seen.append(dict(parameters))
            return lambda: custom_set(number)

        return make

    ars.register_method("python-test", factory(1))
    assert "python-test" in ars.get_available_methods()
    first = RefreshableSession(method="python-test", colour="red", size=3)
    assert first.credentials["access_key"] == "ASIACUSTOM0000000001"
    assert seen == [{"colour": "red", "size": "3"}]
    with pytest.warns(ars.BRSWarning, match="python-test"):
        ars.register_method("python-test", factory(2))
    assert RefreshableSession(method="python-test").credentials["access_key"] == "ASIACUSTOM0000000002"


def test_row12_refresh_method_is_warned_about_and_ignored(sts: Sts) -> None:
    with pytest.warns(ars.BRSWarning, match="refresh_method"):
        session = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, refresh_method="mine")
    assert session.refresh_method == "sts-assume-role"
    with pytest.warns(ars.BRSWarning, match="refresh_method"):
        session.refresh_method = "mine"
    assert session.refresh_method == "sts-assume-role"


def test_row13_threads_share_a_session_and_one_call(sts: Sts) -> None:
    session = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE})
    sts.answer = lambda call: time.sleep(0.2)
    keys: list[str] = []
    threads = [threading.Thread(target=lambda: keys.append(session.credentials["access_key"])) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(keys) == 32
    assert len(set(keys)) == 1
    assert len(sts.made()) == 1


def test_row13_fork_during_a_refresh_leaves_the_child_usable(sts: Sts) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow(call: dict[str, str]) -> None:
        entered.set()
        leave.wait(10)

    sts.answer = slow
    session = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE})
    reader = threading.Thread(target=lambda: session.credentials)
    reader.start()
    assert entered.wait(10)
    child = os.fork()
    if child == 0:
        os._exit(0 if session.credentials["access_key"] else 1)
    leave.set()
    reader.join(20)
    assert os.waitstatus_to_exitcode(_wait(child)) == 0


def _wait(child: int) -> int:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status
        time.sleep(0.02)
    os.kill(child, 9)
    os.waitpid(child, 0)
    pytest.fail("the child hangs")
