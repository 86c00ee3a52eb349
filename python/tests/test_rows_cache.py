"""Rows 34-35: clients, resources and their caches."""

import threading
import time
from typing import Any

import boto3
import pytest
from botocore.config import Config
from support import ROLE, Sts, signer_of

import aws_refresh_session as ars
from aws_refresh_session import ClientCache, ClientCacheKey, RefreshableSession, ResourceCacheKey


def test_row34_clients_use_the_sessions_credentials(session: RefreshableSession) -> None:
    key = session.credentials["access_key"]
    assert signer_of(session.client("s3"), lambda s3: s3.list_buckets()) == key
    assert signer_of(session.client("s3", eviction_policy="LFU"), lambda s3: s3.list_buckets()) == key


def test_row34_the_same_arguments_give_the_same_object(session: RefreshableSession) -> None:
    assert session.client("s3") is session.client("s3")
    assert session.resource("s3") is session.resource("s3")
    assert session.client("s3") is not session.client("s3", eviction_policy="LFU")
    other = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE})
    assert session.client("s3") is not other.client("s3")


def test_row34_ten_by_default_per_policy_and_changeable(session: RefreshableSession) -> None:
    for policies in (session.cache.client, session.cache.resource):
        assert policies["LRU"].max_size == policies["LFU"].max_size == 10
    session.cache.client["LRU"].max_size = 2
    kept = [session.client("s3", region_name=f"eu-west-{number}") for number in (1, 2, 3)]
    assert session.cache.client["LRU"].values() == tuple(kept[1:])
    assert session.cache.client["LFU"].max_size == 10


def test_row34_lru_gives_up_the_least_recently_used(session: RefreshableSession) -> None:
    first = session.client("s3", max_size=2)
    session.client("sqs")
    assert session.client("s3") is first
    session.client("sns")
    assert [str(key) for key in session.cache.client["LRU"]] == ["'s3'", "'sns'"]


def test_row34_lfu_gives_up_the_least_frequently_used(session: RefreshableSession) -> None:
    options: Any = {"eviction_policy": "LFU", "max_size": 2}
    for service in ("s3", "s3", "s3", "sqs", "sqs", "sns"):
        session.client(service, **options)
    assert [str(key) for key in session.cache.client["LFU"]] == ["'s3'", "'sns'"]  # the new one stays
    session.client("sqs", **options)
    assert [str(key) for key in session.cache.client["LFU"]] == ["'s3'", "'sqs'"]


def test_row34_the_cache_reads_as_a_mapping(session: RefreshableSession) -> None:
    cache = session.cache.client["LRU"]
    client = session.client("s3", region_name="eu-west-1")
    key = ClientCacheKey("s3", region_name="eu-west-1")
    assert key in cache
    assert cache[key] is cache.get(key) is client
    assert (len(cache), list(cache), cache.items()) == (1, [key], ((key, client),))
    with pytest.raises(ars.BRSCacheExistsError):
        cache[key] = client
    assert cache.pop(key) is client
    with pytest.raises(ars.BRSCacheNotFoundError):
        cache[key]
    assert cache.get(key) is None
    with pytest.raises(ars.BRSCacheError):
        cache["s3"]
    cache(client, "s3")
    assert cache.popitem() == (ClientCacheKey("s3"), client)
    session.client("sqs")
    session.cache.clear()
    assert len(cache) == 0
    with pytest.raises(ars.BRSValidationError):
        session.client("s3", eviction_policy="FIFO")


def test_row34_caching_can_be_switched_off(sts: Sts) -> None:
    session = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, cache_clients=False)
    assert session.client("s3") is not session.client("s3")
    assert len(session.cache.client["LRU"]) == 0


