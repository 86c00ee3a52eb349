"""A thousand sessions in one process: time and memory, measured in a process of their own."""

import json
import subprocess
import sys
from typing import Any

from support import Sts

SCRIPT = """
import json, resource, time
import aws_refresh_session as ars

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 2**20

before, began, busy = resident(), time.monotonic(), time.process_time()
sessions = [
    ars.RefreshableSession(assume_role_kwargs={{"RoleArn": f"arn:aws:iam::123456789012:role/r{{n}}"}})
    for n in range({count})
]
made, busy = time.monotonic() - began, time.process_time() - busy
after = resident()
{use}
print(json.dumps(dict(made=made, busy=busy, grown=after - before, resident=resident())))
"""


def measured(count: int, use: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(count=count, use=use)],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    print("\n", done.stdout)
    return json.loads(done.stdout)


def test_a_thousand_sts_sessions_take_a_second_and_100_mib(sts: Sts) -> None:
    figures = measured(1000, "")
    assert figures["busy"] < 1  # not the time on the wall: other tests run at the same time
    assert figures["resident"] < 100
    assert sts.calls == []


def test_clients_of_many_sessions_share_models(sts: Sts) -> None:
    # One S3 client with a model of its own takes 8 MiB.
    figures = measured(40, "clients = [session.client('s3') for session in sessions]")
    assert figures["resident"] < 140
