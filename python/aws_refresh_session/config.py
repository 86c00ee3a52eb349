"""`AssumeRoleConfig` and `STSClientConfig`: parameters with names that are checked when they are set.

Both are dicts: `config["RoleArn"]`, `config.RoleArn`, `**config`. A parameter set to None is removed; one that is not
set reads as None by attribute. Setting an unknown name is a `BRSValidationError` that lists the known ones; reading one
is the `AttributeError` or `KeyError` it is for every object and dict. Whoever takes a config copies it.
"""

import copy
import re
from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn, TypeVar

from aws_refresh_session.exceptions import BRSValidationError, BRSWarning

__all__ = ["AssumeRoleConfig", "STSClientConfig"]

_Self = TypeVar("_Self", bound="_Config")

_SHORTEST_ARN = 20


class _Config(dict[str, Any]):
    _names: ClassVar[tuple[str, ...]] = ()
    _secret: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, **parameters: Any) -> None:
        super().__init__()
        self.update(parameters)

    @classmethod
    def taken(cls: type[_Self], parameters: Mapping[str, Any] | None, param: str) -> _Self:
        """A copy of what a caller handed in as `param`, checked. The caller's own object stays as it is.

        Lists in it are still the caller's; the engine copies them when the session is opened.
        """
        if parameters is None:
            parameters = {}
        if not isinstance(parameters, Mapping):
            raise BRSValidationError(f"{param} must be a mapping or an {cls.__name__}.", param=param)
        config = cls.__new__(cls)
        config.update(parameters)
        return config

    def _check(self, name: str, value: Any) -> Any:
        """The value to keep."""
        return value

    def _check_name(self, name: object) -> None:
        if name not in self._names:
            raise BRSValidationError(
                f"{type(self).__name__} has no parameter of this name; it has {', '.join(self._names)}.",
                param=str(name),
            )

    def __setitem__(self, name: str, value: Any) -> None:
        self._check_name(name)
        if value is None:
            self.pop(name, None)
        else:
            super().__setitem__(name, self._check(name, value))

    def __getattr__(self, name: str) -> Any:
        if name not in self._names:
            raise AttributeError(f"{type(self).__name__} has no parameter {name!r}")
        return self.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        self._check_name(name)
        self.pop(name, None)

    def update(self, *arguments: Any, **parameters: Any) -> None:
        for name, value in dict(*arguments, **parameters).items():
            self[name] = value

    def __ior__(self: _Self, other: Any) -> _Self:  # type: ignore[override,misc]  # dict's is overloaded
        self.update(other)
        return self

    def setdefault(self, name: str, default: Any = None) -> Any:
        if name not in self:
            self[name] = default
        return self.get(name)

    def copy(self: _Self) -> _Self:
        return copy.copy(self)

    def __repr__(self) -> str:
        shown = (f"{name}={'***' if name in self._secret else repr(value)}" for name, value in self.items())
        return f"{type(self).__name__}({', '.join(shown)})"


class AssumeRoleConfig(_Config):
    """AssumeRole's twelve parameters, by AWS's own names.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html. Checked here: that RoleArn is a text of 20
    characters or more, and that TokenCode is six ASCII digits. The session checks the rest when it is made.
    """

    _names = (
        "RoleArn",
        "RoleSessionName",
        "PolicyArns",
        "Policy",
        "DurationSeconds",
        "ExternalId",
        "SerialNumber",
        "TokenCode",
        "Tags",
        "TransitiveTagKeys",
        "SourceIdentity",
        "ProvidedContexts",
    )
    _secret = frozenset({"TokenCode", "ProvidedContexts"})

    def __init__(
        self,
        *,
        RoleArn: str,
        RoleSessionName: str | None = None,
        PolicyArns: list[dict[str, str]] | None = None,
        Policy: str | None = None,
        DurationSeconds: int | None = None,
        ExternalId: str | None = None,
        SerialNumber: str | None = None,
        TokenCode: str | None = None,
        Tags: list[dict[str, str]] | None = None,
        TransitiveTagKeys: list[str] | None = None,
        SourceIdentity: str | None = None,
        ProvidedContexts: list[dict[str, str]] | None = None,
        **unknown: NoReturn,  # for the type checker; at run time a BRSValidationError
    ) -> None:
        super().__init__(
            RoleArn=RoleArn,
            RoleSessionName=RoleSessionName,
            PolicyArns=PolicyArns,
            Policy=Policy,
            DurationSeconds=DurationSeconds,
            ExternalId=ExternalId,
            SerialNumber=SerialNumber,
            TokenCode=TokenCode,
            Tags=Tags,
            TransitiveTagKeys=TransitiveTagKeys,
            SourceIdentity=SourceIdentity,
            ProvidedContexts=ProvidedContexts,
            **unknown,
        )

    def _check(self, name: str, value: Any) -> Any:
        if name == "RoleArn" and not (isinstance(value, str) and len(value) >= _SHORTEST_ARN):
            raise BRSValidationError(f"RoleArn must be a string of {_SHORTEST_ARN} characters or more.", param=name)
        if name == "TokenCode" and not (isinstance(value, str) and re.fullmatch("[0-9]{6}", value)):
            raise BRSValidationError("TokenCode must be a string of six ASCII digits.", param=name)
        return value


class STSClientConfig(_Config):
    """How to reach STS: what `boto3.Session.client()` takes.

    `service_name` is always `sts`: anything else is warned about and replaced.
    """

    _names = (
        "service_name",
        "region_name",
        "api_version",
        "use_ssl",
        "verify",
        "endpoint_url",
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        "config",
        "aws_account_id",
    )
    _secret = frozenset({"aws_access_key_id", "aws_secret_access_key", "aws_session_token"})

    def __init__(
        self,
        *,
        service_name: str | None = None,
        region_name: str | None = None,
        api_version: str | None = None,
        use_ssl: bool | None = None,
        verify: bool | str | None = None,
        endpoint_url: str | None = None,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
        aws_session_token: str | None = None,
        config: Any = None,
        aws_account_id: str | None = None,
        **unknown: NoReturn,  # for the type checker; at run time a BRSValidationError
    ) -> None:
        super().__init__(
            service_name=service_name,
            region_name=region_name,
            api_version=api_version,
            use_ssl=use_ssl,
            verify=verify,
            endpoint_url=endpoint_url,
            aws_access_key_id=aws_access_key_id,
            aws_secret_access_key=aws_secret_access_key,
            aws_session_token=aws_session_token,
            config=config,
            aws_account_id=aws_account_id,
            **unknown,
        )

    def _check(self, name: str, value: Any) -> Any:
        if name == "service_name" and value != "sts":
            BRSWarning.warn("service_name cannot be set: the client is STS's.")
            return "sts"
        return value
