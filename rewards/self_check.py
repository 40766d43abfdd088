"""A look of a reward at its own scores: what seems wrong with them is told, and the run goes on."""

from __future__ import annotations

from .planned_reward import Batched, PlannedReward


async def self_check(reward: PlannedReward) -> str:
    """Have a reward that can (a served one) look at scores of built-in texts, once.

    Returns:
        A sentence for the person, such as that its scores look squashed; or "".
    """
    inner = reward.reward if isinstance(reward, Batched) else reward
    probe = getattr(inner, "probe", None)
    return str(await probe()) if probe else ""
