"""What can be sent to the nodes of a cluster, checked before anything is paid for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import ModuleType

from pydantic import BaseModel, SecretStr

from ...core.context import Context
from ...core.errors import ConfigError, evidence
from ...core.login import without_login

DEEP = 6
INSTEAD = "a function without arguments that makes it there"


def require_sendable(given: Mapping[str, object], pickled: Callable[[object], object]) -> None:
    """Refuse what cannot be sent to other machines, or holds a key.

    Args:
        given: Models, rewards and settings by their names.
        pickled: Pickles as the cluster does.

    Raises:
        ConfigError: the sentence names one of them, and what to give in its place.
    """
    for name, value in given.items():
        if where := next(secrets_in(value), ""):
            raise ConfigError(
                f"{name} holds a key ({where}), which Ray would keep as it is: give a spec and "
                f"set the key in the environment of the nodes, or {INSTEAD}"
            )
        try:
            pickled(value)
        except Exception as error:  # noqa: BLE001  whatever an object of a user's raises
            raise ConfigError(
                f"{name} ({type(value).__name__}) cannot be sent to other machines "
                f"({evidence(error)}): give a spec such as openai:NAME, a function at the top of "
                f"a module, or {INSTEAD}"
            ) from None


def secrets_in(value: object, place: str = "", deep: int = 0) -> Iterator[str]:
    """Yield where a value holds keys or logins, a few objects deep.

    Example:
        >>> list(secrets_in("openai:m@http://user:key@host/v1"))
        ['the login in its address']
    """
    if isinstance(value, SecretStr):
        if value.get_secret_value():
            yield place or "a secret"
    elif isinstance(value, str):
        if without_login(value) != value:
            yield "the login in its address"
    elif deep < DEEP:
        for name, one in held_by(value):
            yield from secrets_in(one, name or place, deep + 1)


def held_by(value: object) -> Iterator[tuple[str, object]]:
    """Yield what an object holds, with its name."""
    if isinstance(value, Mapping):
        yield from ((str(name), one) for name, one in value.items())
    elif isinstance(value, list | tuple | set | frozenset):
        yield from (("", one) for one in value)
    elif not isinstance(value, type | ModuleType):
        yield from getattr(value, "__dict__", {}).items()
    if isinstance(value, partial):
        yield from (("", one) for one in (value.func, value.args, value.keywords))


def made_here(value: object) -> object:
    """Return a model or a reward; one that a function without arguments makes is made here.

    Example:
        >>> made_here(lambda: "openai:gpt-5-mini"), made_here("judge")
        ('openai:gpt-5-mini', 'judge')
    """
    if isinstance(value, list | tuple):
        return [made_here(one) for one in value]
    if not callable(value) or isinstance(value, type | BaseModel | Context):
        return value
    try:
        takes = inspect.signature(value).parameters
    except (TypeError, ValueError):
        return value
    return value if takes else value()
