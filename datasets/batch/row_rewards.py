"""Rewards that need something of each row: an expected answer, or the arguments of a check."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, cast

from ...core.context import Context
from ...core.errors import ConfigError
from ...core.json_types import JsonObject
from ...nodes.paid.run_models import GivenModels
from ...rewards.base import Reward
from ...rewards.function import FunctionReward, OwnReward, RewardFunction
from ...rewards.planned_reward import PlannedReward
from ...rewards.resolve import RewardLike
from ...rewards.verifying.verifier import Verifier
from ...rewards.verifying.verify import own_verifier, verifier_from_spec

BY_TEXT = ("exact", "math")  # verifiers that compare with a text
SOLUTION = "####"  # before the result at the end of a worked solution, as in GSM8K
ROLES = ("reward", "heldout", "fallback")


def given_rewards(given: GivenModels, context: Context) -> dict[str, RewardLike | None]:
    """Return each reward of a run as it was given: as an object, or in the settings."""
    named = (context.reward, context.heldout, context.fallback_reward)
    objects = (given.reward, given.heldout, given.fallback)
    return {
        role: name or None if found is None else found
        for role, found, name in zip(ROLES, objects, named, strict=True)
    }


def needs_row(reward: RewardLike | None) -> bool:
    """Return whether a reward needs something of each row.

    Raises:
        SpecError: a function that a spec names is not allowed, or not there.
    """
    if isinstance(reward, str):
        kind, _, rest = reward.strip().partition(":")
        name, _, value = rest.partition(":")
        if kind != "verify" or name in {"command", "json"}:
            return False
        return not value if name in BY_TEXT else bool(value) and takes_row(own_verifier(rest))
    return reward is not None and takes_row(reward)


def takes_row(own: OwnReward) -> bool:
    """Return whether a function takes query, answer and row.

    Example:
        >>> takes_row(lambda query, answer, row: 1.0), takes_row(lambda query, answer: 1.0)
        (True, False)
    """
    return not isinstance(own, Reward | PlannedReward) and row_argument(own) is not None


def row_argument(function: Callable[..., object]) -> str | None:
    """Return the name of a function's third argument, if it must be given or is called `row`."""
    try:
        taken = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    third = taken[2] if len(taken) > 2 else None
    if third is None or third.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD:
        return None
    return third.name if third.default is third.empty or third.name == "row" else None


def given_for(given: GivenModels, context: Context, row: JsonObject, field: str) -> GivenModels:
    """Return the models of one row: each reward with what it needs of the row.

    Args:
        given: Models and rewards of all rows.
        context: The settings, which may name the rewards.
        row: The row's columns.
        field: The column that a verifier is given; "" for the whole row, where it is a function.

    Raises:
        ConfigError: a verifier needs a column, and none is named.
    """
    found = given_rewards(given, context)
    own: dict[str, Any] = {
        role: reward_for(reward, row, field)
        for role, reward in found.items()
        if reward is not None and needs_row(reward)
    }
    return replace(given, **own)


def reward_for(reward: RewardLike, row: JsonObject, field: str) -> Reward | PlannedReward:
    """Return a reward with what it needs of a row."""
    if not isinstance(reward, str):
        function = cast("Callable[..., object]", reward)
        return FunctionReward(with_row(function, row, field), getattr(reward, "__name__", ""))
    rest = reward.strip().partition(":")[2]
    name = rest.partition(":")[0]
    if name in BY_TEXT:
        if not field:
            raise ConfigError(f"verify:{name} needs a text, or a column: --verify-field NAME")
        return verifier_from_spec(f"{name}:{reference_in(row[field])}")
    function = cast("Callable[..., object]", own_verifier(rest))
    return Verifier(with_row(function, row, field), f"verify:{rest}")


def with_row(function: Callable[..., object], row: JsonObject, field: str) -> RewardFunction:
    """Return a function with its third argument filled in."""
    name = row_argument(function)
    assert name
    return cast("RewardFunction", partial(function, **{name: row[field] if field else row}))


def reference_in(value: object) -> str:
    r"""Return an expected answer as text; of a worked solution, its result.

    Example:
        >>> reference_in("2 + 2 makes 4.\n#### 4"), reference_in(4)
        ('4', '4')
    """
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.rpartition(SOLUTION)[2].strip()
