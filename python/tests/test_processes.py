"""Forks, processes and the interpreter's end."""

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from support import ROLE, Sts, custom_set

import aws_refresh_session as ars
from aws_refresh_session import ClientCache, ClientCacheKey, RefreshableSession

FORK = multiprocessing.get_context("fork")
SPAWN = multiprocessing.get_context("spawn")


def run_child(work: Any) -> int:
    """Forks; the child exits 0 if `work()` is true. It is killed if it takes too long."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if work() else 2
        finally:
            os._exit(status)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.kill(child, 9)
    os.waitpid(child, 0)
    pytest.fail("the child hangs")


def make_in_child(url: str, queue: Any) -> None:
    session = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, sts_client_kwargs={"endpoint_url": url})
    queue.put(session.credentials["access_key"])


@pytest.mark.parametrize("context", [FORK, SPAWN], ids=["fork", "spawn"])
def test_processes_make_sessions_of_their_own(sts: Sts, context: Any) -> None:
    queue = context.Queue()
    process = context.Process(target=make_in_child, args=(sts.url, queue))
    process.start()
    assert queue.get(timeout=30).startswith("ASIA")
    process.join(30)
    assert process.exitcode == 0


def test_a_session_cannot_be_sent_to_a_process(session: RefreshableSession) -> None:
    with pytest.raises(TypeError, match="each process"):
        SPAWN.Process(target=print, args=(session,)).start()


def test_a_forked_child_uses_the_session(session: RefreshableSession) -> None:
    session.client("s3")
    key = session.credentials["access_key"]

    def work() -> bool:
        same = session.credentials["access_key"] == key
        return same and session.refresh_now()["access_key"] != key and session.client("sqs") is not None

    assert run_child(work) == 0
    assert session.credentials["access_key"] == key


def test_a_fork_during_a_construction_leaves_the_child_usable() -> None:
    cache = ClientCache()
    entered, leave = threading.Event(), threading.Event()

    def slow() -> str:
        entered.set()
        leave.wait(20)
        return "parent's"

    builder = threading.Thread(target=lambda: cache.get_or_create(ClientCacheKey("s3"), slow))
    builder.start()
    assert entered.wait(10)
    assert run_child(lambda: cache.get_or_create(ClientCacheKey("s3"), lambda: "child's") == "child's") == 0
    leave.set()
    builder.join(20)
    assert cache[ClientCacheKey("s3")] == "parent's"


def test_forks_amid_threads_that_make_clients_leave_the_children_usable(sts: Sts) -> None:
    stop = threading.Event()

    def make() -> None:
        while not stop.is_set():
            RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}).client("sts")

    makers = [threading.Thread(target=make) for _ in range(3)]
    for maker in makers:
        maker.start()
    try:
        for _ in range(5):
            session = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE})
            assert run_child(lambda: session.client("sqs") is not None) == 0
    finally:
        stop.set()
        for maker in makers:
            maker.join(20)


SCRIPT = """
import threading, time
import aws_refresh_session as ars

def slow():
    if threading.current_thread() is not threading.main_thread() or count:
        time.sleep(30)
    count.append(1)
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1.5))
    return dict(access_key="ASIAEXAMPLE", secret_key="s", token="t", expiry_time=end)

count = []
session = ars.RefreshableSession(method="custom", custom_credentials_method=slow, observer=print)
{use}
"""


@pytest.mark.parametrize(
    "use",
    [
        "",
        "session.get_credentials()",
        "threading.Thread(target=lambda: session.credentials, daemon=True).start(); time.sleep(0.5)",
        "session.client('sts', region_name='us-east-1')",
    ],
)
def test_the_interpreter_ends_at_once(use: str) -> None:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(use=use)], capture_output=True, text=True, timeout=25, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Fatal" not in done.stderr
    assert time.monotonic() - began < 15


def test_an_exception_in_a_callable_on_an_engine_thread_is_ours() -> None:
    answers = [custom_set(1, lifetime=2)]

    def method() -> Any:
        if answers:
            return answers.pop()
        raise LookupError("gone")

    session = RefreshableSession(method="custom", custom_credentials_method=method, defer_refresh=False)
    deadline = time.monotonic() + 5
    while session.last_error is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert isinstance(session.last_error, ars.BRSCredentialError)
    assert isinstance(session.last_error.__cause__, LookupError)


@pytest.mark.parametrize("policy", ["LRU", "LFU"])
def test_a_forked_child_makes_clients_of_its_own(session: RefreshableSession, sts: Sts, policy: Any) -> None:
    def make() -> Any:
        return session.client("sts", endpoint_url=sts.url, eviction_policy=policy)

    client, resource = make(), session.resource("s3", eviction_policy=policy)
    account = client.get_caller_identity()["Account"]

    def work() -> bool:
        if list(session.cache.client[policy]) or list(session.cache.resource[policy]):
            return False
        mine = make()
        other = session.resource("s3", eviction_policy=policy)
        return (
            mine is not client
            and mine is make()
            and other is not resource
            and mine.get_caller_identity()["Account"] == account
        )

    assert run_child(work) == 0
    assert make() is client
    assert session.resource("s3", eviction_policy=policy) is resource
    assert client.get_caller_identity()["Account"] == account
