"""`RefreshableSession`: a boto3 session whose credentials never expire in your hands."""

import inspect
import os
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Any, NoReturn, TypeVar, cast

import boto3.session
import botocore.session

from aws_refresh_session import _botocore
from aws_refresh_session import _native as native
from aws_refresh_session.cache import ClientCacheKey, ResourceCacheKey, SessionCache
from aws_refresh_session.credentials import SessionCredentials, frozen_credentials
from aws_refresh_session.custom import custom_options
from aws_refresh_session.exceptions import BRSConfigurationError, BRSValidationError, BRSWarning, shown
from aws_refresh_session.sts import client_options, mfa_options, static_credentials, sts_options
from aws_refresh_session.types import EvictionPolicy, Identity, TemporaryCredentials

__all__ = ["Observation", "RefreshableSession", "get_available_methods", "register_method"]

_BUILT_IN = frozenset(
    {"container", "custom", "default", "env", "imds", "login", "process", "profile", "sso", "sts", "web_identity"}
)
# By method: those whose credentials start from others, and so can be given a base.
_WITH_STATIC_KEYS = frozenset({"sts", "default"})
_REFRESH_METHODS = {"sts": "sts-assume-role"}

# Built-in methods that a program registered another of, with its factory: the engine would go on taking its own.
_overridden: dict[str, Callable[[Mapping[str, str]], Mapping[str, Any]]] = {}

_Session = TypeVar("_Session", bound="RefreshableSession")
_Value = TypeVar("_Value")

_lock = threading.RLock()


def _renew_lock() -> None:
    # Whoever held it does not exist in the child.
    global _lock
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_renew_lock)


def get_available_methods() -> list[str]:
    """The names that `RefreshableSession(method=...)` takes, sorted."""
    return sorted(native.available_methods())


def register_method(name: str, factory: Callable[[Mapping[str, str]], Any]) -> None:
    """Adds a method for the whole process. A name that is taken warns, and the new one wins; a built-in one's, too.

    Sessions that are there already go on with what they have.

    :param factory: Gets the session's other keyword arguments as text, and returns a callable as method "custom" takes
        it, or a mapping of `method` (that callable) and, if they are wanted, `source` and `interactive`.
    """
    if not callable(factory):
        raise BRSValidationError("A method needs a factory that can be called.", param="factory")

    def options(parameters: Mapping[str, str]) -> Mapping[str, Any]:
        made = factory(parameters)
        if callable(made):
            return {"method": made, "source": name}
        if not isinstance(made, Mapping):
            raise BRSValidationError(
                "The factory of this method must return a callable or a mapping.",
                param=name,
                value=type(made).__name__,
            )
        return made

    native.register_method(name, options)
    if name in _BUILT_IN:
        _overridden[name] = options


