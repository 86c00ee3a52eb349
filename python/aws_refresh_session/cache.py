"""Bounded caches of clients and resources, by what they were made from.

All members are thread-safe and work on both sides of a fork. A forked child starts with empty caches: the parent's
objects hold the parent's connections, on which two processes would read each other's answers. No text in here shows a
key, a token or a password.
"""

import inspect
import os
import re
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import boto3.session

from aws_refresh_session.exceptions import (
    BRSCacheError,
    BRSCacheExistsError,
    BRSCacheNotFoundError,
    BRSValidationError,
    shown,
)

__all__ = ["ClientCache", "ClientCacheKey", "ResourceCache", "ResourceCacheKey", "SessionCache"]

_POLICIES = ("LRU", "LFU")
_DEFAULT_SIZE = 10
_SECRET = frozenset({"aws_access_key_id", "aws_secret_access_key", "aws_session_token"})

# One lock for all caches: it is held for some dict operations and never while anything is constructed. Holding it over
# a fork keeps the child from meeting a half-changed cache. Reentrant, for a signal handler that forks.
_lock = threading.RLock()
_caches: "weakref.WeakSet[_Cache]" = weakref.WeakSet()
# The parent's objects, in a forked child. They are not let go: their connections' pools may be locked by a thread that
# exists in the parent alone, and would be waited for while they are closed.
_parents: list[Any] = []


def _begin_child() -> None:
    try:
        for cache in list(_caches):
            cache._forget_parents()
    finally:
        _lock.release()


os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_begin_child)


