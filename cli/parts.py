"""What the settings name: found before a run begins, so that a wrong name costs nothing."""

from __future__ import annotations

import asyncio

from ..core.context import Context
from ..core.errors import ConfigError
from ..models.policy import resolve_policy
from ..prompts.prompt_set import prompt_set
from ..rewards.resolve import resolve_reward
from .console import say
from .style import Style

LOCAL = ("embedded:", "huggingface:")
PATIENCE = 2.0  # seconds of silence while a local model is loaded


async def check_parts(context: Context, style: Style) -> None:
    """Resolve every name in the settings.

    Raises:
        ConfigError: one of them stands for nothing.
        MissingDependencyError: what it stands for is not installed.
    """
    prompt_set(context.prompts)
    if context.on_reward_failure == "degrade" and not context.fallback_reward:
        raise ConfigError("--on-reward-failure degrade needs a --fallback-reward")
    for spec in filter(None, (context.reward, context.heldout, context.fallback_reward)):
        resolve_reward(spec, policy=context.policy)
    for spec in filter(None, (context.policy, context.critic)):
        loading = asyncio.create_task(resolve_policy(spec))
        done, _ = await asyncio.wait({loading}, timeout=PATIENCE)
        if not done and style.talks and spec.startswith(LOCAL):
            say(f"loading {spec}")
        await loading