class Observation:
    """What `RefreshableSession.observe` gives: while it is open, its observer is told of every event.

    It is open until it or its session is closed, whether the program keeps it or not. A `with` statement closes it.
    """

    def __init__(self, opened: native.Observation, kept: dict[int, native.Observation]) -> None:
        self._native = opened
        self._kept = kept
        kept[id(opened)] = opened

    def close(self) -> None:
        """From now on the observer is told of nothing. May be called again."""
        self._kept.pop(id(self._native), None)
        self._native.close()

    def __enter__(self) -> "Observation":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class RefreshableSession(boto3.session.Session):  # type: ignore[misc]  # boto3 has no types
    """A boto3 session whose clients, resources, presigned URLs and transfers use credentials that stay fresh.

    They are refreshed in the background, at half of their life; a read takes the current set and waits only when there
    is none. A failed refresh keeps the last good set.

    :param method: Where credentials come from: "sts", or another of `get_available_methods()`.
    :param defer_refresh: True, the default: the constructor does no network I/O. False: it fetches once, and the
        fetch's error comes out of it.
    :param advisory_timeout: Seconds before the end of a set from when it is refreshed. By default half of its life.
    :param mandatory_timeout: Seconds before the end from when the set counts as nearly over. Not more than
        `advisory_timeout`. By default a tenth of the set's life, a minute at most.
    :param refresh_options: The engine's other options by their C++ names (refreshing_provider.hpp), durations in
        seconds; or the name of a rule ("aws_sdk_2026"), also as key `preset` beside options that override it.
    :param observer: Is told of every event, from the first attempt on; see `observe`.
    :param base: For method "sts": whose credentials sign the call. A RefreshableSession, or a callable that returns a
        mapping as method "custom" has it, where `token` and `expiry_time` may be None.
    :param base_name: What events and errors call such a callable.
    :param cache_clients: False: `client()` and `resource()` make a new object each time.
    :param client_cache_max_size: How many objects each of `cache`'s caches keeps at first.

    What `boto3.Session` takes is what the session starts from: `aws_access_key_id`, `aws_secret_access_key`,
    `aws_session_token`, `aws_account_id`, `region_name`, `profile_name`, and `botocore_session` (or a boto3 session),
    whose credentials are then the base and which itself stays as it is. Without any the base is where every AWS tool
    finds its credentials.

    Method "sts" takes `assume_role_kwargs`, `sts_client_kwargs`, `mfa_token_provider`, `mfa_token_provider_kwargs` and
    `mfa_interactive`; method "custom" `custom_credentials_method`, `custom_credentials_method_args`,
    `custom_credentials_method_name` and `custom_credentials_method_interactive`; methods "default" and "profile"
    `profile`, `sts_client_kwargs` and the MFA parameters; the others their own (session.hpp). An unknown parameter is a
    `BRSValidationError` that names it. A profile that does not exist is botocore's `ProfileNotFound`, as from
    `boto3.Session`.

    Thread-safe, but for what boto3 says about its own objects: clients may be shared by threads, resources not. Works
    on both sides of `os.fork()`; a child's caches of clients and resources begin empty. Cannot be copied or pickled. A
    botocore session is made only when a client, a resource or something of boto3's is asked for: until then a session
    costs about ten kilobytes.
    """

    _native: native.Session
    _inner: _botocore.Boto3Session
    _prepared: bool

    # The base's constructor is not called. What it would set is made at its first use; see __getattr__.
    def __init__(
        self,
        method: str = "sts",
        *,
        defer_refresh: bool | None = True,
        advisory_timeout: float | None = None,
        mandatory_timeout: float | None = None,
        refresh_options: Mapping[str, Any] | str | None = None,
        observer: Callable[[dict[str, Any]], object] | None = None,
        base: "RefreshableSession | Callable[[], Mapping[str, Any]] | None" = None,
        base_name: str | None = None,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
        aws_session_token: str | None = None,
        aws_account_id: str | None = None,
        region_name: str | None = None,
        botocore_session: Any = None,
        profile_name: str | None = None,
        cache_clients: bool | None = True,
        client_cache_max_size: int | None = None,
        **options: Any,
    ) -> None:
        if method not in (available := get_available_methods()):
            raise BRSValidationError(
                f"There is no such method; there are {', '.join(available)}.", param="method", value=method
            )
        if "refresh_method" in options:
            del options["refresh_method"]
            _warn_of_refresh_method()
        _check_flag("defer_refresh", defer_refresh)
        override = _overridden.get(method)
        ours = {"region": "region_name", "profile": "profile_name"}  # by the engine's name
        if override is None and method in _BUILT_IN - {"sts", "custom"}:
            for theirs in [name for name in ours if options.get(name) is not None]:
                del ours[theirs]
            profile_name = _one_of("profile_name", profile_name, "profile", options)
            region_name = _one_of("region_name", region_name, "region", options)
        botocore_session = _botocore_session(botocore_session)
        self._method = method
        self._refresh_method = method if override is not None else _REFRESH_METHODS.get(method, method)
        self._observations: dict[int, native.Observation] = {}
        self._ended: tuple[str, datetime | None, Exception | None] | None = None
        self._boto3_arguments = {"region_name": region_name, "profile_name": profile_name}
        self._handed_over = botocore_session
        #: The caches of clients and resources.
        self.cache = SessionCache(10 if client_cache_max_size is None else client_cache_max_size)
        self.cache_clients = cache_clients is not False

        keys = static_credentials(aws_access_key_id, aws_secret_access_key, aws_session_token, aws_account_id)
        if keys is not None and (method not in _WITH_STATIC_KEYS or override is not None):
            raise BRSValidationError(
                f'Method "{method}" has no use for static keys; the built-in "sts" and "default" start from them.',
                param="aws_access_key_id",
            )
        if base is not None and (keys is not None or method != "sts" or override is not None):
            raise BRSValidationError('A base is for method "sts" without static keys.', param="base")
        if base is not None and botocore_session is not None:
            raise BRSValidationError(
                "base and botocore_session both say whose credentials sign the call: give one of them.", param="base"
            )
        if botocore_session is not None and method == "default" and keys is None and override is None:
            keys = _keys_of(botocore_session)
        session = {
            "defer_refresh": defer_refresh is not False,
            "profile": profile_name or _setting(botocore_session, "profile"),
            "region": region_name or _setting(botocore_session, "region"),
            "credentials": keys,
            "observer": observer,
            "refresh": _refresh(refresh_options, advisory_timeout, mandatory_timeout),
        }
        if override is not None:
            native_options = dict(override(_texts(options)))
            method = "custom"  # whose options a factory's are
        else:
            native_options = self._native_options(method, options)
        if method == "sts":
            if base is not None and native_options["client"]["credentials"] is not None:
                raise BRSValidationError(
                    "base and the keys in sts_client_kwargs both say whose credentials sign the call: give one.",
                    param="base",
                )
            if base is None and keys is None and botocore_session is not None:
                base = _botocore.base_of(botocore_session, profile_name)
                base_name = base_name or "botocore"
            native_options["base"] = base._native if isinstance(base, RefreshableSession) else base
            native_options["base_name"] = base_name
        if advisory_timeout is not None:
            ours["advisory_window"] = "advisory_timeout"
        if mandatory_timeout is not None:
            ours["mandatory_window"] = "mandatory_timeout"
        try:
            self._native = native.Session.open(method, native_options, session, frozen_credentials)
        except BRSValidationError as error:
            _rename(error, ours)
            raise
        #: The engine's, for when boto3 finds none: boto3 does not read AWS_REGION.
        self._region = self._native.region()
        self._credentials = SessionCredentials(self._native, self.refresh_method)
        if botocore_session is not None or profile_name is not None:
            self._open_boto3()  # what boto3.Session's constructor refuses, e.g. an unknown profile, this one does

    def _native_options(self, method: str, options: dict[str, Any]) -> dict[str, Any]:
        if method == "sts":
            _check_names(method, options, sts_options)
            return sts_options(**options, default_endpoint=self._sts_host)
        if method == "custom":
            _check_names(method, options, custom_options)
            return custom_options(**options)
        if method in ("default", "profile"):
            _check_names(method, options, _default_options)
            return _default_options(**options, default_endpoint=self._sts_host)
        return dict(_texts(options))

    @staticmethod
    def get_available_methods() -> list[str]:
        """The names that `method` takes, sorted."""
        return get_available_methods()

    @staticmethod
    def register_method(name: str, factory: Callable[[Mapping[str, str]], Any]) -> None:
        """See `aws_refresh_session.register_method`."""
        register_method(name, factory)

    @property
    def method(self) -> str:
        """The method's name."""
        return self._method

    @property
    def refresh_method(self) -> str:
        """How botocore names where the credentials came from. Cannot be set: warned and ignored."""
        return self._refresh_method

    @refresh_method.setter
    def refresh_method(self, value: str) -> None:
        _warn_of_refresh_method()

    # credentials

    @property
    def credentials(self) -> TemporaryCredentials:
        """The current set as text; see `refreshable_credentials`."""
        return self._credentials.temporary()

    def refreshable_credentials(self) -> TemporaryCredentials:
        """The current set as text, with its expiry by RFC 3339.

        Waits only when there is no usable set, without the GIL; then it raises the refresh's typed error.
        """
        return self._credentials.temporary()

    def get_credentials(self) -> SessionCredentials:
        """The credentials object that signs for this session's clients."""
        return self._credentials

    def get_identity(self, from_sts: bool = False) -> Identity:
        """Who the session's credentials belong to.

        Asks STS (`UserId`, `Account`, `Arn`: of a role, the assumed one), but for sources that are known without it:
        method "custom" gives `method` and `source`.

        :param from_sts: Asks STS, whatever the method.
        """
        found = self._native.identity_from_sts() if from_sts else self._native.identity()
        if "method" in found:
            found = {**found, "method": self._method}
        return cast(Identity, found)

    def whoami(self, from_sts: bool = False) -> Identity:
        """The same as `get_identity`."""
        return self.get_identity(from_sts)

    def refresh_now(self, timeout: float | None = None) -> TemporaryCredentials:
        """Asks the source now, whatever the state, and waits for the answer. The current set stays when it fails."""
        snapshot = self._native.refresh_now(timeout)
        return {
            "access_key": snapshot.access_key,
            "secret_key": snapshot.secret_key,
            "token": snapshot.token,
            "expiry_time": snapshot.expiry_time,
        }

    def invalidate(self, access_key: str) -> None:
        """The service refused this set: drops it if it is the current one, and refreshes at once."""
        self._native.invalidate(access_key)

    # After close() these are what they were then.

    @property
    def state(self) -> str:
        """Where the current set stands: none, fresh, advisory, mandatory, expired. No I/O. Stays after `close()`."""
        return self._standing(self._native.state, 0)

    @property
    def expiration(self) -> datetime | None:
        """When the current set ends. No I/O. Stays after `close()`."""
        return self._standing(self._native.expiration, 1)

    @property
    def last_error(self) -> Exception | None:
        """The last attempt's error; None if it succeeded. Stays after `close()`."""
        return self._standing(self._native.last_error, 2)

    def _standing(self, read: Callable[[], _Value], place: int) -> _Value:
        try:
            return read()
        except BRSConfigurationError:
            if self._ended is None:
                raise
            return cast(_Value, self._ended[place])

    def observe(self, observer: Callable[[dict[str, Any]], object]) -> Observation:
        """Until the result or the session is closed, `observer` is told of every event.

        The result need not be kept. It can be used in a `with` statement.

        An event is a dict of `type` (attempt, success, failure, state_change, invalidated), `provider`, `time`,
        `state`, `access_key`, `expiration`, `latency`, `next_attempt` and `error`. It comes on the thread that did the
        work; whoever waits for a refresh waits for its observers, too. What they raise is dropped.
        """
        return Observation(self._native.observe(observer), self._observations)

    def close(self) -> None:
        """Stops refreshing and lets the callables go. Whatever asks for credentials afterwards gets an error.

        `state`, `expiration` and `last_error` stay what they are now. May be called again.
        """
        if self._ended is None:
            with suppress(BRSConfigurationError):  # another thread was faster
                self._ended = (self._native.state(), self._native.expiration(), self._native.last_error())
        self._native.close()
        self._observations.clear()

    def __enter__(self: _Session) -> _Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # boto3

    def client(
        self, *args: Any, eviction_policy: EvictionPolicy | None = None, max_size: int | None = None, **kwargs: Any
    ) -> Any:
        """What `boto3.Session.client` gives, once for the same arguments.

        :param eviction_policy: Which of `cache.client`'s caches keeps it; "LRU" by default.
        :param max_size: Changes that cache's size first.
        """
        cache = self.cache.client[eviction_policy or "LRU"]
        key = ClientCacheKey(*args, **kwargs)
        if not self.cache_clients:
            return self._boto3().client(*args, **kwargs)
        return cache.get_or_create(key, lambda: self._boto3().client(*args, **kwargs), max_size)

    def resource(
        self, *args: Any, eviction_policy: EvictionPolicy | None = None, max_size: int | None = None, **kwargs: Any
    ) -> Any:
        """What `boto3.Session.resource` gives, once for the same arguments; see `client`.

        Resources are not thread-safe: threads that share a session need `cache_clients=False`, or a session each, to
        have resources of their own.
        """
        cache = self.cache.resource[eviction_policy or "LRU"]
        key = ResourceCacheKey(*args, **kwargs)
        if not self.cache_clients:
            return self._boto3().resource(*args, **kwargs)
        return cache.get_or_create(key, lambda: self._boto3().resource(*args, **kwargs), max_size)

    def _boto3(self) -> Any:
        boto3_session = self._inner  # by __getattr__ at first
        if not self._prepared:
            _botocore.prepare_components(boto3_session._session)
            self._prepared = True
        return boto3_session

    def _open_boto3(self) -> None:
        with _lock:
            if "_inner" in self.__dict__:
                return
            if self._handed_over is not None:
                session = _botocore.derived_session(self._handed_over, self._credentials)
            else:
                session = _botocore.new_session(self._credentials)
            inner = _botocore.Boto3Session(botocore_session=session, **self._boto3_arguments)
            if session.get_config_variable("region") is None and (region := self._region) is not None:
                session.set_config_variable("region", region)
            # At once: another thread sees none of it, or all of it.
            self.__dict__.update(vars(inner), _inner=inner, _prepared=False)

    def __getattr__(self, name: str) -> Any:
        # Reached for what is not there (yet): boto3's own attributes before the first use of boto3. Also after a
        # property has raised an AttributeError, which is the one to show.
        if inspect.getattr_static(type(self), name, None) is not None:
            return object.__getattribute__(self, name)
        if name.startswith("__") or "_inner" in self.__dict__ or "_credentials" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self._open_boto3()
        return getattr(self, name)

    def _sts_host(self, region: str | None) -> str:
        session = self._handed_over
        if session is None:
            session = _botocore.new_session(None)
            session.set_config_variable("profile", self._boto3_arguments["profile_name"])
        region = region or self._boto3_arguments["region_name"]
        if self._handed_over is None:
            region = region or os.environ.get("AWS_REGION")  # first, as the engine
        region = region or session.get_config_variable("region") or os.environ.get("AWS_REGION") or "us-east-1"
        endpoint = session._get_internal_component("endpoint_resolver").construct_endpoint("sts", region)
        return str(endpoint["hostname"]) if endpoint else f"sts.{region}.amazonaws.com"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} method={self._method!r}>"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} cannot be pickled or copied: it refreshes credentials. Make one in each process."
        )


