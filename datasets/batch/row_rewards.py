"""Rewards that need something of each row: an expected answer, or the arguments of a check."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

from ...core.context import Context
from ...core.errors import ConfigError
from ...core.json_types import JsonObject
from ...models.policy import PolicyLike
from ...models.several_policies import policies_of
from ...nodes.paid.run_models import GivenModels
from ...rewards.base import Reward
from ...rewards.caching.cached import cached_from_spec
from ...rewards.function import FunctionReward, RewardFunction
from ...rewards.mixing.mix_file import mix_from_file
from ...rewards.planned_reward import PlannedReward
from ...rewards.resolve import RewardLike, resolve_reward
from ...rewards.verifying.verifier import Verifier
from ...rewards.verifying.verify import own_verifier, verifier_from_spec
from .row_needs import BY_TEXT, given_rewards, needs_row, row_argument

SOLUTION = "####"  # before the result at the end of a worked solution, as in GSM8K


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
    policy = policies_of(given.policy, given.policies, context)[0]
    of_row = RowRewards(row, field, policy)
    own: dict[str, Any] = {
        role: of_row.reward(reward)
        for role, reward in given_rewards(given, context).items()
        if reward is not None and needs_row(reward)
    }
    return replace(given, **own)


@dataclass(frozen=True)
class RowRewards:
    """Makes the rewards of one row.

    Attributes:
        row: The row's columns.
        field: The column that a verifier is given, if any.
        policy: Who judges if a judge names no model.
        kept: Whether scores are kept across runs, by what a reward is called.
    """

    row: JsonObject
    field: str
    policy: PolicyLike
    kept: bool = False

    def reward(self, given: RewardLike) -> Reward | PlannedReward:
        """Return a reward, each part of it with what it needs of the row.

        Raises:
            ConfigError: what it needs is missing.
        """
        if not needs_row(given):
            return resolve_reward(given, policy=self.policy)
        if not isinstance(given, str):
            function = cast("Callable[..., object]", given)
            return FunctionReward(self.bound(function), getattr(given, "__name__", ""))
        kind, _, rest = given.strip().partition(":")
        if kind == "mix":
            return mix_from_file(rest, self.reward)
        if kind == "cached":
            return cached_from_spec(rest, replace(self, kept=True).reward)
        return self.verifier(rest)

    def verifier(self, rest: str) -> Reward | PlannedReward:
        """Return what `verify:` names."""
        name = rest.partition(":")[0]
        if name in BY_TEXT:
            if not self.field:
                raise ConfigError(f"verify:{name} needs a text, or a column: --verify-field NAME")
            return verifier_from_spec(f"{name}:{reference_in(self.row[self.field])}")
        if self.kept:
            raise ConfigError(f"verify:{rest} depends on the row, so its scores cannot be kept")
        function = cast("Callable[..., object]", own_verifier(rest))
        return Verifier(self.bound(function), f"verify:{rest}")

    def bound(self, function: Callable[..., object]) -> RewardFunction:
        """Return a function with its third argument filled in."""
        name = row_argument(function)
        assert name
        value = self.row[self.field] if self.field else self.row
        return cast("RewardFunction", partial(function, **{name: value}))


def reference_in(value: object) -> str:
    r"""Return an expected answer as text; of a worked solution, its result.

    Example:
        >>> reference_in("2 + 2 makes 4.\n#### 4"), reference_in(4)
        ('4', '4')
    """
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.rpartition(SOLUTION)[2].strip()
