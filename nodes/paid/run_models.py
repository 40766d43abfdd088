"""The models, rewards and prompts of a run: as they were given, and as the run uses them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from uuid import uuid4

from langgraph.runtime import Runtime

from ...core.context import Context
from ...core.errors import ConfigError
from ...core.state import State
from ...models.policy import Policy, PolicyLike, resolve_policy
from ...models.prices.of_run import priced_context
from ...models.several_policies import going_on, policies_of, resolve_policies
from ...prompts.prompt_set import PromptSet, prompt_set
from ...rewards.planned_reward import PlannedReward
from ...rewards.resolve import RewardLike, resolve_reward, reward_for_run
from .once_per_run import OncePerRun

Update = dict[str, object]  # what a node writes: channels and their values
Node = Callable[[State, Runtime[Context]], Awaitable[Update]]


@dataclass(frozen=True)
class RunModels:
    """What a run uses, all of it ready and checked.

    Attributes:
        context: The run's settings.
        policy: The model that answers; of several, the one at work.
        policies: All of them.
        critic: The model that writes loss and gradient; the policy if none is named.
        own_critic: Whether the critic was named, and so may be another model.
        reward: What ranks the candidates.
        heldout: What scores the chosen answers without steering, if anything does.
        fallback: What ranks after the reward failed, if anything does.
        prompts: The prompt set.
        key: Tells this call of the graph from others; a resumed run has its own.
    """

    context: Context
    policy: Policy
    policies: Sequence[Policy]
    critic: Policy
    own_critic: bool
    reward: PlannedReward
    heldout: PlannedReward | None
    fallback: PlannedReward | None
    prompts: PromptSet
    key: str = field(default_factory=lambda: uuid4().hex)

    def ranking(self, *, degraded: bool) -> PlannedReward:
        """Return what ranks: the reward, or the fallback once the reward has failed.

        Raises:
            ConfigError: there is no fallback.
        """
        if not degraded:
            return self.reward
        if self.fallback is None:
            raise ConfigError("on_reward_failure=degrade needs a fallback_reward")
        return self.fallback


@dataclass(frozen=True, eq=False)
class GivenModels:
    """What the caller gave for each of these: an object, a spec, or `None`.

    What was not given is named in the settings of the run. `defaults` are the settings of a
    run that is given none.
    """

    policy: PolicyLike | None = None
    reward: RewardLike | None = None
    critic: PolicyLike | None = None
    heldout: RewardLike | None = None
    fallback: RewardLike | None = None
    prompts: PromptSet | Mapping[str, str] | str | None = None
    defaults: Context = field(default_factory=Context)
    policies: Sequence[PolicyLike] | None = None
    _runs: OncePerRun[RunModels] = field(default_factory=OncePerRun, init=False, repr=False)

    def checked(self) -> GivenModels:
        """Return the same, after refusing rewards and prompts that cannot be right.

        Raises:
            ConfigError: policies are not a list, an empty one, or beside a policy.
            SpecError: an unknown reward spec.
            PromptError: an unknown prompt, a missing or unknown placeholder.
        """
        policies_of(self.policy, self.policies, self.defaults)
        for reward in (self.reward, self.heldout, self.fallback):
            if reward is not None:  # any policy will do: it is the judge if a judge names none
                resolve_reward(reward, policy="embedded:")
        return self if self.prompts is None else replace(self, prompts=prompt_set(self.prompts))

    def settings(self, runtime: Runtime[Context]) -> Context:
        """Return the settings of a run.

        Without `context=` the runtime carries none, and inside another graph it carries that
        graph's: both mean the defaults.
        """
        return runtime.context if isinstance(runtime.context, Context) else self.defaults

    async def for_run(self, runtime: Runtime[Context], ranked: State | None = None) -> RunModels:
        """Return what a run uses; made once per run, and again when it is resumed.

        Args:
            runtime: The step's.
            ranked: The run after round 0, whose record decides which of several policies goes on.

        Raises:
            TPOError: a model, reward or prompt set that cannot be used; nothing was paid.
        """
        context = self.settings(runtime)
        run = await self._runs.get(runtime, context, lambda: self._resolved(context))
        policy = going_on(run.policies, ranked) if ranked else run.policy
        return replace(run, policy=policy, critic=run.critic if run.own_critic else policy)

    async def _resolved(self, context: Context) -> RunModels:
        critic = self.critic or context.critic
        policies = policies_of(self.policy, self.policies, context)
        ready = partial(reward_for_run, policy=policies[0], schema=context.answer_schema)
        answering = await resolve_policies(policies, context.width, context.parameters)
        criticising = await resolve_policy(critic) if critic else answering[0]
        context = priced_context(context, *answering, criticising)
        heldout = self.heldout or context.heldout
        fallback = self.fallback or context.fallback_reward
        run = RunModels(
            context=context,
            policy=answering[0],
            policies=answering,
            critic=criticising,
            own_critic=bool(critic),
            reward=await ready(context.reward if self.reward is None else self.reward),
            prompts=prompt_set(context.prompts if self.prompts is None else self.prompts),
            heldout=await ready(heldout, heldout=True) if heldout else None,
            fallback=await ready(fallback) if fallback else None,
        )
        if context.on_reward_failure == "degrade":
            run.ranking(degraded=True)
        return run
