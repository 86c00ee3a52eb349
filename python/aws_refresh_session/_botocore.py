"""Botocore sessions for many `RefreshableSession`s: cheap, safe under threads, and with shared models.

What botocore does with a session of its own is right for a few. Each has a loader that parses every model again, and
components that are made at the first use without a lock.
"""

import copy
import os
import threading
import types
from collections.abc import Callable
from typing import Any

import boto3.session
import botocore.session
from botocore.configprovider import BaseProvider, ConfigValueStore, EnvironmentProvider, SmartDefaultsConfigStoreFactory
from botocore.loaders import Loader

from aws_refresh_session.exceptions import BRSCredentialError

__all__ = ["Boto3Session", "base_of", "derived_session", "new_session", "prepare_components"]

_lock = threading.RLock()
# Parsed models by where they were searched. Never emptied: a process uses few services.
_models: dict[tuple[Any, ...], dict[Any, Any]] = {}


def _renew_lock() -> None:
    # Whoever held it does not exist in the child.
    global _lock
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_renew_lock)


class _SharedLoader(Loader):  # type: ignore[misc]  # botocore has no types
    """A loader whose cache is that of all loaders with the same search paths.

    The paths are looked at on each call, so that a program may go on appending its own to one session's.
    """

    @property
    def _cache(self) -> dict[Any, Any]:
        place = (*self._search_paths, None, *self._extras_types, type(self.file_loader))
        return _models.setdefault(place, {})

    @_cache.setter
    def _cache(self, cache: dict[Any, Any]) -> None:
        pass  # the base's constructor makes one of its own

    # Loading changes what it loads (extras are merged into a model in place), so one thread at a time.

    def load_service_model(self, *arguments: Any, **parameters: Any) -> Any:
        with _lock:
            return super().load_service_model(*arguments, **parameters)

    def load_data_with_path(self, *arguments: Any, **parameters: Any) -> Any:
        with _lock:
            return super().load_data_with_path(*arguments, **parameters)

    def load_data(self, *arguments: Any, **parameters: Any) -> Any:
        with _lock:
            return super().load_data(*arguments, **parameters)


class Boto3Session(boto3.session.Session):  # type: ignore[misc]  # boto3 has no types
    """A boto3 session over a prepared botocore session, which may have been another boto3 session's before."""

    def _setup_loader(self) -> None:
        loader = self._session.get_component("data_loader")
        before = list(loader.search_paths)
        super()._setup_loader()
        if loader.search_paths[-1] in before:
            loader.search_paths.pop()

    def _register_default_handlers(self) -> None:
        # A second registration makes every S3 client fail: its methods would be injected twice.
        if not getattr(self._session, "_had_boto3_handlers", False):
            super()._register_default_handlers()


def new_session(credentials: Any) -> Any:
    """A botocore session that signs with `credentials`."""
    session = botocore.session.get_session()

    def shared_loader() -> Loader:
        paths = session.get_config_variable("data_path")
        found = [os.path.expanduser(os.path.expandvars(path)) for path in paths.split(os.pathsep)] if paths else []
        return _SharedLoader(found)

    session.lazy_register_component("data_loader", shared_loader)
    session._credentials = credentials
    return session


def derived_session(session: Any, credentials: Any) -> Any:
    """A botocore session with the same settings, components and handlers, but signing with `credentials`.

    What is changed in one of the two afterwards stays as it was in the other: the caller's own object can be the base
    of several sessions, each with a region and a profile of its own.
    """
    derived = copy.copy(session)
    for name in ("_components", "_internal_components"):
        setattr(derived, name, _derived_locator(getattr(session, name), session, derived))
    derived._session_instance_vars = dict(session._session_instance_vars)
    derived.session_var_map = copy.copy(session.session_var_map)
    derived.session_var_map._session = derived
    derived.session_var_map._store = dict(session.session_var_map._store)
    # What botocore remembers of the profile.
    derived._profile = derived._auth_token = None
    derived._events = copy.copy(session._events)
    derived.register_component("event_emitter", derived._events)
    derived._had_boto3_handlers = session.user_agent_name == "Boto3"  # which is what boto3 makes it
    derived._credentials = credentials
    return derived