class _Same:
    """Stands for a value that cannot be hashed: equal to itself alone, which it keeps alive."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._value is other._value

    def __hash__(self) -> int:
        return id(self._value)


def _frozen(value: Any) -> Any:
    if isinstance(value, Mapping):
        return "mapping", frozenset((name, _frozen(each)) for name, each in value.items())
    if isinstance(value, list | tuple):
        return "list", tuple(_frozen(each) for each in value)
    if isinstance(value, set | frozenset):
        return "set", frozenset(_frozen(each) for each in value)
    options = getattr(value, "_user_provided_options", None)  # a botocore Config compares by identity
    if isinstance(options, Mapping):
        return "config", _frozen(options)
    try:
        hash(value)
    except TypeError:
        return _Same(value)
    # True and 1 are equal, and so are "verify this" and the number.
    return type(value), value


def _shown(name: str, value: Any) -> str:
    if name in _SECRET:
        return "***"
    options = getattr(value, "_user_provided_options", None)
    if isinstance(options, Mapping):
        # Names only: proxies hold passwords.
        return f"Config({', '.join(sorted(map(str, options)))})"
    if isinstance(value, str):
        if "://" in value:
            value = re.split("[?#]", value, maxsplit=1)[0]
        return repr(re.sub(r"//[^/@]*@", "//***@", value))
    return repr(value) if isinstance(value, bool | int | float) else type(value).__name__


class _Key:
    _factory: ClassVar[Callable[..., Any]]
    _name: ClassVar[str]
    _signature: ClassVar[inspect.Signature]

    def __init_subclass__(cls) -> None:
        signature = inspect.signature(cls._factory)
        cls._signature = signature.replace(parameters=list(signature.parameters.values())[1:])

    def __init__(self, *arguments: Any, **parameters: Any) -> None:
        for name in ("eviction_policy", "max_size"):
            parameters.pop(name, None)
        bound = self._signature.bind(*arguments, **parameters).arguments
        given = {name: value for name, value in bound.items() if value != self._signature.parameters[name].default}
        self._key = frozenset((name, _frozen(value)) for name, value in given.items())
        self._hash = hash(self._key)
        service = repr(given.pop("service_name", None))
        #: The parameters as text, without secrets.
        self.label = ", ".join([service, *(f"{name}={_shown(name, value)}" for name, value in sorted(given.items()))])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and type(self) is type(other) and self._key == other._key

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        return self.label

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.label})"

    def __reduce__(self) -> Any:
        raise TypeError(f"{type(self).__name__} cannot be pickled or copied: it may hold keys")


class ClientCacheKey(_Key):
    """What a client was made from: takes what `session.client()` takes.

    Positional or by name, in any order, a default given or left out: equal. Configs compare by contents.
    """

    _factory = boto3.session.Session.client
    _name = "client"


class ResourceCacheKey(_Key):
    """The same for `session.resource()`."""

    _factory = boto3.session.Session.resource
    _name = "resource"


class _Pending:
    """An object that one thread constructs and others wait for."""

    def __init__(self) -> None:
        self.owner = threading.get_ident()
        self.process = os.getpid()
        self.done = threading.Event()
        self.value: Any = None
        self.error: BaseException | None = None


class _Cache:
    """A mapping of keys to what was made from them, of at most `max_size` entries.

    Full, it gives up the least recently used entry ("LRU"), or the least frequently used one ("LFU"; among equals the
    least recently used), never the one that is being added. Setting a key that is there is a `BRSCacheExistsError`,
    asking for one that is not a `BRSCacheNotFoundError`. Iteration is over a copy, the least recently used entry first.
    In a forked child it begins empty.
    """

    _key_type: ClassVar[type[_Key]]

    def __init__(self, eviction_policy: str = "LRU", max_size: int = _DEFAULT_SIZE) -> None:
        if eviction_policy not in _POLICIES:
            raise BRSValidationError(
                f"The eviction policy is one of {', '.join(_POLICIES)}.", param="eviction_policy", value=eviction_policy
            )
        self.eviction_policy = eviction_policy
        self._max_size = _checked_size(max_size)
        self._entries: OrderedDict[_Key, Any] = OrderedDict()
        self._uses: dict[_Key, int] = {}
        self._pending: dict[_Key, _Pending] = {}
        with _lock:
            _caches.add(self)

    def _forget_parents(self) -> None:
        _parents.extend((self._entries, self._uses, self._pending))
        self._entries, self._uses, self._pending = OrderedDict(), {}, {}

    @property
    def max_size(self) -> int:
        """How many entries are kept. Made smaller, it gives up the surplus at once; zero keeps none."""
        return self._max_size

    @max_size.setter
    def max_size(self, size: int) -> None:
        size = _checked_size(size)
        with _lock:
            self._max_size = size
            self._shrink(size)

    def get(self, key: _Key, default: Any = None) -> Any:
        """What is there under the key, which counts as a use; else `default`."""
        self._check(key)
        with _lock:
            if key not in self._entries:
                return default
            self._use(key)
            return self._entries[key]

    def get_or_create(self, key: _Key, create: Callable[[], Any], max_size: int | None = None) -> Any:
        """What is there under the key, or what `create` makes: once, however many threads ask.

        The others wait for it and share its error; other keys do not wait. A new size counts before the entry is added.
        """
        self._check(key)
        if max_size is not None:
            self.max_size = max_size
        while True:
            with _lock:
                if key in self._entries:
                    self._use(key)
                    return self._entries[key]
                pending = self._pending.get(key)
                # After a fork nobody finishes what a thread of the parent had begun.
                mine = pending is None or pending.process != os.getpid()
                if mine:
                    pending = self._pending[key] = _Pending()
            assert pending is not None
            if mine:
                return self._construct(key, create, pending)
            if pending.owner == threading.get_ident():
                return create()  # asked for from inside its own construction
            pending.done.wait()
            if isinstance(pending.error, Exception):
                raise pending.error
            if pending.error is None:
                return pending.value
            # An interrupt was meant for the other thread alone: try again.

    def _construct(self, key: _Key, create: Callable[[], Any], pending: _Pending) -> Any:
        try:
            pending.value = create()
        except BaseException as error:
            pending.error = error
            raise
        finally:
            with _lock:
                if self._pending.get(key) is pending:
                    del self._pending[key]
                if pending.error is None and key not in self._entries:
                    self._insert(key, pending.value)
            pending.done.set()
        return pending.value

    def set(self, key: _Key, value: Any) -> None:
        """The same as `cache[key] = value`."""
        self[key] = value

    def pop(self, key: _Key) -> Any:
        """Takes the entry out and returns it."""
        self._check(key)
        with _lock:
            if key not in self._entries:
                raise BRSCacheNotFoundError("Nothing is cached under this key.", param=str(key))
            return self._remove(key)

    def popitem(self) -> tuple[_Key, Any]:
        """Takes out the least recently used entry."""
        with _lock:
            if not self._entries:
                raise BRSCacheNotFoundError("The cache is empty.")
            key = next(iter(self._entries))
            return key, self._remove(key)

    def clear(self) -> None:
        """Lets every entry go. Whoever uses one still may."""
        with _lock:
            self._entries.clear()
            self._uses.clear()

    def keys(self) -> tuple[_Key, ...]:
        with _lock:
            return tuple(self._entries)

    def values(self) -> tuple[Any, ...]:
        with _lock:
            return tuple(self._entries.values())

    def items(self) -> tuple[tuple[_Key, Any], ...]:
        with _lock:
            return tuple(self._entries.items())

    def __call__(self, value: Any, *arguments: Any, **parameters: Any) -> None:
        """Adds `value` as made from the arguments."""
        self[self._key_type(*arguments, **parameters)] = value

    def __getitem__(self, key: _Key) -> Any:
        self._check(key)
        with _lock:
            if key not in self._entries:
                raise BRSCacheNotFoundError("Nothing is cached under this key.", param=str(key))
            self._use(key)
            return self._entries[key]

    def __setitem__(self, key: _Key, value: Any) -> None:
        self._check(key)
        with _lock:
            if key in self._entries:
                raise BRSCacheExistsError("Something is cached under this key already.", param=str(key))
            self._insert(key, value)

    def __delitem__(self, key: _Key) -> None:
        self.pop(key)

    def __contains__(self, key: object) -> bool:
        with _lock:
            return key in self._entries

    def __len__(self) -> int:
        with _lock:
            return len(self._entries)

    def __iter__(self) -> Iterator[_Key]:
        return iter(self.keys())

    def __reversed__(self) -> Iterator[_Key]:
        return reversed(self.keys())

    def __str__(self) -> str:
        lines = [f"- RefreshableSession.{self._key_type._name}({key.label})" for key in self.keys()]
        return "\n   ".join([f"{type(self).__name__}:", *lines]) if lines else f"{type(self).__name__}(empty)"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.eviction_policy} {len(self)}/{self.max_size}>"

    def _check(self, key: object) -> None:
        if not isinstance(key, self._key_type):
            raise BRSCacheError(f"The key must be a {self._key_type.__name__}.", value=type(key).__name__)

    def _use(self, key: _Key) -> None:
        self._entries.move_to_end(key)
        self._uses[key] += 1

    def _insert(self, key: _Key, value: Any) -> None:
        if self._max_size == 0:
            return
        self._shrink(self._max_size - 1)
        self._entries[key] = value
        self._uses[key] = 1

    def _remove(self, key: _Key) -> Any:
        del self._uses[key]
        return self._entries.pop(key)

    def _shrink(self, size: int) -> None:
        while len(self._entries) > size:
            # min() takes the first of equals, and the entries are in the order of their last use.
            first = next(iter(self._entries))
            self._remove(min(self._entries, key=self._uses.__getitem__) if self.eviction_policy == "LFU" else first)


class ClientCache(_Cache):
    """A cache of clients."""

    _key_type = ClientCacheKey


class ResourceCache(_Cache):
    """A cache of resources."""

    _key_type = ResourceCacheKey


for _class in (ClientCache, ResourceCache):
    _class.__doc__ = f"{_class.__doc__}\n\n    {_Cache.__doc__}"


class _Policies:
    """One cache for each policy, as an item or an attribute: `["LRU"]`, `.LFU`."""

    def __init__(self, cache_type: type[_Cache], max_size: int) -> None:
        self.LRU = cache_type("LRU", max_size)
        self.LFU = cache_type("LFU", max_size)

    def __getitem__(self, policy: str) -> Any:
        if policy not in _POLICIES:
            raise BRSValidationError(
                f"The eviction policy is one of {', '.join(_POLICIES)}.", param="eviction_policy", value=policy
            )
        return getattr(self, policy)


class SessionCache:
    """A session's caches: `cache.client["LRU"]`, `cache.resource["LFU"]`; `cache["client"]` is the same."""

    def __init__(self, max_size: int = _DEFAULT_SIZE) -> None:
        self.client = _Policies(ClientCache, max_size)
        self.resource = _Policies(ResourceCache, max_size)

    def __getitem__(self, kind: str) -> _Policies:
        if kind not in ("client", "resource"):
            raise BRSValidationError("A session caches client and resource.", param="kind", value=kind)
        return self.client if kind == "client" else self.resource

    def clear(self) -> None:
        """Empties all of them."""
        for policies in (self.client, self.resource):
            policies.LRU.clear()
            policies.LFU.clear()


def _checked_size(size: int) -> int:
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise BRSValidationError("A cache's size is a whole number, 0 or more.", param="max_size", value=shown(size))
    return size
