"""fork(), multiprocessing, the end of the interpreter, and what is left behind."""

import gc
import multiprocessing
import os
import sys
import threading
import time
import weakref

import pytest
from native_sources import Source, answer, open_custom, run

from aws_refresh_session import _native


def in_child(body):
    """What body() returns in a forked child, as text; fails if the child does not end in time."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writer, str(body()).encode())
        except BaseException as error:
            os.write(writer, f"raised {type(error).__name__}".encode())
        finally:
            os._exit(0)
    os.close(writer)
    deadline = time.monotonic() + 20
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
            pytest.fail("the child hangs")
        time.sleep(0.005)
    with os.fdopen(reader) as file:
        return file.read()


# ---- fork ----


def test_fork_while_a_callable_runs_leaves_both_sides_working():
    inside = threading.Event()
    go_on = threading.Event()
    calls = []

    def method():
        calls.append(os.getpid())
        if len(calls) == 2:
            inside.set()
            go_on.wait(20)
        return answer(len(calls))

    session = open_custom(method)
    session.frozen()
    refresher = threading.Thread(target=session.refresh_now)
    refresher.start()
    inside.wait(10)

    def child():
        before = session.frozen().access_key
        return before, session.refresh_now().access_key, session.frozen().access_key, session.state()

    assert in_child(child) == "('AKIA1', 'AKIA3', 'AKIA3', 'fresh')"
    assert session.frozen().access_key == "AKIA1"
    go_on.set()
    refresher.join(10)
    assert session.frozen().access_key == "AKIA2"
    assert session.refresh_now().access_key == "AKIA3"


def test_first_read_of_a_forked_child_works_when_the_parents_first_read_hangs(source):
    source.delay = 30
    session = open_custom(source)
    reader = threading.Thread(target=session.frozen)
    reader.start()
    while source.calls == 0:
        time.sleep(0.005)

    def child():
        source.delay = 0
        return session.frozen().access_key

    assert in_child(child) == "AKIA2"
    source.release()
    reader.join(10)
    assert session.frozen().access_key == "AKIA1"


@pytest.mark.skipif("ARS_SANITIZED" in os.environ, reason="the runtimes do not free their allocator's locks in a child")
def test_forks_during_a_storm_of_refreshes_leave_every_child_working():
    source = Source(lifetime=0.5)
    heard = []
    session = open_custom(source, {"refresh": {"advisory_window": 0.49}, "observer": lambda event: heard.append(1)})
    stop = threading.Event()

    def churn():
        while not stop.is_set():
            session.refresh_now()
            open_custom(Source()).frozen()

    threads = [threading.Thread(target=churn) for _ in range(3)]
    for each in threads:
        each.start()
    try:
        results = {in_child(lambda: session.refresh_now().access_key[:4]) for _ in range(30)}
    finally:
        stop.set()
        for each in threads:
            each.join()
    assert results == {"AKIA"}


def test_callable_that_forks_goes_on_in_the_child(source):
    results = []

    def method():
        results.append(in_child(lambda: "alive"))
        return answer()

    assert open_custom(method).frozen()
    assert results == ["alive"]


def read_in_worker(number):
    return open_custom(lambda: answer(number)).frozen().access_key


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_multiprocessing_workers_open_sessions_of_their_own(context, source):
    session = open_custom(source)
    session.frozen()
    with multiprocessing.get_context(context).Pool(2) as pool:
        assert pool.map(read_in_worker, [5, 6, 7]) == ["AKIA5", "AKIA6", "AKIA7"]
    assert session.refresh_now().access_key == "AKIA2"


def test_multiprocessing_fork_worker_reads_its_parents_session(source):
    session = open_custom(source)
    session.frozen()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    worker = context.Process(target=lambda: queue.put((session.frozen().access_key, session.refresh_now().access_key)))
    worker.start()
    assert queue.get(timeout=10) == ("AKIA1", "AKIA2")
    worker.join(10)
    assert worker.exitcode == 0


# ---- the end of the interpreter ----

EXITS = {
    "callable runs for a minute": """
import time
def method():
    time.sleep(60)
session = open_custom(method)
threading.Thread(target=session.frozen, daemon=True).start()
time.sleep(0.3)
""",
    "callable waits in C for a minute while an observer listens": """
import time, select
session = open_custom(lambda: select.select([], [], [], 60), {"observer": lambda event: None})
threading.Thread(target=session.refresh_now, daemon=True).start()
time.sleep(0.3)
""",
    "callable never lets go of the GIL for long": """
import time
def method():
    while True:
        sum(range(100))
session = open_custom(method)
threading.Thread(target=session.frozen, daemon=True).start()
time.sleep(0.3)
""",
    "session in a global with a set": "session = open_custom(Source()); session.frozen()",
    "session in a global, never read": "session = open_custom(Source())",
    "session in a cycle": """
