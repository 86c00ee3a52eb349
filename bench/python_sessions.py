"""One program, twice: boto3 sessions on an assumed role.

usage: python_sessions.py botocore|ours read|refused|hung|cold|made N|fetched N

`botocore` does what boto3-refresh-session does: a boto3 session, an STS client and botocore's RefreshableCredentials over
an AssumeRole fetcher. `ours` is aws_refresh_session. Prints lines `name value`. Needs AWS_ENDPOINT_URL_STS, BENCH_ROLE_ARN
and base keys in the environment.
"""
import os
import statistics
import sys
import threading
import time

ENDPOINT = os.environ["AWS_ENDPOINT_URL_STS"]
ROLE = os.environ["BENCH_ROLE_ARN"]
REGION = "us-east-1"


def with_botocore():
    import boto3
    import botocore.credentials

    session = boto3.session.Session(region_name=REGION)
    client = session.client("sts", endpoint_url=ENDPOINT)
    fetcher = botocore.credentials.AssumeRoleCredentialFetcher(
        client_creator=lambda *arguments, **options: client,
        source_credentials=session.get_credentials(),
        role_arn=ROLE,
        extra_args={"RoleSessionName": "bench"},
    )
    session._session._credentials = botocore.credentials.DeferredRefreshableCredentials(
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )
    return session


def with_ours():
    from aws_refresh_session import RefreshableSession

    return RefreshableSession(
        assume_role_kwargs={"RoleArn": ROLE, "RoleSessionName": "bench"},
        sts_client_kwargs={"endpoint_url": ENDPOINT, "region_name": REGION},
        region_name=REGION,
    )


MAKE = {"botocore": with_botocore, "ours": with_ours}[sys.argv[1]]


def resident_mib():
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def read():
    """Nanoseconds per frozen read, the median of some rounds."""
    credentials = MAKE().get_credentials()
    credentials.get_frozen_credentials()
    times = []
    for _ in range(5):
        before = time.perf_counter_ns()
        for _ in range(20_000):
            credentials.get_frozen_credentials()
        times.append((time.perf_counter_ns() - before) / 20_000)
    print("ns", statistics.median(times))


def refused():
    """32 readers of one session; milliseconds until the last one has its error."""
    credentials = MAKE().get_credentials()
    barrier = threading.Barrier(32)
    waits = []

    def reader():
        barrier.wait()
        before = time.perf_counter()
        try:
            credentials.get_frozen_credentials()
        except Exception:  # what is raised differs; how long it takes is the figure
            waits.append(1000 * (time.perf_counter() - before))

    threads = [threading.Thread(target=reader) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("refused", len(waits))
    print("ms", max(waits))


def hung():
    credentials = MAKE().get_credentials()
    before = time.perf_counter()
    try:
        credentials.get_frozen_credentials()
    except Exception:
        print("s", time.perf_counter() - before)


def cold():
    MAKE().get_credentials().get_frozen_credentials()


def many(fetch):
    MAKE().get_credentials().get_frozen_credentials()  # what is loaded once is not counted
    memory, before = resident_mib(), time.perf_counter()
    sessions = [MAKE() for _ in range(int(sys.argv[3]))]
    if fetch:
        for session in sessions:
            session.get_credentials().get_frozen_credentials()
    print("s", time.perf_counter() - before)
    print("mib", resident_mib() - memory)


{
    "read": read,
    "refused": refused,
    "hung": hung,
    "cold": cold,
    "made": lambda: many(False),
    "fetched": lambda: many(True),
}[sys.argv[2]]()
