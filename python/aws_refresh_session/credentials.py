"""The botocore credentials object whose reads are the engine's snapshot."""

from datetime import datetime, timezone
from typing import Any, NoReturn

from botocore.credentials import ReadOnlyCredentials
from botocore.credentials import RefreshableCredentials as BotocoreRefreshableCredentials

from aws_refresh_session import _native
from aws_refresh_session.types import TemporaryCredentials

__all__ = ["FrozenCredentials", "SessionCredentials"]

_HAS_ACCOUNT_ID = "account_id" in ReadOnlyCredentials._fields


class FrozenCredentials(ReadOnlyCredentials):  # type: ignore[misc]  # botocore has no types
    """One complete set, as botocore's: a tuple that never changes. Prints neither secret nor token."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(access_key={self.access_key!r}, secret_key='***', token='***')"


def frozen_credentials(
    access_key: str, secret_key: str, token: str | None, account_id: str | None = None
) -> FrozenCredentials:
    """What the engine makes of each set, once. Older versions of botocore have no place for the account."""
    if _HAS_ACCOUNT_ID:
        return FrozenCredentials(access_key, secret_key, token, account_id)
    return FrozenCredentials(access_key, secret_key, token)


class SessionCredentials(BotocoreRefreshableCredentials):  # type: ignore[misc]  # botocore has no types
    """A session's credentials for botocore.

    `get_frozen_credentials()` is the engine's own read: the current set, complete, without a lock. It waits only when
    there is no set or the last one has ended; then it raises the refresh's typed error. `access_key`, `secret_key` and
    `token` read it, each for itself: take a frozen set to have three that belong together.

    Read-only: the engine alone changes the set. Cannot be copied or pickled.
    """

    # The base's constructor is not called: it wants a set, and makes a lock and a copy that would never be used.
    def __init__(self, native: _native.Session, method: str) -> None:
        self._native = native
        #: How botocore names where the credentials came from.
        self.method = method
        # On the object, in front of the class's method: a read enters no Python frame.
        self.__dict__["get_frozen_credentials"] = native.frozen

    def get_frozen_credentials(self) -> Any:
        """The current set; see the class."""
        return self._native.frozen()

    @property
    def access_key(self) -> Any:
        return self.get_frozen_credentials().access_key

    @access_key.setter
    def access_key(self, value: Any) -> NoReturn:
        self._refuse("access_key")

    @property
    def secret_key(self) -> Any:
        return self.get_frozen_credentials().secret_key

    @secret_key.setter
    def secret_key(self, value: Any) -> NoReturn:
        self._refuse("secret_key")

    @property
    def token(self) -> Any:
        return self.get_frozen_credentials().token

    @token.setter
    def token(self, value: Any) -> NoReturn:
        self._refuse("token")

    @property
    def account_id(self) -> str | None:
        return self._native.snapshot().account_id

    @account_id.setter
    def account_id(self, value: Any) -> NoReturn:
        self._refuse("account_id")

    def get_deferred_property(self, property_name: str) -> Any:
        """A callable that reads the property when it is called."""
        return lambda: getattr(self, property_name, None)

    def refresh_needed(self, refresh_in: float | None = None) -> bool:
        """Whether the set ends within `refresh_in` seconds, or, without it, whether a refresh is due.

        No I/O. Nobody has to act on it: the engine refreshes by itself.
        """
        if refresh_in is None:
            return self._native.state() != "fresh"
        if self._native.state() == "none":
            return True
        expiry = self._native.expiration()
        return expiry is not None and _seconds_until(expiry) < refresh_in

    def temporary(self) -> TemporaryCredentials:
        """The current set as text, with its expiry: one snapshot."""
        snapshot = self._native.snapshot()
        return {
            "access_key": snapshot.access_key,
            "secret_key": snapshot.secret_key,
            "token": snapshot.token,
            "expiry_time": snapshot.expiry_time,
        }

    # The base's private parts, which other packages read.

    @property
    def _expiry_time(self) -> datetime | None:
        return self._native.expiration()

    @property
    def _frozen_credentials(self) -> Any:
        return self.get_frozen_credentials()

    _access_key = access_key
    _secret_key = secret_key
    _token = token
    _account_id = account_id

    def _seconds_remaining(self) -> float:
        expiry = self._native.expiration()
        return float("inf") if expiry is None else _seconds_until(expiry)

    def _is_expired(self) -> bool:
        return self._native.state() in ("none", "expired")

    def _refresh(self) -> None:
        self.get_frozen_credentials()

    def _protected_refresh(self, is_mandatory: bool = True) -> None:
        self._native.refresh_now()

    def _set_from_data(self, data: Any) -> NoReturn:
        self._refuse("the set")

    def _refuse(self, name: str) -> NoReturn:
        raise AttributeError(f"{name} cannot be set: the session's engine refreshes these credentials")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} method={self.method!r}>"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("refreshing credentials cannot be pickled or copied; take get_frozen_credentials()")


def _seconds_until(time: datetime) -> float:
    return (time - datetime.now(timezone.utc)).total_seconds()
