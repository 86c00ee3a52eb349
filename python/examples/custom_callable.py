"""Credentials from a callable of your own. It may block and it may raise: readers do not wait while a set is valid."""

import datetime

from aws_refresh_session import CustomCredentials, RefreshableSession


def ask_vault(path: str) -> CustomCredentials:
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    return {"access_key": "ASIAEXAMPLE1", "secret_key": "secret of " + path, "token": "token", "expiry_time": end}


session = RefreshableSession(
    method="custom",
    custom_credentials_method=ask_vault,
    custom_credentials_method_args={"path": "aws/creds/app"},
    custom_credentials_method_name="vault",
)
print(session.whoami())
print(session.credentials["access_key"])
