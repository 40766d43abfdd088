"""Which rewards need something of each row: an expected answer, or the row itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from ...core.context import Context
from ...nodes.paid.run_models import GivenModels
from ...rewards.base import Reward
from ...rewards.function import OwnReward
from ...rewards.mixing.mix_file import specs_in_mix
from ...rewards.planned_reward import PlannedReward
from ...rewards.resolve import RewardLike
from ...rewards.verifying.verify import own_verifier

BY_TEXT = ("exact", "math")  # verifiers that compare with a text
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
    """Return whether a reward, or a part of it, needs something of each row.

    Raises:
        SpecError: a function that a spec names is not allowed, or not there.
        ConfigError: a mix file cannot be read.
    """
    if not isinstance(reward, str):
        return reward is not None and takes_row(reward)
    kind, _, rest = reward.strip().partition(":")
    if kind == "mix":
        return any(needs_row(part) for part in specs_in_mix(rest) if not part.startswith("mix:"))
    if kind == "cached":
        return needs_row(rest)
    name, _, value = rest.partition(":")
    if kind != "verify" or name in {"command", "json"}:
        return False
    return not value if name in BY_TEXT else bool(value) and takes_row(own_verifier(rest))


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