def _default_options(
    *,
    sts_client_kwargs: Mapping[str, Any] | None = None,
    mfa_token_provider: Any = None,
    mfa_token_provider_kwargs: Mapping[str, Any] | None = None,
    mfa_interactive: bool | None = None,
    default_endpoint: Callable[[str | None], str],
) -> dict[str, Any]:
    return {
        "client": client_options(sts_client_kwargs, default_endpoint),
        **mfa_options(mfa_token_provider, mfa_token_provider_kwargs, mfa_interactive),
    }


def _check_names(method: str, options: Mapping[str, Any], function: Callable[..., Any]) -> None:
    known = [name for name in inspect.signature(function).parameters if name != "default_endpoint"]
    for name in options:
        if name not in known:
            raise BRSValidationError(
                f'Method "{method}" has no parameter of this name. Besides what every session takes it has '
                f"{', '.join(known)}.",
                param=name,
            )


def _one_of(ours: str, value: str | None, theirs: str, options: dict[str, Any]) -> str | None:
    other: str | None = options.pop(theirs, None)
    if value is not None and other is not None and value != other:
        raise BRSValidationError(f"{ours} and {theirs} are the same parameter, and differ.", param=theirs, value=other)
    return other if value is None else value


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, os.PathLike):
        return os.fspath(cast("os.PathLike[str]", value))
    raise BRSValidationError("A parameter of this method is text or a number.", param=name, value=type(value).__name__)


