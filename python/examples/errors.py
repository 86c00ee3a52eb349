"""What an error says. The names are those of boto3-refresh-session."""

import os

from aws_refresh_session import BRSError, BRSRequestError, RefreshableSession

session = RefreshableSession(assume_role_kwargs={"RoleArn": os.environ["EMULATOR_CHAINED_ROLE_ARN"]})
try:
    session.credentials
except BRSRequestError as error:
    print(error.code, error.status_code, error.kind)
except BRSError as error:
    print("something else:", error)
