"""What a command that checks answers must look like, known before it runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import TypeGuard

from ...core.errors import ConfigError
from .answer_file import FILE


def check_command(command: object, seconds: object, env: object) -> None:
    """Refuse a command, a limit or names of variables that cannot be right.

    Raises:
        ConfigError: what is wrong, and what is allowed.
    """
    if not are_texts(command) or not any(map(FILE.search, command[1:])):
        raise ConfigError(
            f"the command {command!r} must be a list of a program and its arguments, one "
            "of them with {file}, where the answer is: ['pytest', '-q', '{file.py}']"
        )
    if not isinstance(seconds, Real) or not 0 < float(seconds) < math.inf:
        raise ConfigError(f"seconds={seconds!r}: a command is given a number of seconds above 0")
    if not are_texts(env):
        raise ConfigError(f"env={env!r} must be a list of names of variables: ['MY_VARIABLE']")


def are_texts(given: object) -> TypeGuard[Sequence[str]]:
    """Return whether something is a list (or a tuple) of texts, and not one text."""
    return isinstance(given, list | tuple) and all(isinstance(one, str) for one in given)
