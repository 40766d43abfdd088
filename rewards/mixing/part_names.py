"""What the rewards of a mix are called: each by another name, since their scores are kept by it."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.errors import ConfigError
from ..caching.identity import server_of
from ..planned_reward import PlannedReward


def part_names(rewards: Sequence[PlannedReward]) -> tuple[str, ...]:
    """Return a name for each reward; judges of one model at two servers have those in it.

    Raises:
        ConfigError: two cannot be told apart.
    """
    own = [reward.name for reward in rewards]
    names = [
        f"{name}@{server}" if own.count(name) > 1 and (server := _server(reward)) else name
        for name, reward in zip(own, rewards, strict=True)
    ]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"a mix names {', '.join(doubled)} twice; add the weights instead")
    return tuple(names)


def _server(reward: PlannedReward) -> str:
    """Return which server a judge's model asks, if that is known; "" for other rewards."""
    judge = getattr(reward, "judge", reward)  # its verdicts may be kept
    return server_of(getattr(judge, "model", ""))
