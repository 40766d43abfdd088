"""From what a caller gives (object, function, spec string) to a reward."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import cast

from ..core.errors import SpecError
from ..models.policy import PolicyLike
from .base import Reward
from .function import OwnReward, as_reward
from .heuristic import HeuristicReward
from .plan import PlannedReward

RewardLike = OwnReward | str
SPECS = {
    "heuristic": "offline demonstration of surface features, not a preference model",
    "hf:MODEL": "a sequence classifier of Hugging Face in this process (a hub id or a folder)",
    "vllm:URL": "a reward model served by vLLM",
    "sglang:URL": "one served by SGLang",
    "tei:URL": "a classifier or reranker served by Text Embeddings Inference",
    "llamacpp:URL": "a reranker served by llama.cpp",
    "judge:POLICY": "a language model rates each answer",
    "pairwise:POLICY": "a language model compares answers in pairs",
    "groupwise:POLICY": "a language model ranks all answers of a round at once",
    "verify:...": "a check by program: exact, json, math, or your own function",
    "mix:FILE.toml": "several rewards as one",
    "cached:REWARD": "one of these, whose scores are kept across runs (TPO_SCORE_CACHE)",
}


def resolve_reward(reward: RewardLike, *, policy: PolicyLike = "") -> Reward | PlannedReward:
    """Return the reward that an object, a function or a spec string stands for.

    Args:
        reward: An object with the contract of `Reward` or `PlannedReward`; a function
            `(query, answer)` to a number, sync or async; or a spec string.
        policy: The run's policy or its spec, which judges where a judge names no model.

    Raises:
        SpecError: an unknown spec; the valid ones are listed.
        ConfigError: none of these.

    Example:
        >>> resolve_reward("vllm:http://127.0.0.1:8000").name
        'vllm:http://127.0.0.1:8000'
    """
    if isinstance(reward, str):
        return _from_spec(reward.strip(), policy)
    return as_reward(reward)


def _from_spec(spec: str, policy: PolicyLike) -> Reward | PlannedReward:
    kind, _, rest = spec.partition(":")
    made = _MAKERS.get(kind)
    if made is None or (kind == "heuristic" and rest):
        listed = "; ".join(f"{name} ({what})" for name, what in SPECS.items())
        raise SpecError(f"unknown reward {spec!r}. Valid rewards: {listed}")
    return made(rest, policy)


def close_rewards() -> None:
    """Free the models that rewards hold in this process; the next scoring loads them anew.

    Blocks until the batches at work are done; what still waits fails.

    Example:
        >>> close_rewards()
    """
    from .huggingface.loaded import close_models  # noqa: PLC0415

    close_models()


# Imported when named: each brings packages of its own.


@lru_cache(maxsize=64)
def _hf(rest: str) -> Reward:
    from .huggingface.reward import HfReward  # noqa: PLC0415

    return HfReward.from_spec(rest)


@lru_cache(maxsize=64)
def _served(kind: str, rest: str) -> Reward:
    """Return the adapter of a server, the same for every run: it keeps its connections."""
    if kind == "vllm":
        from .served.vllm import VllmReward  # noqa: PLC0415

        return cast("Reward", VllmReward.from_spec(rest))
    if kind == "sglang":
        from .served.sglang import SglangReward  # noqa: PLC0415

        return cast("Reward", SglangReward.from_spec(rest))
    if kind == "tei":
        from .served.tei import TeiReward  # noqa: PLC0415

        return cast("Reward", TeiReward.from_spec(rest))
    from .served.llamacpp import LlamaCppReward  # noqa: PLC0415

    return cast("Reward", LlamaCppReward.from_spec(rest))


def _judge(rest: str, policy: PolicyLike) -> PlannedReward:
    from .judging.judge import Judge  # noqa: PLC0415

    return Judge(_judging(rest, policy, "judge"))


def _pairwise(rest: str, policy: PolicyLike) -> PlannedReward:
    from .judging.pairwise import PairwiseJudge  # noqa: PLC0415

    return PairwiseJudge(_judging(rest, policy, "pairwise"))


def _groupwise(rest: str, policy: PolicyLike) -> PlannedReward:
    from .judging.groupwise import GroupwiseJudge  # noqa: PLC0415

    return GroupwiseJudge(_judging(rest, policy, "groupwise"))


def _judging(rest: str, policy: PolicyLike, kind: str) -> PolicyLike:
    if rest or policy:
        return rest or policy
    raise SpecError(f"reward {kind!r} names no model to judge with: {kind}:openai:NAME")


def _verify(rest: str, policy: PolicyLike) -> Reward | PlannedReward:  # noqa: ARG001
    from .verifying.verify import from_spec  # noqa: PLC0415

    return from_spec(rest)


def _mix(rest: str, policy: PolicyLike) -> PlannedReward:
    from .mixing.mix_file import from_spec  # noqa: PLC0415

    return from_spec(rest, lambda spec: resolve_reward(spec, policy=policy))


def _cached(rest: str, policy: PolicyLike) -> Reward | PlannedReward:
    from .caching.cached import cached  # noqa: PLC0415
    from .caching.score_cache import default_cache  # noqa: PLC0415

    return cached(resolve_reward(rest, policy=policy), default_cache())


_MAKERS: dict[str, Callable[[str, PolicyLike], Reward | PlannedReward]] = {
    "heuristic": lambda rest, policy: HeuristicReward(),  # noqa: ARG005
    "hf": lambda rest, policy: _hf(rest),  # noqa: ARG005
    "vllm": lambda rest, policy: _served("vllm", rest),  # noqa: ARG005
    "sglang": lambda rest, policy: _served("sglang", rest),  # noqa: ARG005
    "tei": lambda rest, policy: _served("tei", rest),  # noqa: ARG005
    "llamacpp": lambda rest, policy: _served("llamacpp", rest),  # noqa: ARG005
    "judge": _judge,
    "pairwise": _pairwise,
    "groupwise": _groupwise,
    "verify": _verify,
    "mix": _mix,
    "cached": _cached,
}
