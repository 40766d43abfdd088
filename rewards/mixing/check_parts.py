"""What a mix is made of, looked at before anything is paid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real

from ...core.errors import ConfigError
from ..function import FunctionReward
from ..planned_reward import Batched, PlannedReward
from .hedge import Weighed


def check_parts(parts: Sequence[Weighed], length_penalty: object) -> None:
    """Refuse a mix without parts, and numbers with which no sum is a number.

    Raises:
        ConfigError: what is wrong.
    """
    if not parts:
        raise ConfigError("a mix needs at least one part")
    numbers = [("length_penalty", length_penalty), *(("a weight", part.weight) for part in parts)]
    for what, number in numbers:
        if not isinstance(number, Real) or not math.isfinite(number):
            raise ConfigError(f"{what} of a mix must be a finite number, not {number!r}")


def check_functions(rewards: Sequence[PlannedReward]) -> None:
    """Refuse different functions of one name: their scores are kept by it.

    Raises:
        ConfigError: the name, and how to give each its own.
    """
    seen: dict[str, FunctionReward] = {}
    for reward in rewards:
        own = reward.reward if isinstance(reward, Batched) else None
        if isinstance(own, FunctionReward) and seen.setdefault(own.name, own) != own:
            raise ConfigError(
                f"a mix names {own.name} twice; add the weights instead, or, since these are two "
                "functions, give each a title of its own: tpo.FunctionReward(function, 'brief')"
            )
