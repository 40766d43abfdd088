"""Check before a run that every model, reward and prompt set its settings name can be found.

So a wrong name costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from ..core.context import Context
from ..core.errors import ConfigError
from ..datasets.batch.row_needs import needs_row
from ..models.policy import resolve_policy
from ..prompts.prompt_set import prompt_set
from ..rewards.resolve import resolve_reward
from .console import say
from .output_mode import OutputMode

LOCAL = ("embedded:", "huggingface:")
SILENT_SECONDS = 2.0  # a local model that takes longer to load is mentioned


async def check_settings(context: Context, output: OutputMode, *, rewards: bool = True) -> None:
    """Resolve every name in the settings.

    Args:
        context: The settings.
        output: What may be said meanwhile.
        rewards: Whether the rewards are looked at too.

    Raises:
        ConfigError: nothing has that name.
        MissingDependencyError: what it stands for is not installed.
    """
    prompt_set(context.prompts)
    policies = context.policies or (context.policy,)
    if context.on_reward_failure == "degrade" and not context.fallback_reward:
        raise ConfigError("--on-reward-failure degrade needs a --fallback-reward")
    named = (context.reward, context.heldout, context.fallback_reward) if rewards else ()
    for spec in filter(None, named):
        resolve_reward(spec, policy=policies[0])
    for spec in filter(None, (*policies, context.critic)):
        loading = asyncio.create_task(resolve_policy(spec))
        done, _ = await asyncio.wait({loading}, timeout=SILENT_SECONDS)
        if not done and output.talks and spec.startswith(LOCAL):
            say(f"loading {spec}")
        await loading


def tell_of_rewards(contexts: Iterable[Context]) -> None:
    """Say what a reward wants known of itself, once: that it is a demonstration, say."""
    notices = dict[str, None]()
    for context in contexts:
        for spec in filter(None, (context.reward, context.heldout, context.fallback_reward)):
            if not needs_row(spec):  # else it says nothing before it has one
                policy = (context.policies or (context.policy,))[0]
                notices[resolve_reward(spec, policy=policy).notice] = None
    for notice in filter(None, notices):
        say(f"Note: {notice}")
