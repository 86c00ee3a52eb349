"""Everything the package raises, and its warning.

`BRSError` is the base; the five kinds are directly below it. No text in here ever holds a secret key, a session token,
a one-time code or a command line.
"""

import sys
import warnings
from typing import Any, TypeVar

__all__ = [
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
]

_Error = TypeVar("_Error", bound="BRSError")

_SHOWN = ("code", "status_code", "param", "value", "details")
_FIELDS = (*_SHOWN, "kind", "request_id", "retry_after")


class BRSError(Exception):
    """The base of all errors of the package.

    :ivar message: What went wrong and what to do about it.
    :ivar code: The service's error code (`AccessDenied`), or the library's own (`RefreshTimeout`).
    :ivar status_code: The HTTP status of the answer.
    :ivar details: More, for a person.
    :ivar param: The parameter at fault, by the name the user knows.
    :ivar value: The value at fault; never a secret.
    :ivar kind: What a caller can do about it: `not_configured`, `recoverable`, `non_recoverable` or `cancelled`.
    :ivar request_id: The service's request id.
    :ivar retry_after: Seconds that the service wishes to be left alone.

    What is not known is None. `str()` is `message (code='C', status_code=403, param='p', value='v', details='d')`: only
    what is set, in that order. Pickling keeps every field.
    """

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str | None = None,
        status_code: int | None = None,
        details: Any = None,
        param: str | None = None,
        value: Any = None,
        kind: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.message = message or ""
        super().__init__(self.message)
        self.code = code
        self.status_code = status_code
        self.details = details
        self.param = param
        self.value = value
        self.kind = kind
        self.request_id = request_id
        self.retry_after = retry_after

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={_quoted(getattr(self, name))}" for name in _SHOWN if _is_set(getattr(self, name)))
        if self.message and shown:
            return f"{self.message} ({shown})"
        return self.message or shown

    def __repr__(self) -> str:
        fields = [f"{name}={getattr(self, name)!r}" for name in _FIELDS if _is_set(getattr(self, name))]
        return f"{type(self).__name__}({', '.join([repr(self.message), *fields])})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, {name: getattr(self, name) for name in _FIELDS})


class BRSValidationError(BRSError):
    """An argument or option was wrong before anything was asked of anybody."""


class BRSConfigurationError(BRSError):
    """The surroundings were wrong: a missing region, an MFA command that fails, a file that cannot be read."""


class BRSCredentialError(BRSError):
    """There are no usable credentials: none found, malformed, incomplete or expired."""


class BRSConnectionError(BRSError):
    """No answer came: the network, TLS, a time limit."""


class BRSRequestError(BRSError):
    """The service answered with an error."""


class BRSCacheError(BRSError):
    """The client or resource cache was used wrongly."""


class BRSCacheNotFoundError(BRSCacheError, KeyError):
    """The cache has nothing under this key."""

    # KeyError would show the repr of its argument.
    __str__ = BRSError.__str__


class BRSCacheExistsError(BRSCacheError):
    """The cache has something under this key already."""


class BRSWarning(UserWarning):
    """Something the user should know that stops nothing."""

    def __init__(self, message: str | None = None) -> None:
        self.message = message or ""
        super().__init__(self.message)

    @classmethod
    def warn(cls, message: str, *, stacklevel: int | None = None) -> None:
        """Gives a warning of this class, by default in the name of the line that called into the package."""
        if stacklevel is None:
            stacklevel = 2
            while sys._getframe(stacklevel - 1).f_globals.get("__package__") == __package__:
                stacklevel += 1
        warnings.warn(cls(message), stacklevel=stacklevel)


def shown(value: Any) -> str:
    """A wrong argument as an error's `value`: text as it is, without quotes of its own."""
    return value if isinstance(value, str) else repr(value)


def _is_set(field: Any) -> bool:
    return field is not None and field != ""


def _quoted(field: Any) -> str:
    return f"'{field}'" if isinstance(field, str) else repr(field)


def _rebuild(cls: type[_Error], message: str, fields: dict[str, Any]) -> _Error:
    return cls(message, **fields)
