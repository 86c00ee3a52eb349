"""A role that only another role may assume."""

import os

from aws_refresh_session import RefreshableSession

first = RefreshableSession(assume_role_kwargs={"RoleArn": os.environ["EMULATOR_ROLE_ARN"]})
second = RefreshableSession(assume_role_kwargs={"RoleArn": os.environ["EMULATOR_CHAINED_ROLE_ARN"]}, base=first)
print(second.whoami()["Arn"])
