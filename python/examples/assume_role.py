"""A role's credentials in a boto3 session, for as long as the program runs."""

import os

from aws_refresh_session import AssumeRoleConfig, RefreshableSession

session = RefreshableSession(
    assume_role_kwargs=AssumeRoleConfig(RoleArn=os.environ["EMULATOR_ROLE_ARN"], RoleSessionName="reporting"),
    region_name="us-east-1",
)

# Any client, resource, paginator, waiter, transfer or presigned URL of the session signs with the current set.
sts = session.client("sts", endpoint_url=os.environ["AWS_ENDPOINT_URL_STS"])
print(sts.get_caller_identity()["Arn"])
print(session.state, "until", session.credentials["expiry_time"])