def _texts(options: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(name, value) for name, value in options.items() if value is not None}


def _check_flag(name: str, value: Any) -> None:
    if value is not None and not isinstance(value, bool):
        raise BRSValidationError(f"{name} is True or False.", param=name, value=shown(value))


def _botocore_session(given: Any) -> Any:
    if isinstance(given, boto3.session.Session):
        given = given._session
    if given is not None and not isinstance(given, botocore.session.Session):
        raise BRSValidationError(
            "botocore_session is a session of botocore or boto3.", param="botocore_session", value=type(given).__name__
        )
    return given


def _rename(error: BRSValidationError, names: Mapping[str, str]) -> None:
    """Makes the error name the parameter as the caller wrote it."""
    if (name := names.get(error.param or "")) is not None:
        error.message = re.sub(rf"\b{error.param}\b", name, error.message)
        error.args = (error.message,)
        error.param = name


def _setting(botocore_session: Any, name: str) -> str | None:
    return None if botocore_session is None else cast("str | None", botocore_session.get_config_variable(name))


def _keys_of(botocore_session: Any) -> dict[str, Any] | None:
    """Keys that were set by hand on the session: the default chain starts from them."""
    credentials = botocore_session._credentials
    if credentials is None:
        return None
    if hasattr(credentials, "refresh_needed"):
        raise BRSValidationError(
            'Method "default" cannot start from refreshing credentials; the botocore session has some already.',
            param="botocore_session",
        )
    frozen = credentials.get_frozen_credentials()
    return static_credentials(frozen.access_key, frozen.secret_key, frozen.token, getattr(frozen, "account_id", None))


