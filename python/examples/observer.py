"""Being told of every refresh."""

import os
from typing import Any

from aws_refresh_session import RefreshableSession


def log(event: dict[str, Any]) -> None:
    if event["type"] in ("attempt", "success", "failure"):
        print(event["type"])


with RefreshableSession(assume_role_kwargs={"RoleArn": os.environ["EMULATOR_ROLE_ARN"]}, observer=log) as session:
    session.get_credentials().get_frozen_credentials()
