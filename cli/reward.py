"""The reward that the settings name."""

from __future__ import annotations

from ..core.context import Context
from ..rewards.base import Reward
from ..rewards.plan import PlannedReward
from ..rewards.resolve import resolve_reward


def reward_of(context: Context) -> Reward | PlannedReward:
    """Return the reward that the settings name; it loads nothing yet."""
    return resolve_reward(context.reward, policy=context.policy)
