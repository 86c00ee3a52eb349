"""A role that asks for a one-time code. The code comes from a program's output; a callable is as good."""

import os

from aws_refresh_session import RefreshableSession

session = RefreshableSession(
    assume_role_kwargs={
        "RoleArn": os.environ["EMULATOR_MFA_ROLE_ARN"],
        "SerialNumber": os.environ["EMULATOR_MFA_SERIAL_NUMBER"],
    },
    mfa_token_provider=["printenv", "EMULATOR_MFA_CODE"],
    mfa_token_provider_kwargs={"timeout": 10},
)
print(session.whoami()["Arn"])
