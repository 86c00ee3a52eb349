"""Method "sts": credentials by AssumeRole."""

import functools
import os
from collections.abc import Callable, Mapping
from typing import Any

from botocore.config import Config

from aws_refresh_session.config import AssumeRoleConfig, STSClientConfig
from aws_refresh_session.exceptions import BRSValidationError, BRSWarning, shown
from aws_refresh_session.types import MfaTokenProvider

__all__ = ["client_options", "mfa_options", "sts_options", "static_credentials"]

_COMMAND_OPTIONS = {"timeout": "timeout", "env": "environment", "cwd": "working_directory", "input": "input"}
_MOST_ATTEMPTS = 10
_MOST_SECONDS = 1e9


def sts_options(
    *,
    assume_role_kwargs: Mapping[str, Any] | None = None,
    sts_client_kwargs: Mapping[str, Any] | None = None,
    mfa_token_provider: MfaTokenProvider | None = None,
    mfa_token_provider_kwargs: Mapping[str, Any] | None = None,
    mfa_interactive: bool | None = None,
    default_endpoint: Callable[[str | None], str],
) -> dict[str, Any]:
    """The engine's options for AssumeRole, the base apart.

    :param default_endpoint: Gives STS's host name for a region, for `use_ssl=False`.
    """
    if assume_role_kwargs is None:
        raise BRSValidationError('Method "sts" needs assume_role_kwargs.', param="assume_role_kwargs")
    assume_role = AssumeRoleConfig.taken(assume_role_kwargs, "assume_role_kwargs")
    if "RoleArn" not in assume_role:
        raise BRSValidationError("assume_role_kwargs needs the role to assume.", param="RoleArn")
    return {
        "assume_role": dict(assume_role),
        "client": client_options(sts_client_kwargs, default_endpoint),
        **mfa_options(mfa_token_provider, mfa_token_provider_kwargs, mfa_interactive),
    }


def static_credentials(
    access_key: str | None, secret_key: str | None, token: str | None, account_id: str | None
) -> dict[str, Any] | None:
    """Keys as the engine takes them; None without any. `boto3.Session` would take half a pair, and fail later."""
    if all(each is None for each in (access_key, secret_key, token, account_id)):
        return None
    if not access_key or not secret_key:
        missing = "aws_secret_access_key" if access_key else "aws_access_key_id"
        raise BRSValidationError("Static keys need both aws_access_key_id and aws_secret_access_key.", param=missing)
    return {"access_key": access_key, "secret_key": secret_key, "token": token, "account_id": account_id}


def mfa_options(
    provider: MfaTokenProvider | None, arguments: Mapping[str, Any] | None, interactive: bool | None
) -> dict[str, Any]:
    """The engine's `mfa` and `mfa_options` for a callable, a list of words or a command line; never a shell."""
    if provider is None:
        if arguments:
            raise BRSValidationError(
                "mfa_token_provider_kwargs are for an mfa_token_provider, and there is none.",
                param="mfa_token_provider_kwargs",
            )
        return {}
    if not callable(provider) and not isinstance(provider, str):
        if not isinstance(provider, list | tuple) or not all(isinstance(word, str) for word in provider):
            raise BRSValidationError(
                "mfa_token_provider must be a callable, a list of words or a command line.", param="mfa_token_provider"
            )
        provider = list(provider)
    if arguments is not None and not isinstance(arguments, Mapping):
        raise BRSValidationError("mfa_token_provider_kwargs must be a mapping.", param="mfa_token_provider_kwargs")
    given = {name: value for name, value in (arguments or {}).items() if callable(provider) or value is not None}
    if callable(provider):
        return {
            "mfa": functools.partial(provider, **given) if given else provider,
            "mfa_options": {"interactive": interactive},
        }
    for name in given:
        if name not in _COMMAND_OPTIONS:
            raise BRSValidationError(
                f"mfa_token_provider_kwargs of a command takes {', '.join(_COMMAND_OPTIONS)}. A command is run without "
                "a shell, its output is read for the code, and nothing else of how it is run can be set.",
                param=str(name),
            )
    kinds: tuple[tuple[str, Any], ...] = (("cwd", str | os.PathLike), ("input", str), ("env", Mapping))
    for name, kind in kinds:
        if name in given and not isinstance(given[name], kind):
            raise BRSValidationError(f"{name} of mfa_token_provider_kwargs has the wrong type.", param=name)
    for name, value in given.get("env", {}).items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise BRSValidationError("env of mfa_token_provider_kwargs maps text to text.", param="env")
    if "cwd" in given:
        given["cwd"] = os.fspath(given["cwd"])
    if "env" in given:
        given["env"] = dict(given["env"])
    return {"mfa": provider, "mfa_options": {_COMMAND_OPTIONS[name]: value for name, value in given.items()}}


