"""What the rewards of a mix are called: each by another name, since their scores are kept by it.

Models are told shorter names beside what a reward says: a command may hold the reference answer,
and files and servers are not for them.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...core.errors import ConfigError
from ...core.told_name import told_name
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


def told_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return what models are told the rewards are called; those that would be alike are numbered.

    Example:
        >>> told_names(["verify:command:grep -q 42 {file}", "polite"])
        ('command grep', 'polite')
    """
    short = [told_name(name) for name in names]
    return tuple(
        f"{name} {short[: place + 1].count(name)}" if short.count(name) > 1 else name
        for place, name in enumerate(short)
    )


def _server(reward: PlannedReward) -> str:
    """Return which server a judge's model asks, if that is known; "" for other rewards."""
    judge = getattr(reward, "judge", reward)  # its verdicts may be kept
    return server_of(getattr(judge, "model", ""))
