"""Clients are made once for the same arguments."""

import os

from aws_refresh_session import RefreshableSession

session = RefreshableSession(assume_role_kwargs={"RoleArn": os.environ["EMULATOR_ROLE_ARN"]}, region_name="us-east-1")
print(session.client("sts") is session.client(service_name="sts", use_ssl=True))

cache = session.cache.client["LRU"]
print(f"{len(cache)} of {cache.max_size}: {', '.join(map(str, cache))}")
