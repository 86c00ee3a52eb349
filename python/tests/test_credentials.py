"""The credentials object: the engine's snapshot for botocore."""

import copy
import datetime
import gc
import pickle
import threading
import time
import timeit
import weakref
from typing import Any

import botocore.credentials
import pytest
from support import ROLE, Sts, custom_set

import aws_refresh_session as ars
from aws_refresh_session import RefreshableSession
from aws_refresh_session.credentials import frozen_credentials


def test_it_is_botocores_and_reads_the_current_set(session: RefreshableSession) -> None:
    credentials = session.get_credentials()
    assert isinstance(credentials, botocore.credentials.RefreshableCredentials)
    assert credentials.method == "sts-assume-role"
    assert not credentials._access_key == ""
    frozen = credentials.get_frozen_credentials()
    assert isinstance(frozen, botocore.credentials.ReadOnlyCredentials)
    assert (credentials.access_key, credentials.secret_key, credentials.token) == tuple(frozen)[:3]
    assert credentials.get_frozen_credentials() is frozen
    assert credentials.get_deferred_property("access_key")() == frozen.access_key
    assert credentials.account_id in (None, "123456789012")


def test_it_tells_when_a_refresh_is_due_without_io(sts: Sts) -> None:
    session = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE})
    credentials = session.get_credentials()
    assert credentials.refresh_needed()
    assert credentials.refresh_needed(0)
    assert credentials._is_expired()
    assert credentials._expiry_time is None
    assert sts.calls == []
    credentials._refresh()
    assert not credentials.refresh_needed()
    assert not credentials.refresh_needed(900)
    assert credentials.refresh_needed(3700)
    assert not credentials._is_expired()
    assert 3500 < credentials._seconds_remaining() <= 3600
    assert credentials._expiry_time == session.expiration
    assert session.expiration.tzinfo is not None
    credentials._protected_refresh(is_mandatory=True)
    assert len(sts.made()) == 2


def test_it_cannot_be_set(session: RefreshableSession) -> None:
    credentials = session.get_credentials()
    for name in ("access_key", "secret_key", "token", "account_id"):
        with pytest.raises(AttributeError, match="engine"):
            setattr(credentials, name, "x")
    with pytest.raises(AttributeError):
        credentials._set_from_data(custom_set())


def test_nothing_prints_secrets(session: RefreshableSession) -> None:
    credentials = session.get_credentials()
    frozen = credentials.get_frozen_credentials()
    snapshot = session._native.snapshot()
    for text in map(repr, (session, credentials, frozen, snapshot, session.cache)):
        assert frozen.secret_key not in text
        assert frozen.token not in text
    assert frozen.access_key in repr(frozen)


@pytest.mark.parametrize("attempt", [pickle.dumps, copy.copy, copy.deepcopy])
def test_copying_and_pickling_are_refused(session: RefreshableSession, attempt: Any) -> None:
    for thing in (session, session.get_credentials()):
        with pytest.raises(TypeError, match="cannot be pickled or copied"):
            attempt(thing)


def test_newer_botocore_gets_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    from collections import namedtuple

    from aws_refresh_session import credentials

    wider = namedtuple("wider", ["access_key", "secret_key", "token", "account_id"], defaults=(None,))
    monkeypatch.setattr(credentials, "_HAS_ACCOUNT_ID", True)
    monkeypatch.setattr(credentials, "FrozenCredentials", wider)
    assert frozen_credentials("A", "S", "T", "123456789012").account_id == "123456789012"


def test_reads_are_never_torn() -> None:
    numbers = iter(range(1, 1_000_000))
    session = RefreshableSession(method="custom", custom_credentials_method=lambda: custom_set(next(numbers)))
    stop = threading.Event()
    torn: list[Any] = []

    def read() -> None:
        credentials = session.get_credentials()
        while not stop.is_set():
            frozen = credentials.get_frozen_credentials()
            number = int(frozen.access_key[len("ASIACUSTOM") :])
            if (frozen.secret_key, frozen.token) != (f"secret-{number}", f"token-{number}"):
                torn.append(frozen)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for _ in range(40):
        session.refresh_now()
    stop.set()
    for reader in readers:
        reader.join(20)
    assert torn == []


def test_readers_do_not_wait_while_a_set_is_valid() -> None:
    gate = threading.Event()
    answers = [custom_set(1, lifetime=3600)]

    def method() -> Any:
        if not answers:
            gate.wait(20)
            return custom_set(2)
        return answers.pop()

    session = RefreshableSession(method="custom", custom_credentials_method=method, defer_refresh=False)
    refresher = threading.Thread(target=session.refresh_now)
    refresher.start()
    time.sleep(0.1)
    began = time.monotonic()
    for _ in range(1000):
        session.get_credentials().get_frozen_credentials()
    assert time.monotonic() - began < 0.5
    gate.set()
    refresher.join(20)


def test_the_gil_is_released_while_somebody_waits(sts: Sts) -> None:
    sts.answer = lambda call: time.sleep(0.5)
    session = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE})
    reader = threading.Thread(target=lambda: session.credentials)
    reader.start()
    steps = 0
    while reader.is_alive():
        time.sleep(0.005)
        steps += 1
    assert steps > 20


def test_a_frozen_read_costs_less_than_botocores(session: RefreshableSession) -> None:
    # By how much, test_package.py says: this may be a build without optimisation.
    ours = session.get_credentials()
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=5)
    theirs = botocore.credentials.RefreshableCredentials("A", "S", "T", end, lambda: custom_set(), "test")
    costs = []
    for credentials in (ours, theirs):
        credentials.get_frozen_credentials()
        costs.append(min(timeit.repeat(credentials.get_frozen_credentials, number=2000, repeat=7)))
    assert costs[0] < costs[1]


def test_a_session_is_collected_with_what_refers_to_it() -> None:
    def make() -> weakref.ref[RefreshableSession]:
        held: list[Any] = []
        session = RefreshableSession(
            method="custom", custom_credentials_method=lambda: custom_set(len(held)), observer=lambda event: held
        )
        held.append(session)  # a cycle through the engine
        session.credentials
        return weakref.ref(session)

    reference = make()
    for _ in range(50):
        gc.collect()
        if reference() is None:
            break
        time.sleep(0.02)
    assert reference() is None


def test_a_closed_session_says_so(session: RefreshableSession) -> None:
    session.close()
    session.close()
    with pytest.raises(ars.BRSConfigurationError) as caught:
        session.credentials
    assert caught.value.code == "SessionClosed"
    assert "RefreshableSession" in repr(session)


def test_events_are_told_in_order_without_secrets() -> None:
    events: list[dict[str, Any]] = []
    session = RefreshableSession(method="custom", custom_credentials_method=custom_set, observer=events.append)
    frozen = session.get_credentials().get_frozen_credentials()
    more: list[dict[str, Any]] = []
    observation = session.observe(more.append)
    session.refresh_now()
    observation.close()
    count = len(more)
    session.refresh_now()
    calls = [event["type"] for event in events if event["type"] != "state_change"]
    assert calls == ["attempt", "success"] * 3
    assert len(more) == count > 0
    assert frozen.secret_key not in str(events)
    assert frozen.token not in str(events)


def test_invalidate_drops_the_current_set_only(session: RefreshableSession) -> None:
    key = session.credentials["access_key"]
    session.invalidate("ASIAOTHER00000000000")
    assert session.credentials["access_key"] == key
    session.invalidate(key)
    assert session.credentials["access_key"] != key
