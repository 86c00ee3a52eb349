"""Botocore sessions for many `RefreshableSession`s: cheap, safe under threads, and with shared models.

What botocore does with a session of its own is right for a few. Each has a loader that parses every model again, and
components that are made at the first use without a lock.
"""

import copy
import os
import threading
from collections.abc import Callable
from typing import Any

import boto3.session
import botocore.session
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
    """The same botocore session, with its components, settings and handlers, but signing with `credentials`.

    The caller's own object keeps its credentials and its handlers, so that it can be the base of several sessions.
    """
    derived = copy.copy(session)
    derived._components = copy.copy(session._components)
    for name in ("_components", "_deferred"):
        setattr(derived._components, name, dict(getattr(session._components, name)))
    derived._events = copy.copy(session._events)
    derived.register_component("event_emitter", derived._events)
    derived._had_boto3_handlers = session.user_agent_name == "Boto3"  # which is what boto3 makes it
    derived._credentials = credentials
    return derived


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


def base_of(session: Any) -> Callable[[], dict[str, Any]]:
    """A callable that reads the botocore session's credentials, for the engine. Does nothing until it is called."""

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