def _refresh(
    options: Mapping[str, Any] | str | None, advisory_timeout: float | None, mandatory_timeout: float | None
) -> dict[str, Any]:
    if options is not None and not isinstance(options, str | Mapping):
        raise BRSValidationError(
            "refresh_options is a mapping of options, or the name of a rule.",
            param="refresh_options",
            value=type(options).__name__,
        )
    refresh: dict[str, Any] = {"preset": options} if isinstance(options, str) else dict(options or {})
    for param, value, name in (
        ("advisory_timeout", advisory_timeout, "advisory_window"),
        ("mandatory_timeout", mandatory_timeout, "mandatory_window"),
    ):
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise BRSValidationError(f"{param} is a number of seconds, 0 or more.", param=param, value=shown(value))
        if refresh.get(name) is not None:
            raise BRSValidationError(f"{param} and {name} of refresh_options are the same.", param=param)
        refresh[name] = value
    if advisory_timeout is not None and mandatory_timeout is not None and mandatory_timeout > advisory_timeout:
        raise BRSValidationError(
            "mandatory_timeout must not exceed advisory_timeout.",
            param="mandatory_timeout",
            value=repr(mandatory_timeout),
        )
    return refresh


def _warn_of_refresh_method() -> None:
    BRSWarning.warn("refresh_method cannot be set; it follows from the method.")
