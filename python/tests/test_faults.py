"""Work on a service that misbehaves in each way the emulator knows: no request is refused, and errors are typed."""

import json
import os
import time
import urllib.request
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.config import Config

from aws_refresh_session import RefreshableSession
from aws_refresh_session.exceptions import BRSError

HARMLESS = {
    "latency": {"delay_ms": 300},
    "skewed_clock": {"skew_seconds": 60},
}
FAILING: dict[str, dict[str, int]] = {
    "hang": {},
    "reset": {},
    "reset_mid_body": {},
    "server_error": {},
    "throttling": {},
    "forbidden": {},
    "not_xml": {},
    "truncated_xml": {},
    "empty_body": {},
    "expired_answer": {},
    "no_expiration": {},
    "no_zone": {},
    "empty_keys": {},
    "skewed_date": {"skew_seconds": 3600},
}
LIFE = 5


def ask(method: str, path: str, body: dict[str, Any] | None = None) -> None:
    request = urllib.request.Request(
        f"{os.environ['AWS_ENDPOINT_URL_STS']}/_emulator/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
    )
    with urllib.request.urlopen(request, timeout=5):
        pass


def mend() -> None:
    ask("DELETE", "faults")
    ask("POST", "release", {})


@pytest.fixture(autouse=True)
def healthy(emulator: SimpleNamespace) -> Iterator[None]:
    mend()
    yield
    mend()


def open_session(emulator: SimpleNamespace, attempts: int, **options: Any) -> RefreshableSession:
    client = {"config": Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": attempts})}
    return RefreshableSession(
        assume_role_kwargs={"RoleArn": emulator.role_arn, "RoleSessionName": "faults", "DurationSeconds": LIFE},
        sts_client_kwargs=client,
        region_name="us-east-1",
        **options,
    )


@pytest.mark.filterwarnings("ignore:DurationSeconds below 900")
@pytest.mark.parametrize("kind", [*HARMLESS, *FAILING])
def test_requests_go_on_while_sts_misbehaves_and_after(emulator: SimpleNamespace, kind: str) -> None:
    events: list[dict[str, Any]] = []
    with open_session(emulator, attempts=1, observer=events.append) as session:
        s3 = session.client(
            "s3",
            endpoint_url=emulator.endpoint_url,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, signature_version="s3v4"),
        )
        s3.get_object(Bucket="resource", Key="key")
        ask("POST", "faults", {"kind": kind, "action": "AssumeRole"} | (HARMLESS | FAILING)[kind])
        # A refresh is due before half of the life, and is tried again and again; the service is mended while a third of
        # the life is left, and the requests go on past its end.
        begin = time.monotonic()
        requests, mended = 0, False
        while (age := time.monotonic() - begin) < 1.15 * LIFE:
            s3.get_object(Bucket="resource", Key="key")  # raises for a refused request
            requests += 1
            if not mended and (age > 0.65 * LIFE or sum(event["type"] == "failure" for event in list(events)) >= 2):
                mend()
                mended = True
    assert requests > 20
    failures = [event for event in events if event["type"] == "failure"]
    if kind != "hang":  # served late, once the service is mended
        assert bool(failures) == (kind in FAILING), [event["error"] for event in failures]
    assert all(isinstance(event["error"], BRSError) and event["error"].code for event in failures)
    assert len({event["access_key"] for event in events if event["type"] == "success"}) >= 2


@pytest.mark.filterwarnings("ignore:DurationSeconds below 900")
@pytest.mark.parametrize("kind", FAILING)
def test_without_a_set_the_error_is_typed_and_the_next_refresh_recovers(emulator: SimpleNamespace, kind: str) -> None:
    # The second attempt is for skewed_date: the first is signed with the time that the service gave.
    with open_session(emulator, attempts=2) as session:
        ask("POST", "faults", {"kind": kind, "action": "AssumeRole"} | FAILING[kind])
        before = time.monotonic()
        with pytest.raises(BRSError) as raised:
            session.get_credentials().get_frozen_credentials()
        assert time.monotonic() - before < 5
        assert raised.value.code
        assert raised.value.kind in ("recoverable", "non_recoverable")
        mend()
        session.refresh_now()
        assert session.whoami()["Arn"].startswith("arn:aws:sts::")
