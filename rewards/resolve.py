"""From what a caller gives (object, function, spec string) to a reward."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from ..core.errors import ConfigError, SpecError
from .base import Reward
from .function import FunctionReward, RewardFunction
from .heuristic import HeuristicReward
from .plan import PlannedReward

RewardLike = Reward | PlannedReward | RewardFunction | str
SPECS = {
    "heuristic": "offline demonstration of surface features, not a preference model",
    "vllm:URL": "a reward model served by vLLM",
    "sglang:URL": "one served by SGLang",
    "tei:URL": "a classifier or reranker served by Text Embeddings Inference",
    "llamacpp:URL": "a reranker served by llama.cpp",
    "judge:POLICY": "a language model rates each answer",
    "pairwise:POLICY": "a language model compares answers in pairs",
    "verify:...": "a check by program: exact, json, math, or your own function",
    "mix:FILE.toml": "several rewards as one",
}


def resolve_reward(reward: RewardLike, *, policy: str = "") -> Reward | PlannedReward:
    """Return the reward that an object, a function or a spec string stands for.

    Args:
        reward: An object with the contract of `Reward` or `PlannedReward`; a function
            `(query, answer)` to a number, sync or async; or a spec string.
        policy: Spec of the run's policy, which judges where a judge names no model.

    Raises:
        SpecError: an unknown spec; the valid ones are listed.
        ConfigError: none of these.
    """
    if isinstance(reward, str):
        return _from_spec(reward.strip(), policy)
    if isinstance(reward, type):
        raise ConfigError(f"{reward.__name__} is a class: give an instance, {reward.__name__}(...)")
    if isinstance(reward, PlannedReward | Reward):
        return reward
    if callable(reward):
        return FunctionReward(reward)
    raise ConfigError(
        f"{type(reward).__name__} is no reward: give a function (query, answer) -> float, "
        "an object with name, batch_size, notice and async score(messages, answers), or a spec"
    )


def _from_spec(spec: str, policy: str) -> Reward | PlannedReward:
    kind, _, rest = spec.partition(":")
    made = _MAKERS.get(kind)
    if made is None or (kind == "heuristic" and rest):
        listed = "; ".join(f"{name} ({what})" for name, what in SPECS.items())
        raise SpecError(f"unknown reward {spec!r}. Valid rewards: {listed}")
    return made(rest, policy)


# Imported when named: each brings packages of its own.


@lru_cache(maxsize=64)
def _served(kind: str, rest: str) -> Reward:
    """Return the adapter of a server, the same for every run: it keeps its connections."""
    if kind == "vllm":
        from .vllm import VllmReward  # noqa: PLC0415

        return VllmReward.from_spec(rest)
    if kind == "sglang":
        from .sglang import SglangReward  # noqa: PLC0415

        return SglangReward.from_spec(rest)
    if kind == "tei":
        from .tei import TeiReward  # noqa: PLC0415

        return TeiReward.from_spec(rest)
    from .llamacpp import LlamaCppReward  # noqa: PLC0415

    return LlamaCppReward.from_spec(rest)


def _judge(rest: str, policy: str) -> PlannedReward:
    from .judge import Judge  # noqa: PLC0415

    return Judge(_judging(rest, policy, "judge"))


def _pairwise(rest: str, policy: str) -> PlannedReward:
    from .pairwise import PairwiseJudge  # noqa: PLC0415

    return PairwiseJudge(_judging(rest, policy, "pairwise"))


def _judging(rest: str, policy: str, kind: str) -> str:
    if rest or policy:
        return rest or policy
    raise SpecError(f"reward {kind!r} names no model to judge with: {kind}:openai:NAME")


def _verify(rest: str, policy: str) -> Reward:  # noqa: ARG001
    from .verify import from_spec  # noqa: PLC0415

    return from_spec(rest)


def _mix(rest: str, policy: str) -> PlannedReward:
    from .mix import from_spec  # noqa: PLC0415

    return from_spec(rest, lambda spec: resolve_reward(spec, policy=policy))


_MAKERS: dict[str, Callable[[str, str], Reward | PlannedReward]] = {
    "heuristic": lambda rest, policy: HeuristicReward(),  # noqa: ARG005
    "vllm": lambda rest, policy: _served("vllm", rest),  # noqa: ARG005
    "sglang": lambda rest, policy: _served("sglang", rest),  # noqa: ARG005
    "tei": lambda rest, policy: _served("tei", rest),  # noqa: ARG005
    "llamacpp": lambda rest, policy: _served("llamacpp", rest),  # noqa: ARG005
    "judge": _judge,
    "pairwise": _pairwise,
    "verify": _verify,
    "mix": _mix,
}