def _derived_locator(locator: Any, session: Any, derived: Any) -> Any:
    made = copy.copy(locator)
    made._components = {name: _derived_component(each, session, derived) for name, each in locator._components.items()}
    made._deferred = {name: _derived_factory(each, session, derived) for name, each in locator._deferred.items()}
    return made


def _derived_component(component: Any, session: Any, derived: Any) -> Any:
    if isinstance(component, Loader):
        made = copy.copy(component)
        made._search_paths = list(component.search_paths)
        if type(component) is Loader:
            made.__class__ = _SharedLoader
            del made.__dict__["_cache"]
        elif not isinstance(component, _SharedLoader):
            made._cache = {}  # it goes by the search paths, and ours get another
        return made
    ours = isinstance(component, ConfigValueStore | SmartDefaultsConfigStoreFactory)
    if ours or type(component).__module__ == "botocore.tokens":
        return _copied(component, session, derived)
    return component


def _derived_factory(factory: Any, session: Any, derived: Any) -> Any:
    """The same function, but where it uses `session` it uses `derived`."""
    if isinstance(factory, types.MethodType) and factory.__self__ is session:
        return types.MethodType(factory.__func__, derived)
    if isinstance(factory, types.FunctionType) and factory.__closure__:
        cells = tuple(types.CellType(derived) if _holds(cell, session) else cell for cell in factory.__closure__)
        made = types.FunctionType(
            factory.__code__, factory.__globals__, factory.__name__, factory.__defaults__, cells
        )
        made.__kwdefaults__ = factory.__kwdefaults__
        return made
    return factory


def _holds(cell: Any, value: Any) -> bool:
    try:
        return cell.cell_contents is value
    except ValueError:  # empty
        return False


def _copied(thing: Any, session: Any, derived: Any) -> Any:
    made = copy.copy(thing)
    for name, value in list(vars(thing).items()):
        made.__dict__[name] = _rebound(value, session, derived)
    return made


def _rebound(value: Any, session: Any, derived: Any) -> Any:
    if value is session:
        return derived
    if type(value) is list:
        return [_rebound(each, session, derived) for each in value]
    if type(value) is dict:
        return {name: _rebound(each, session, derived) for name, each in value.items()}
    # An EnvironmentProvider has no session, and its environment is to stay the program's.
    bound = isinstance(value, BaseProvider) and not isinstance(value, EnvironmentProvider)
    if bound or type(value).__module__ == "botocore.tokens":
        return _copied(value, session, derived)
    return value


def prepare_components(session: Any) -> None:
    """Makes the components that botocore makes at the first use without a lock.

    Afterwards threads may construct clients at the same time. Without it two of them race to the same component, and
    one gets a KeyError.
    """
    with _lock:
        for locator in (session._components, session._internal_components):
            for name in list(locator._deferred):
                if name != "credential_provider":  # ours are set, and nobody asks for another
                    locator.get_component(name)


def base_of(session: Any, profile_name: str | None) -> Callable[[], dict[str, Any]]:
    """A callable that reads the botocore session's credentials, for the engine. Does nothing until it is called.

    :param profile_name: Whose credentials they are, as in boto3: unless the session has some already.
    """
    if profile_name is not None and session._credentials is None:
        session = derived_session(session, None)
        session.set_config_variable("profile", profile_name)

    def read() -> dict[str, Any]:
        credentials = session.get_credentials()
        if credentials is None:
            raise BRSCredentialError(
                "The botocore session that was handed over has no credentials.",
                code="NoCredentials",
                kind="not_configured",
            )
        frozen = credentials.get_frozen_credentials()
        expiry = getattr(credentials, "_expiry_time", None)
        if (again := credentials.get_frozen_credentials()) != frozen:
            # It was refreshed between the two reads, and will not be again so soon.
            frozen, expiry = again, getattr(credentials, "_expiry_time", None)
        return {
            "access_key": frozen.access_key,
            "secret_key": frozen.secret_key,
            "token": frozen.token,
            "expiry_time": expiry,
        }

    return read
