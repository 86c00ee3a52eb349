"""Temporary AWS credentials that stay fresh, for boto3.

    session = RefreshableSession(assume_role_kwargs={"RoleArn": "arn:aws:iam::123456789012:role/app"})
    s3 = session.client("s3")  # as from boto3.Session; signs with the assumed role, for as long as it lives
"""

from aws_refresh_session._native import __version__
from aws_refresh_session.cache import ClientCache, ClientCacheKey, ResourceCache, ResourceCacheKey, SessionCache
from aws_refresh_session.config import AssumeRoleConfig, STSClientConfig
from aws_refresh_session.credentials import FrozenCredentials
from aws_refresh_session.exceptions import (
    BRSCacheError,
    BRSCacheExistsError,
    BRSCacheNotFoundError,
    BRSConfigurationError,
    BRSConnectionError,
    BRSCredentialError,
    BRSError,
    BRSRequestError,
    BRSValidationError,
    BRSWarning,
)
from aws_refresh_session.session import Observation, RefreshableSession, get_available_methods, register_method
from aws_refresh_session.types import CustomCredentials, Identity, TemporaryCredentials

__all__ = [
    "AssumeRoleConfig",
    "BRSCacheError",
    "BRSCacheExistsError",
    "BRSCacheNotFoundError",
    "BRSConfigurationError",
    "BRSConnectionError",
    "BRSCredentialError",
    "BRSError",
    "BRSRequestError",
    "BRSValidationError",
    "BRSWarning",
    "ClientCache",
    "ClientCacheKey",
    "CustomCredentials",
    "FrozenCredentials",
    "Identity",
    "Observation",
    "RefreshableSession",
    "ResourceCache",
    "ResourceCacheKey",
    "STSClientConfig",
    "SessionCache",
    "TemporaryCredentials",
    "__version__",
    "get_available_methods",
    "register_method",
]
