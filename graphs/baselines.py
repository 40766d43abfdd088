"""The paper's two baselines, from the same nodes: best-of-N and revision."""

from __future__ import annotations

from typing import Any

from ..core.make_context import context_with
from ..models.policy import PolicyLike
from ..rewards.resolve import RewardLike
from .loop import TPOGraph, build_tpo

BestOfNContext = context_with("BestOfNContext", mode="best_of_n")
RevisionContext = context_with("RevisionContext", mode="revision")


def build_best_of_n(
    policy: PolicyLike | None = None, reward: RewardLike | None = None, **keywords: Any
) -> TPOGraph:
    """Build best-of-N: sample and rank once, return the best.

    Args:
        policy: See `build_tpo`.
        reward: See `build_tpo`.
        **keywords: Its other keywords.

    Example:
        >>> app = build_best_of_n("openai:gpt-5-mini", lambda query, answer: -len(answer)).compile()
    """
    return build_tpo(policy, reward, context_schema=BestOfNContext, **keywords)


def build_revision(
    policy: PolicyLike | None = None, reward: RewardLike | None = None, **keywords: Any
) -> TPOGraph:
    """Build revision: the same loop, but the loss sees the chosen answer only.

    Args:
        policy: See `build_tpo`.
        reward: See `build_tpo`.
        **keywords: Its other keywords.

    Example:
        >>> app = build_revision("openai:gpt-5-mini", lambda query, answer: -len(answer)).compile()
    """
    return build_tpo(policy, reward, context_schema=RevisionContext, **keywords)