class Owner:
    def __init__(self): self.session = open_custom(self.fetch)
    def fetch(self): return answer()
owner = Owner(); owner.session.frozen()
""",
    "readers in daemon threads": """
import time
session = open_custom(Source(lifetime=0.5), {"refresh": {"advisory_window": 0.499}})
def read():
    while True: session.frozen(); session.refresh_now()
for _ in range(4): threading.Thread(target=read, daemon=True).start()
time.sleep(0.2)
""",
    "exit in a forked child": """
import os, time
def method():
    time.sleep(60)
session = open_custom(Source()); session.frozen()
hanging = open_custom(method)
threading.Thread(target=hanging.frozen, daemon=True).start()
time.sleep(0.2)
pid = os.fork()
if pid == 0:
    assert session.refresh_now().access_key == "AKIA2"
    sys.exit(0)
assert os.waitpid(pid, 0)[1] == 0
""",
    "read by a handler of atexit": """
import atexit
session = open_custom(Source())
atexit.register(lambda: session.frozen())
""",
    "read when modules are torn down": """
class Last:
    def __init__(self): self.session = open_custom(Source())
    def __del__(self):
        try: self.session.frozen()
        except Exception: pass
last = Last()
""",
}


@pytest.mark.parametrize("name", EXITS)
def test_interpreter_ends_cleanly_and_soon(name):
    begin = time.monotonic()
    code, out, err = run(EXITS[name])
    assert (code, out, err) == (0, "", "")
    assert time.monotonic() - begin < (20 if "ARS_SANITIZED" in os.environ else 4)


def test_interpreter_ends_cleanly_in_the_middle_of_background_refreshes():
    script = """
import time
options = {"refresh": {"advisory_window": 0.049}, "observer": lambda event: None}
sessions = [open_custom(Source(lifetime=0.05 + index / 1000), options) for index in range(8)]
for each in sessions: each.frozen()
time.sleep(0.1)
"""
    for _ in range(20):
        assert run(script) == (0, "", "")


# What a script that ends without closing anything must still find done: a file written, a finaliser run.
UNCLOSED = """
out = open({path!r}, "w")
out.write("important\\n")
class Last:
    from os import write
    write = staticmethod(write)
    def __del__(self):
        self.write(1, b"finalised")
last = Last()
"""

HOLDERS = {
    "custom, never read": "session = open_custom(lambda: answer())",
    "custom, read": "session = open_custom(lambda: answer()); session.frozen()",
    "custom, failed": """
def method(): raise ValueError(out)
session = open_custom(method)
try: session.frozen()
except exceptions.BRSError as error: kept = error
""",
    "custom whose datetime fails": """
import datetime
class Zone(datetime.tzinfo):
    def utcoffset(self, when): raise ValueError(out)
session = open_custom(lambda: {**answer(), "expiry_time": datetime.datetime(2999, 1, 1, tzinfo=Zone())})
try: session.frozen()
except exceptions.BRSError as error: pass
""",
    "callable that has just ended": """
import time
def method():
    time.sleep(0.3)
    return answer()
session = open_custom(method)
threading.Thread(target=session.frozen, daemon=True).start()
time.sleep(0.1)
""",
    "observer": """
session = open_custom(answer, {"observer": lambda event: None})
observation = session.observe(lambda event: None)
session.frozen()
""",
    "frozen type": """
class Set(tuple):
    def __new__(cls, *fields): return tuple.__new__(cls, fields)
session = open_custom(answer, frozen_type=Set); session.frozen()
""",
    "mfa": """
session = _native.Session.open(
    "sts", {"assume_role": {"RoleArn": "arn:aws:iam::123456789012:role/demo", "SerialNumber": "arn:aws:iam::1:mfa/a"},
            "client": {"region": "us-east-1"}, "mfa": lambda: "123456"}, {"defer_refresh": True}, Frozen)
""",
    "base": """
session = _native.Session.open(
    "sts", {"assume_role": {"RoleArn": "arn:aws:iam::123456789012:role/demo"}, "client": {"region": "us-east-1"},
            "base": open_custom(lambda: answer())}, {"defer_refresh": True}, Frozen)
""",
    "registered method": """
_native.register_method("of-a-script", lambda parameters: {"method": lambda: answer()})
""",
    "registered method in use": """
_native.register_method("of-a-script", lambda parameters: {"method": lambda: answer()})
session = _native.Session.open("of-a-script", {}, {}, Frozen); session.frozen()
""",
    "the package's session": """
from aws_refresh_session import RefreshableSession
session = RefreshableSession(method="custom", custom_credentials_method=lambda: answer())
session.get_credentials().get_frozen_credentials()
""",
    "the package's session, never read": """