def client_options(
    sts_client_kwargs: Mapping[str, Any] | None, default_endpoint: Callable[[str | None], str]
) -> dict[str, Any]:
    """The engine's `client` for what `boto3.Session.client()` takes.

    What only botocore's own HTTP client could do is warned about by name and ignored.
    """
    given = STSClientConfig.taken(sts_client_kwargs, "sts_client_kwargs")
    if given.api_version is not None:
        BRSWarning.warn("api_version is ignored: STS has one version.")
    options: dict[str, Any] = {}
    if given.config is not None:
        options.update(_config_options(given.config))
    options["credentials"] = static_credentials(
        given.aws_access_key_id, given.aws_secret_access_key, given.aws_session_token, given.aws_account_id
    )
    if given.region_name is not None:
        options["region"] = given.region_name
    if given.endpoint_url is not None:
        options["endpoint_url"] = given.endpoint_url
    elif given.use_ssl is False and not _endpoint_in_environment():
        BRSWarning.warn("use_ssl=False: the credentials travel in the clear.")
        options["endpoint_url"] = f"http://{default_endpoint(options.get('region'))}"
    if isinstance(given.verify, str | os.PathLike):
        options["ca_bundle"] = os.fspath(given.verify)
    elif given.verify is not None:
        if not isinstance(given.verify, bool):
            raise BRSValidationError(
                "verify of sts_client_kwargs is True, False or the path of a CA bundle.",
                param="verify",
                value=repr(given.verify),
            )
        options["verify_tls"] = given.verify
    return options


def _endpoint_in_environment() -> bool:
    # An endpoint has a scheme of its own, and use_ssl is for the default one.
    return bool(os.environ.get("AWS_ENDPOINT_URL_STS") or os.environ.get("AWS_ENDPOINT_URL"))


def _config_options(config: Any) -> dict[str, Any]:
    if not isinstance(config, Config):
        raise BRSValidationError("config of sts_client_kwargs must be a botocore Config.", param="config")
    given = dict(config._user_provided_options)
    options: dict[str, Any] = {}
    region = given.pop("region_name", None)
    if region is not None:
        options["region"] = region
    for name in ("use_fips_endpoint", "use_dualstack_endpoint"):
        if (value := given.pop(name, None)) is not None:
            options[name] = value
    connect = _seconds(given, "connect_timeout")
    read = _seconds(given, "read_timeout")
    if connect is not None:
        options["connect_timeout"] = connect
    if read is not None:
        # The engine limits the whole attempt: connecting, and reading the one short answer.
        options["attempt_timeout"] = read + (3.0 if connect is None else connect)
    elif connect is not None:
        options["attempt_timeout"] = max(10.0, connect)
    retries = dict(given.pop("retries", None) or {})
    total = retries.pop("total_max_attempts", None)
    again = retries.pop("max_attempts", None)
    attempts = total if total is not None else None if again is None else again + 1
    if attempts is not None and attempts > _MOST_ATTEMPTS:
        BRSWarning.warn(f"retries of config: {_MOST_ATTEMPTS} attempts are the most there are.")
        attempts = _MOST_ATTEMPTS
    if attempts is not None:
        options["max_attempts"] = attempts
    if retries.get("mode") in ("standard", "legacy"):
        del retries["mode"]  # both retry as the library does
    for name in [*given, *(f"retries.{name}" for name in retries)]:
        BRSWarning.warn(f"{name} of config is ignored: the library makes the call to STS itself.")
    return options


def _seconds(given: dict[str, Any], name: str) -> float | None:
    value = given.pop(name, None)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _MOST_SECONDS:
        raise BRSValidationError(
            f"{name} of config is a number of seconds, from 0 to {_MOST_SECONDS:.0f}.", param=name, value=shown(value)
        )
    return float(value)
