"""The models, reward and prompts of a run: given to the builder, else named in the context."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from langgraph.runtime import Runtime

from ...core.context import Context, context_of
from ...core.errors import ConfigError
from ...core.state import State
from ...models.policy import Policy, PolicyLike, resolve_policy
from ...prompts.prompt_set import PromptSet, prompt_set
from ...rewards.plan import PlannedReward, planned
from ...rewards.resolve import RewardLike, resolve_reward

Node = Callable[[State, Runtime[Context]], Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Parts:
    """What was given to `build_tpo`; `None` means: see the context.

    Nothing here changes during a run.
    """

    policy: PolicyLike | None = None
    critic: PolicyLike | None = None
    reward: RewardLike | None = None
    heldout: RewardLike | None = None
    fallback: RewardLike | None = None
    prompts: PromptSet | None = None
    defaults: Context = field(default_factory=Context)

    def context(self, runtime: Runtime[Any]) -> Context:
        """Return the settings of this run."""
        return context_of(runtime, self.defaults)

    async def policy_for(self, context: Context) -> Policy:
        """Return the model that answers."""
        return await resolve_policy(self.policy or context.policy)

    async def critic_for(self, context: Context) -> Policy:
        """Return the model that writes loss and gradient; the policy, if none is named."""
        return await resolve_policy(self.critic or context.critic or self.policy or context.policy)

    def own_critic(self, context: Context) -> bool:
        """Return whether the critic is another model than the policy."""
        return bool(self.critic or context.critic)

    async def reward_for(self, context: Context) -> PlannedReward:
        """Return what ranks the candidates."""
        return await self._planned(self.reward or context.reward, context)

    async def heldout_for(self, context: Context) -> PlannedReward | None:
        """Return what watches without steering, if anything does.

        Raises:
            ConfigError: it only compares answers, and would say the same of each alone.
        """
        given = self.heldout or context.heldout
        if not given:
            return None
        heldout = await self._planned(given, context)
        if getattr(heldout, "relative", False):
            raise ConfigError(
                f"{heldout.name!r} cannot be the held-out reward: it compares answers with each "
                "other, and a held-out reward sees one at a time. Take judge: or a reward model"
            )
        return heldout

    async def fallback_for(self, context: Context) -> PlannedReward:
        """Return what ranks after a degradation.

        Raises:
            ConfigError: there is none.
        """
        given = self.fallback or context.fallback_reward
        if not given:
            raise ConfigError("on_reward_failure=degrade needs a fallback_reward")
        return await self._planned(given, context)

    async def _planned(self, reward: RewardLike, context: Context) -> PlannedReward:
        policy = self.policy or context.policy
        if not isinstance(reward, str):
            return planned(resolve_reward(reward, policy=policy))
        # A spec may name a file or a module, and reading one would block the loop.
        return planned(await asyncio.to_thread(resolve_reward, reward, policy=policy))

    def prompts_for(self, context: Context) -> PromptSet:
        """Return the prompt set."""
        return self.prompts or prompt_set(context.prompts)
