"""Test-time Preference Optimization as a LangGraph state machine.

>>> import tpo
>>> result = tpo.align("Why is the sky blue?", policy="openai:gpt-5-mini")  # doctest: +SKIP
"""

# Thin, its imports absolute and lazy, on purpose: the repository root is the package
# (docs/adr/0001), so a test runner may import this file again under the folder's name.

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tpo.core.context import Context
    from tpo.core.errors import (
        ConfigError,
        InputError,
        MissingDependencyError,
        NoCandidateError,
        PolicyError,
        PromptError,
        RewardError,
        SpecError,
        StoreError,
        SyncCallError,
        TPOError,
        UserCodeError,
    )
    from tpo.core.message_json import as_json
    from tpo.core.state import Candidate, Round, State
    from tpo.datasets.batch.batch import abatch, batch
    from tpo.datasets.cluster import ray
    from tpo.datasets.compare.acompare import acompare
    from tpo.datasets.compare.comparison import Comparison
    from tpo.datasets.records import RowResult
    from tpo.graphs.align import aalign, align
    from tpo.graphs.aligned import Aligned
    from tpo.graphs.baselines import build_best_of_n, build_revision
    from tpo.graphs.loop import build_tpo
    from tpo.integrations.agent.middleware import TPOMiddleware
    from tpo.integrations.chat_model.chat_tpo import ChatTPO
    from tpo.integrations.tool import tpo_tool
    from tpo.prompts.prompt_set import PromptSet
    from tpo.rewards.base import Reward, Score, scored, unscored
    from tpo.rewards.caching.cached import cached
    from tpo.rewards.function import FunctionReward
    from tpo.rewards.judging.criteria import Criterion
    from tpo.rewards.judging.groupwise import GroupwiseJudge
    from tpo.rewards.judging.pairwise import PairwiseJudge
    from tpo.rewards.judging.pointwise import Judge
    from tpo.rewards.judging.query_rubric import QueryRubric, Rubric
    from tpo.rewards.mixing.mix import Mix, Part
    from tpo.rewards.mixing.repeated import repeated
    from tpo.rewards.resolve import close_rewards, resolve_reward
    from tpo.rewards.verifying.command import CommandReward

    __version__: str

_HOMES = {
    "tpo.core.context": ["Context"],
    "tpo.core.errors": [
        "ConfigError",
        "InputError",
        "MissingDependencyError",
        "NoCandidateError",
        "PolicyError",
        "PromptError",
        "RewardError",
        "SpecError",
        "StoreError",
        "SyncCallError",
        "TPOError",
        "UserCodeError",
    ],
    "tpo.core.message_json": ["as_json"],
    "tpo.core.state": ["Candidate", "Round", "State"],
    "tpo.datasets.batch.batch": ["abatch", "batch"],
    "tpo.datasets.cluster": ["ray"],
    "tpo.datasets.compare.acompare": ["acompare"],
    "tpo.datasets.compare.comparison": ["Comparison"],
    "tpo.datasets.records": ["RowResult"],
    "tpo.graphs.align": ["aalign", "align"],
    "tpo.graphs.aligned": ["Aligned"],
    "tpo.graphs.baselines": ["build_best_of_n", "build_revision"],
    "tpo.graphs.loop": ["build_tpo"],
    "tpo.integrations.chat_model.chat_tpo": ["ChatTPO"],
    "tpo.integrations.agent.middleware": ["TPOMiddleware"],
    "tpo.integrations.tool": ["tpo_tool"],
    "tpo.prompts.prompt_set": ["PromptSet"],
    "tpo.rewards.base": ["Reward", "Score", "scored", "unscored"],
    "tpo.rewards.caching.cached": ["cached"],
    "tpo.rewards.function": ["FunctionReward"],
    "tpo.rewards.judging.criteria": ["Criterion"],
    "tpo.rewards.judging.groupwise": ["GroupwiseJudge"],
    "tpo.rewards.judging.pointwise": ["Judge"],
    "tpo.rewards.mixing.mix": ["Mix", "Part"],
    "tpo.rewards.mixing.repeated": ["repeated"],
    "tpo.rewards.judging.pairwise": ["PairwiseJudge"],
    "tpo.rewards.judging.query_rubric": ["QueryRubric", "Rubric"],
    "tpo.rewards.resolve": ["close_rewards", "resolve_reward"],
    "tpo.rewards.verifying.command": ["CommandReward"],
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Aligned",
    "Candidate",
    "ChatTPO",
    "CommandReward",
    "Comparison",
    "ConfigError",
    "Context",
    "Criterion",
    "FunctionReward",
    "GroupwiseJudge",
    "InputError",
    "Judge",
    "MissingDependencyError",
    "Mix",
    "NoCandidateError",
    "PairwiseJudge",
    "Part",
    "PolicyError",
    "PromptError",
    "PromptSet",
    "QueryRubric",
    "Reward",
    "RewardError",
    "Round",
    "RowResult",
    "Rubric",
    "Score",
    "SpecError",
    "State",
    "StoreError",
    "SyncCallError",
    "TPOError",
    "TPOMiddleware",
    "UserCodeError",
    "__version__",
    "aalign",
    "abatch",
    "acompare",
    "align",
    "as_json",
    "batch",
    "build_best_of_n",
    "build_revision",
    "build_tpo",
    "cached",
    "close_rewards",
    "ray",
    "repeated",
    "resolve_reward",
    "scored",
    "tpo_tool",
    "unscored",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # slower than all the rest here

        return version("tpo")
    if name in _HOME_OF:
        home = import_module(_HOME_OF[name])
        return getattr(home, name, None) or import_module(f"{home.__name__}.{name}")
    raise AttributeError(f"module 'tpo' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
