"""The shapes of what sessions take and give."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal, TypedDict

__all__ = [
    "CustomCredentials",
    "CustomCredentialsMethod",
    "EvictionPolicy",
    "Identity",
    "MfaTokenProvider",
    "TemporaryCredentials",
]

#: Which entry a full cache gives up: the least recently used, or the least frequently used.
EvictionPolicy = Literal["LRU", "LFU"]

#: A callable that returns the code, a command as a list of words, or a command line.
MfaTokenProvider = Callable[..., str] | list[str] | tuple[str, ...] | str


class TemporaryCredentials(TypedDict):
    """The current set as text."""

    access_key: str
    secret_key: str
    #: None for keys without a session token.
    token: str | None
    #: RFC 3339 in UTC (`2026-01-01T00:00:00Z`); empty if the set does not expire.
    expiry_time: str


class CustomCredentials(TypedDict):
    """What the callable of method "custom" returns."""

    access_key: str
    secret_key: str
    token: str
    #: RFC 3339 with a zone, or an aware datetime.
    expiry_time: str | datetime


class Identity(TypedDict, total=False):
    """Who the session's credentials belong to: the three fields of GetCallerIdentity, or a method and its source."""

    UserId: str
    Account: str
    Arn: str
    method: str
    source: str


#: For a callable that returns `CustomCredentials`; a plain dict is as good.
CustomCredentialsMethod = Callable[..., CustomCredentials | Mapping[str, Any]]
