"""What a reader gets, and how long it waits."""

import os
import signal
import threading
import time

import pytest
from native_sources import Frozen, Source, answer, open_custom

from aws_refresh_session import _native, exceptions


def test_same_set_gives_same_object_until_it_is_replaced(source):
    session = open_custom(source)
    first = session.frozen()
    assert isinstance(first, Frozen)
    assert session.frozen() is first
    assert source.calls == 1
    session.refresh_now()
    second = session.frozen()
    assert second is not first
    assert second.access_key == "AKIA2"
    assert session.frozen() is second


def test_threads_that_read_a_new_set_at_once_get_one_object(source):
    def frozen_type(*fields):
        time.sleep(0.02)  # other threads run meanwhile
        return Frozen(*fields)

    session = open_custom(source, frozen_type=frozen_type)
    session.snapshot()
    barrier = threading.Barrier(8)
    seen = []

    def read():
        barrier.wait()
        seen.append(session.frozen())

    threads = [threading.Thread(target=read) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    after = session.frozen()
    assert session.frozen() is after
    assert {id(each) for each in seen} == {id(after)}


def test_readers_never_see_a_torn_set_while_it_is_replaced_every_few_milliseconds():
    source = Source(lifetime=0.2)
    session = open_custom(source, {"refresh": {"advisory_window": 0.195, "mandatory_window": 0.01}})
    stop = threading.Event()
    torn = []
    reads = [0] * 8

    def read(index):
        while not stop.is_set():
            now = session.frozen()
            number = now.access_key[len("AKIA"):]
            if now.secret_key != f"SECRETCANARY-secret-{number}" or now.token != f"SECRETCANARY-token-{number}":
                torn.append(now.access_key)
            reads[index] += 1

    threads = [threading.Thread(target=read, args=(index,)) for index in range(8)]
    for each in threads:
        each.start()
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        try:
            session.refresh_now()
        except exceptions.BRSError as error:  # no more than late
            assert error.code == "RefreshTimeout"
    stop.set()
    for each in threads:
        each.join()
    assert torn == []
    assert min(reads) > 0
    assert source.calls > 20


def test_slow_source_delays_no_reader_while_a_set_is_valid(source):
    session = open_custom(source)
    session.frozen()
    source.delay = 1.0
    refresher = threading.Thread(target=session.refresh_now)
    refresher.start()
    longest = 0.0
    while refresher.is_alive():
        begin = time.perf_counter()
        session.frozen()
        session.snapshot()
        longest = max(longest, time.perf_counter() - begin)
        time.sleep(0.001)
    refresher.join()
    assert source.calls == 2
    assert longest < 0.2
    assert session.frozen().access_key == "AKIA2"


@pytest.mark.parametrize("delay", [0.05, 0.35])  # within a slice of the wait, and beyond several
def test_refusing_source_is_asked_once_and_its_error_reaches_all_of_32_readers(source, delay):
    source.delay = delay
    source.error = ValueError("SECRETCANARY in the text")
    session = open_custom(source, {"refresh": {"backoff_initial": 0.001, "backoff_max": 0.001}})
    barrier = threading.Barrier(33)
    errors = []

    def read():
        barrier.wait()
        try:
            session.frozen()
        except exceptions.BRSError as error:
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(32)]
    for each in threads:
        each.start()
    barrier.wait()
    for each in threads:
        each.join()
    assert source.calls == 1
    assert len(errors) == 32
    assert {str(each) for each in errors} == {str(errors[0])}
    assert {type(each) for each in errors} == {exceptions.BRSCredentialError}
    assert {id(each.__cause__) for each in errors} == {id(source.error)}
    assert len({id(each) for each in errors}) == 32
    assert "SECRETCANARY" not in str(errors[0])


