"""The extension module over the C++ library. Private: programs use the package's own modules."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, final

__version__: Final[str]

@final
class Snapshot:
    """One complete set, as it was when it was read. Immutable. Printing shows neither secret nor token."""

    @property
    def access_key(self) -> str: ...
    @property
    def secret_key(self) -> str: ...
    @property
    def token(self) -> str | None:
        """None for keys without a session token."""
    @property
    def expiration(self) -> datetime.datetime | None:
        """Aware, in UTC; None if the set does not expire."""
    @property
    def expiry_time(self) -> str:
        """RFC 3339 in UTC (`2026-01-01T00:00:00Z`); empty if the set does not expire."""
    @property
    def account_id(self) -> str | None: ...
    @property
    def provider_name(self) -> str: ...
    @property
    def freshness(self) -> str:
        """fresh, advisory, mandatory, expired."""

@final
class Observation:
    """While it is open, its observer is told of every event."""

    def close(self) -> None: ...

@final
class Session:
    """A RefreshableSession of the C++ library. Thread-safe. Cannot be copied or pickled. Takes part in gc: its Python
    callables may refer to it. Usable on both sides of os.fork()."""

    @staticmethod
    def open(
        method: str,
        options: Mapping[str, Any],
        session: Mapping[str, Any],
        frozen_type: Callable[[str, str, str | None, str | None], Any],
    ) -> Session:
        """Opens a session. Unknown keys, and values of the wrong type, raise ValidationError naming the key.
        An option of value None is as if it were not there.

        method "sts", options:
          assume_role   Mapping by AWS's own names: RoleArn (str), RoleSessionName (str), PolicyArns (list of
                        {"arn": str}), Policy (str), DurationSeconds (int), ExternalId, SerialNumber, TokenCode (str),
                        Tags (list of {"Key": str, "Value": str}), TransitiveTagKeys (list of str), SourceIdentity,
                        ProvidedContexts (list of {"ProviderArn": str, "ContextAssertion": str})
          client        Mapping: region, endpoint_url, ca_bundle (str), verify_tls, use_fips_endpoint,
                        use_dualstack_endpoint (bool), connect_timeout, attempt_timeout (seconds, float),
                        max_attempts (int), credentials (Mapping access_key, secret_key, token, account_id), profile
          mfa           None; a callable without arguments that returns a str; a list of words; or a command line (str)
          mfa_options   Mapping for a callable: interactive (bool); for a command: timeout (seconds, float), environment
                        (Mapping of str), working_directory (str), input (str)
          base          None (the default chain); a Session (role chaining); or a callable without arguments that
                        returns a Mapping as "custom" does, where expiry_time and token may be None
          base_name     name of such a callable's source in events and errors (default "base")
        method "custom", options:
          method        callable without arguments that returns a Mapping access_key, secret_key, token, expiry_time
                        (str in RFC 3339, or an aware datetime)
          source        name of the source
          interactive   bool
        method "default" and "profile", options: profile, mfa, mfa_options, client
        any other method, options: the str parameters of its by-name constructor (session.hpp)

        session: defer_refresh (bool), profile, region (str), credentials (Mapping as above),
          observer (callable, one event: see observe),
          refresh: Mapping of RefreshOptions by their C++ names; durations in seconds (float); advisory_tiers as a list
          of (up_to, window) in seconds; or the key preset="aws_sdk_2026" besides single options that override it.

        frozen_type(access_key, secret_key, token, account_id) makes what `frozen` returns, once for each set.
        """

    def frozen(self) -> Any:
        """The current set as made by frozen_type; the same object as long as the set is current. Never waits while a
        set is valid; waits for the first one, or after expiry, without the GIL. Signals are handled while it waits on
        the main thread. Raises the refresh's typed error."""
    def snapshot(self, timeout: float | None = None) -> Snapshot:
        """The current set; waits as `frozen` does, at most `timeout` seconds (0 never waits)."""
    def refresh_now(self, timeout: float | None = None) -> Snapshot: ...
    def invalidate(self, access_key: str) -> None: ...
    def state(self) -> str:
        """none, fresh, advisory, mandatory, expired. No I/O."""
    def expiration(self) -> datetime.datetime | None: ...
    def last_error(self) -> Exception | None: ...
    def identity(self) -> dict[str, str]:
        """{"UserId", "Account", "Arn"} of an STS identity, or {"method", "source"}."""
    def identity_from_sts(self) -> dict[str, str]: ...
    def region(self) -> str | None: ...
    @property
    def method(self) -> str: ...
    def observe(self, observer: Callable[[dict[str, Any]], object]) -> Observation:
        """Events as dicts: type (attempt, success, failure, state_change, invalidated), provider, time (aware
        datetime), state, access_key and expiration (None without a set), latency (seconds), next_attempt (seconds or
        None), error."""
    def close(self) -> None:
        """Cancels what is in flight and lets the callables go. Every later call raises ConfigurationError of code
        SessionClosed. Idempotent."""

def available_methods() -> list[str]: ...
def register_method(name: str, factory: Callable[[Mapping[str, str]], Mapping[str, Any]]) -> None:
    """Adds a method for the whole process; the factory gets the str parameters and returns the options of method
    "custom"."""
def split_command_line(command_line: str) -> Sequence[str]:
    """Words by the POSIX shell's quoting rules. Raises ConfigurationError."""
