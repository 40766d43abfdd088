"""From what a caller gives (object, function, spec string) to a reward."""

from __future__ import annotations

from ..core.errors import ConfigError, SpecError
from .base import Reward
from .function import FunctionReward, RewardFunction
from .heuristic import HeuristicReward

RewardLike = Reward | RewardFunction | str
SPECS = {"heuristic": "offline demonstration of surface features, not a preference model"}


def resolve_reward(reward: RewardLike) -> Reward:
    """Return the reward that an object, a function or a spec string stands for.

    Args:
        reward: An object with the contract of `Reward`; a function `(query, answer)` to a
            number, sync or async; or a spec string.

    Raises:
        SpecError: an unknown spec; the valid ones are listed.
        ConfigError: neither of the three.
    """
    if isinstance(reward, str):
        if reward.strip() == "heuristic":
            return HeuristicReward()
        listed = "; ".join(f"{name} ({what})" for name, what in SPECS.items())
        raise SpecError(f"unknown reward {reward!r}. Valid rewards: {listed}")
    if isinstance(reward, type):
        raise ConfigError(f"{reward.__name__} is a class: give an instance, {reward.__name__}(...)")
    if isinstance(reward, Reward):
        return reward
    if callable(reward):
        return FunctionReward(reward)
    raise ConfigError(
        f"{type(reward).__name__} is no reward: give a function (query, answer) -> float, "
        "an object with name, batch_size, notice and async score(messages, answers), or a spec"
    )