from aws_refresh_session import RefreshableSession
session = RefreshableSession(method="custom", custom_credentials_method=lambda: answer())
""",
}


@pytest.mark.parametrize("name", HOLDERS)
def test_globals_of_a_script_are_finalised_although_a_session_holds_its_functions(name, tmp_path):
    path = tmp_path / "out"
    code, out, err = run(UNCLOSED.format(path=str(path)) + HOLDERS[name])
    assert (code, out, err) == (0, "finalised", "")
    assert path.read_text() == "important\n"


def test_calls_after_the_sessions_were_let_go_are_refused():
    script = """
class Late:
    def __call__(self):
        return answer()
    def __del__(self):
        for call in (session.frozen, session.refresh_now, lambda: session.observe(len), lambda: open_custom(answer),
                     lambda: _native.register_method("late", len)):
            try: print("no error", call())
            except exceptions.BRSError as error: print(error.code)
session = open_custom(Late()); session.frozen()
"""
    assert run(script) == (0, "SessionClosed\n" * 3 + "Cancelled\n" * 2, "")


# ---- what is left behind ----


def test_session_whose_callable_refers_to_it_is_collected():
    class Owner:
        def __init__(self, fail):
            self.fail = fail
            self.session = open_custom(self.fetch, {"observer": self.listen})

        def fetch(self):
            if self.fail:
                raise ValueError(self.session)
            return answer()

        def listen(self, event):
            pass

    for fail in (False, True):
        owner = Owner(fail)
        try:
            owner.session.frozen()
        except Exception:
            pass
        gone = weakref.ref(owner)
        del owner
        deadline = time.monotonic() + 5
        while gone() is not None and time.monotonic() < deadline:
            gc.collect()
            time.sleep(0.01)
        assert gone() is None, fail


def test_session_that_is_in_use_is_not_collected():
    source = Source()
    session = open_custom(source)
    for _ in range(3):
        gc.collect()
        session.refresh_now()
    assert source.calls == 3


def test_base_that_another_session_uses_goes_on_when_its_own_session_is_gone():
    class Owner:
        def __init__(self):
            self.calls = 0
            self.session = open_custom(self.fetch)

        def fetch(self):
            self.calls += 1
            raise RuntimeError(f"call {self.calls}")

    owner = Owner()
    options = {"assume_role": {"RoleArn": "arn:aws:iam::123456789012:role/demo"},
               "client": {"region": "us-east-1", "endpoint_url": "http://127.0.0.1:9"}, "base": owner.session}
    derived = _native.Session.open("sts", options, {}, lambda *fields: fields)
    gone = weakref.ref(owner)
    del owner, options
    for _ in range(3):
        gc.collect()
    with pytest.raises(Exception) as caught:
        derived.frozen()
    assert "CustomMethodFailed" in str(caught.value)
    assert str(caught.value.__cause__) == "call 1"
    del caught
    derived.close()
    del derived
    deadline = time.monotonic() + 5
    while gone() is not None and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.01)
    assert gone() is None


def test_closing_a_session_lets_its_callables_go(source):
    class Method:
        def __call__(self):
            return answer()

    method = Method()
    gone = weakref.ref(method)
    session = open_custom(method)
    session.frozen()
    del method
    session.close()
    assert gone() is None


def status(field):
    with open("/proc/self/status") as file:
        return int(next(line for line in file if line.startswith(field)).split()[1])


@pytest.mark.skipif("ARS_SANITIZED" in os.environ, reason="sanitizers keep what is freed")
def test_ten_thousand_sessions_leave_nothing_behind():
    source = Source()

    def use():
        session = open_custom(source, {"observer": lambda event: None})
        session.frozen()
        session.snapshot()

    keeper = open_custom(source)  # the shared threads live as long as one session does
    keeper.frozen()
    for _ in range(1_000):
        use()
    gc.collect()
    before = status("VmRSS"), status("Threads"), len(os.listdir("/proc/self/fd"))
    for _ in range(10_000):
        use()
    gc.collect()
    after = status("VmRSS"), status("Threads"), len(os.listdir("/proc/self/fd"))
    assert after[0] - before[0] < 4_000  # kB; a leak of one set a session would be more
    assert after[1] <= before[1] + 4
    assert after[2] <= before[2]


def test_reference_counts_of_what_is_handed_in_and_out_do_not_grow(source):
    session = open_custom(source)
    frozen = session.frozen()
    before = sys.getrefcount(frozen), sys.getrefcount(None)
    for _ in range(1_000):
        session.frozen()
        session.snapshot()
        session.region()
        session.expiration()
        session.last_error()
        repr(session)
    assert sys.getrefcount(frozen) == before[0]
    assert abs(sys.getrefcount(None) - before[1]) < 50
