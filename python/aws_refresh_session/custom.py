"""Method "custom": credentials from a callable of the user's own."""

import functools
from collections.abc import Mapping
from typing import Any

from aws_refresh_session.exceptions import BRSValidationError
from aws_refresh_session.types import CustomCredentialsMethod

__all__ = ["custom_options"]


def custom_options(
    *,
    custom_credentials_method: CustomCredentialsMethod | None = None,
    custom_credentials_method_args: Mapping[str, Any] | None = None,
    custom_credentials_method_name: str | None = None,
    custom_credentials_method_interactive: bool | None = None,
) -> dict[str, Any]:
    """The engine's options for a callable.

    :param custom_credentials_method: Required. Returns a mapping of `access_key`, `secret_key`, `token` and
        `expiry_time` (RFC 3339 with a zone, or an aware datetime). Called by one thread at a time, from any thread. It
        may block and raise: readers do not wait for it while a set is valid.
    :param custom_credentials_method_args: Its keyword arguments; copied.
    :param custom_credentials_method_name: What `get_identity()` and errors call the source. Without it, the callable's
        name in quotes.
    :param custom_credentials_method_interactive: True if it may ask a person: then it runs only while somebody waits.
    """
    if not callable(custom_credentials_method):
        raise BRSValidationError(
            'Method "custom" needs a callable that returns credentials.', param="custom_credentials_method"
        )
    arguments = _checked_arguments(custom_credentials_method_args, "custom_credentials_method_args")
    return {
        "method": functools.partial(custom_credentials_method, **arguments) if arguments else custom_credentials_method,
        "source": custom_credentials_method_name or repr(_name(custom_credentials_method)),
        "interactive": custom_credentials_method_interactive,
    }


def _checked_arguments(arguments: Mapping[str, Any] | None, param: str) -> dict[str, Any]:
    if arguments is None:
        return {}
    if not isinstance(arguments, Mapping) or not all(isinstance(name, str) for name in arguments):
        raise BRSValidationError(f"{param} must be a mapping of keyword arguments.", param=param)
    return dict(arguments)


def _name(method: Any) -> str:
    # Never its repr: that of a partial shows the arguments, which may be secret.
    while isinstance(method, functools.partial):
        method = method.func
    return str(getattr(method, "__name__", None) or type(method).__name__)