def test_row34_one_construction_for_32_threads(session: RefreshableSession, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    original = boto3.session.Session.client

    def slow(self: Any, service: str, *arguments: Any, **parameters: Any) -> Any:
        made.append(service)
        time.sleep(0.1)
        return original(self, service, *arguments, **parameters)

    session.region_name  # opens it, so that only the construction is measured
    monkeypatch.setattr(boto3.session.Session, "client", slow)
    services = ["s3", "sqs", "sns", "sts"]
    clients: list[Any] = []
    threads = [
        threading.Thread(target=lambda service=services[number % 4]: clients.append(session.client(service)))
        for number in range(32)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(made) == sorted(services)
    assert len(clients) == 32
    assert len(set(map(id, clients))) == 4


def test_row34_other_keys_do_not_wait_and_an_error_is_shared() -> None:
    cache = ClientCache()
    entered, leave = threading.Event(), threading.Event()
    calls: list[int] = []

    def fails() -> Any:
        calls.append(1)
        entered.set()
        leave.wait(10)
        raise LookupError("no such service")

    caught: list[BaseException] = []

    def ask() -> None:
        try:
            cache.get_or_create(ClientCacheKey("slow"), fails)
        except LookupError as error:
            caught.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert entered.wait(10)
    assert cache.get_or_create(ClientCacheKey("quick"), lambda: 7) == 7
    time.sleep(0.1)
    leave.set()
    for thread in threads:
        thread.join(10)
    assert len(caught) == 8
    assert len(calls) == 1
    assert cache.get_or_create(ClientCacheKey("slow"), lambda: 8) == 8


def test_row35_keys_are_normalised() -> None:
    key = ClientCacheKey("s3", "eu-west-1", config=Config(retries={"max_attempts": 2, "mode": "standard"}))
    same = ClientCacheKey(
        config=Config(retries={"mode": "standard", "max_attempts": 2}),
        region_name="eu-west-1",
        service_name="s3",
        use_ssl=True,
        verify=None,
        eviction_policy="LFU",
        max_size=3,
    )
    assert key == same
    assert hash(key) == hash(same)
    for different in (
        ClientCacheKey("s3", "eu-west-1"),
        ClientCacheKey("s3", "eu-west-1", config=Config(retries={"max_attempts": 3, "mode": "standard"})),
        ResourceCacheKey("s3", "eu-west-1", config=Config(retries={"max_attempts": 2, "mode": "standard"})),
    ):
        assert key != different
    names = ["region_name", "api_version", "endpoint_url", "aws_access_key_id", "aws_session_token", "verify"]
    keys = {ClientCacheKey("s3", **{name: "x"}) for name in names} | {ClientCacheKey("s3", use_ssl=False)}
    assert len(keys) == len(names) + 1
    assert ClientCacheKey("s3", verify=False) != ClientCacheKey("s3", verify=None)
    with pytest.raises(TypeError):
        ClientCacheKey("s3", colour="red")


def test_row35_labels_never_show_secrets() -> None:
    key = ClientCacheKey(
        "s3",
        "eu-west-1",
        None,
        True,
        None,
        "https://me:hunter2@host.test",
        "AKIDSECRET",
        "s3cr3t",
        aws_session_token="t0k3n",
        config=Config(proxies={"http": "http://me:hunter2@proxy.test"}),
    )
    cache = ClientCache()
    cache[key] = object()
    for text in (str(key), repr(key), key.label, str(cache), repr(cache)):
        assert not any(secret in text for secret in ("hunter2", "AKIDSECRET", "s3cr3t", "t0k3n"))
    assert "eu-west-1" in key.label


def test_row35_a_size_change_counts_before_the_insertion(session: RefreshableSession) -> None:
    first = session.client("s3", max_size=1)
    second = session.client("sqs", max_size=2)
    assert session.cache.client["LRU"].values() == (first, second)
    third = session.client("sns", max_size=1)
    assert session.cache.client["LRU"].values() == (third,)
    for wrong in (-1, 1.5, True, "3"):
        with pytest.raises(ars.BRSValidationError):
            session.client("s3", max_size=wrong)


def test_row35_the_session_puts_nothing_of_its_own_into_the_cache(session: RefreshableSession) -> None:
    session.credentials
    session.whoami()
    session.resource("s3")
    assert len(session.cache.client["LRU"]) == 0
    key = session.credentials["access_key"]
    assert signer_of(session.client("sts"), lambda sts: sts.get_caller_identity()) == key
