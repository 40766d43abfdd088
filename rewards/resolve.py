"""From what a caller gives (object, function, spec string) to a reward."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache, partial
from importlib import import_module
from operator import attrgetter

from ..core.errors import ConfigError, SpecError
from ..core.json_types import JsonObject
from ..models.policy import PolicyLike
from .base import Reward
from .function import OwnReward, as_reward
from .planned_reward import PlannedReward, planned
from .specs import BY_KIND, REWARDS
from .verifying.answer_form import veto_by_form

RewardLike = OwnReward | str


def resolve_reward(reward: RewardLike, *, policy: PolicyLike = "") -> Reward | PlannedReward:
    """Return the reward that an object, a function or a spec string stands for.

    Args:
        reward: An object with the contract of `Reward` or `PlannedReward`; a function
            `(query, answer)` to a number, sync or async; or a spec string.
        policy: The run's policy or its spec, which judges if a judge names no model.

    Raises:
        SpecError: an unknown spec; the valid ones are listed.
        ConfigError: none of these.

    Example:
        >>> resolve_reward("vllm:http://127.0.0.1:8000").name
        'vllm:http://127.0.0.1:8000'
    """
    if not isinstance(reward, str):
        return as_reward(reward)
    kind, _, rest = reward.strip().partition(":")
    spec = BY_KIND.get(kind)
    if spec is None or (rest and not spec.takes_more):
        valid = "; ".join(f"{known.form} ({known.meaning})" for known in REWARDS)
        raise SpecError(f"unknown reward {reward.strip()!r}. Valid rewards: {valid}")
    if spec.shared:
        return _shared(kind, rest)
    around = {"policy": policy, "resolve": partial(resolve_reward, policy=policy)}
    return _maker(spec.maker)(rest, **{name: around[name] for name in spec.needs})


async def reward_for_run(
    reward: RewardLike,
    policy: PolicyLike,
    *,
    heldout: bool = False,
    schema: JsonObject | None = None,
) -> PlannedReward:
    """Return a reward as a run uses it.

    Args:
        reward: What `resolve_reward` takes.
        policy: Who judges if a judge names no model.
        heldout: Whether it is to score without steering.
        schema: What answers have to fit; those that do not are vetoed.

    Raises:
        ConfigError: a held-out reward that compares answers, or what `resolve_reward` raises.
    """
    # In a thread: a spec may name a file or a module, and reading one would block the loop.
    ready = planned(await asyncio.to_thread(resolve_reward, reward, policy=policy))
    if heldout and getattr(ready, "relative", False):
        raise ConfigError(
            f"{ready.name!r} cannot be the held-out reward: it compares answers with each other, "
            "and a held-out reward sees one at a time. Take judge: or a reward model"
        )
    return ready if heldout or not schema else veto_by_form(ready, schema)


@lru_cache(maxsize=64)
def _shared(kind: str, rest: str) -> Reward | PlannedReward:
    spec = BY_KIND[kind]
    return _maker(spec.maker)(rest) if spec.takes_more else _maker(spec.maker)()


def _maker(place: str) -> Callable[..., Reward | PlannedReward]:
    """Import a maker when it is named, not before: each brings packages of its own."""
    module, _, name = place.partition(":")
    maker: Callable[..., Reward | PlannedReward] = attrgetter(name)(
        import_module(f".{module}", __package__)
    )
    return maker


def close_rewards() -> None:
    """Free the models that rewards hold in this process; the next scoring loads them again.

    Blocks until the batches at work are done; what still waits fails.

    Example:
        >>> close_rewards()
    """
    from .huggingface.loaded import close_models

    close_models()