@pytest.fixture
def ctrl_c():
    """SIGINT raises, even where a shell started the tests in the background and so has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_first_read_that_hangs_ends_within_a_second_of_ctrl_c(source):
    source.delay = 60
    session = open_custom(source)
    signalled = []

    def interrupt():
        time.sleep(0.3)
        signalled.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        session.frozen()
    assert time.monotonic() - signalled[0] < 1
    thread.join()


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("act", ["snapshot", "refresh_now", "open"])
def test_other_waits_end_with_ctrl_c_too(source, act):
    source.delay = 60
    session = open_custom(source)
    acts = {
        "snapshot": session.snapshot,
        "refresh_now": session.refresh_now,
        "open": lambda: open_custom(source, {"defer_refresh": False}),
    }
    timer = threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        acts[act]()
    assert time.monotonic() - begin < 1.2
    timer.join()


@pytest.fixture
def slow_signal():
    """A handler that keeps the main thread from waiting from 0.1 s on, for half a second."""
    before = signal.signal(signal.SIGALRM, lambda *_: time.sleep(0.5))
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    yield
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("slow_signal")
def test_refresh_that_fails_while_a_signal_is_handled_is_not_made_again(source):
    source.delay = 0.3
    source.error = ValueError("first")
    session = open_custom(source, {"refresh": {"backoff_initial": 0.001, "backoff_max": 0.001}})
    with pytest.raises(exceptions.BRSCredentialError) as caught:
        session.frozen()
    assert source.calls == 1
    assert caught.value.__cause__ is source.error


@pytest.mark.usefixtures("slow_signal")
def test_refresh_that_succeeds_while_a_signal_is_handled_is_not_made_again(source):
    source.delay = 0.3
    assert open_custom(source).refresh_now().access_key == "AKIA1"
    assert source.calls == 1


def test_read_gives_up_after_its_time_and_says_how_long_it_waited(source):
    source.delay = 60
    session = open_custom(source, {"refresh": {"read_timeout": 0.35}})
    begin = time.monotonic()
    with pytest.raises(exceptions.BRSCredentialError) as caught:
        session.frozen()
    assert 0.3 < time.monotonic() - begin < 1
    assert caught.value.code == "RefreshTimeout"
    assert "350 ms" in str(caught.value)
    with pytest.raises(exceptions.BRSCredentialError) as caught:
        session.snapshot(timeout=0)
    assert caught.value.code == "RefreshTimeout"
    assert source.calls == 1


@pytest.mark.parametrize(("timeouts", "limit"), [((), "read_timeout"), ((0.15,), "timeout")])
def test_refresh_that_takes_too_long_says_that_the_set_stays(source, timeouts, limit):
    session = open_custom(source, {"refresh": {"read_timeout": 0.15}})
    with_set = session.frozen()
    source.delay = 60
    with pytest.raises(exceptions.BRSCredentialError) as caught:
        session.refresh_now(*timeouts)
    assert (caught.value.code, caught.value.param) == ("RefreshTimeout", limit)
    assert caught.value.message.startswith("The refresh was not over within 150 ms")
    assert "The set in use stays" in caught.value.message
    assert caught.value.message.endswith(f"give more time with {limit}.")
    assert session.frozen() is with_set


@pytest.mark.parametrize("act", ["refresh_now", "snapshot"])
def test_wait_without_a_set_names_the_limit_that_the_caller_gave(source, act):
    source.delay = 60
    session = open_custom(source)
    with pytest.raises(exceptions.BRSCredentialError) as caught:
        getattr(session, act)(timeout=0.15)
    assert (caught.value.code, caught.value.param) == ("RefreshTimeout", "timeout")
    assert caught.value.message.startswith("No usable credentials within 150 ms")
    assert caught.value.message.endswith("give more time with timeout.")


def test_refresh_that_outlasts_slices_makes_one_call(source):
    session = open_custom(source)
    session.frozen()
    source.delay = 0.45
    assert session.refresh_now().access_key == "AKIA2"
    time.sleep(0.05)
    assert source.calls == 2


def test_expired_set_is_not_handed_out_before_a_slow_source_has_answered(source):
    source.lifetime = 0.3
    session = open_custom(source, {"refresh": {"serve_expired": True, "background_refresh": False}})
    assert session.frozen().access_key == "AKIA1"
    time.sleep(0.35)
    source.lifetime = 3600
    source.delay = 0.4
    assert session.frozen().access_key == "AKIA2"


def test_closing_a_session_ends_the_wait_of_a_reader(source):
    source.delay = 60
    session = open_custom(source)
    caught = []

    def read():
        try:
            session.frozen()
        except exceptions.BRSError as error:
            caught.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    time.sleep(0.2)
    session.close()
    thread.join(2)
    assert not thread.is_alive()
    assert caught[0].code == "SessionClosed"
    assert isinstance(caught[0], exceptions.BRSConfigurationError)
    for act in (session.frozen, session.snapshot, session.refresh_now, session.state, session.identity, session.region):
        with pytest.raises(exceptions.BRSConfigurationError):
            act()
    session.close()


def test_interactive_source_runs_on_the_readers_own_thread():
    threads = []

    def ask():
        threads.append(threading.get_ident())
        time.sleep(0.25)  # longer than a slice
        return answer()

    session = open_custom(ask, interactive=True)
    session.frozen()
    assert threads == [threading.get_ident()]


def test_snapshot_has_all_fields_and_prints_neither_secret_nor_token(source):
    snapshot = open_custom(source).snapshot()
    assert snapshot.secret_key == "SECRETCANARY-secret-1"
    assert snapshot.token == "SECRETCANARY-token-1"
    assert snapshot.expiration.utcoffset().total_seconds() == 0
    assert snapshot.expiration.strftime("%Y-%m-%dT%H:%M:%SZ") == snapshot.expiry_time
    assert snapshot.account_id is None
    assert snapshot.provider_name == "custom"
    assert snapshot.freshness == "fresh"
    assert "SECRETCANARY" not in repr(snapshot) + str(snapshot)
    assert "AKIA1" in repr(snapshot)


def test_session_of_static_keys_has_no_expiration():
    keys = {"access_key": "AKIAS", "secret_key": "SECRETCANARY-static"}
    session = _native.Session.open("default", {}, {"credentials": keys}, Frozen)
    assert session.frozen() == Frozen("AKIAS", "SECRETCANARY-static", None)
    snapshot = session.snapshot()
    assert (snapshot.expiration, snapshot.expiry_time, snapshot.token) == (None, "", None)
    assert session.expiration() is None
