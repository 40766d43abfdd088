"""The arms of a comparison: what each is to do, and whether it takes the shared first samples."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...core.context import Context
from ...core.errors import ConfigError, InputError, evidence
from ...core.make_context import make_context
from ...core.state import Score
from ...nodes.paid.run_models import GivenModels
from ...rewards.base import scored
from ...rewards.function import FunctionReward
from ..batch.plan import BatchPlan

Arms = Mapping[str, Mapping[str, object]]
"""The settings of each arm, by its name."""
DEFAULT_ARMS: Arms = {
    "best_of_n": {"mode": "best_of_n"},
    "tpo": {"mode": "tpo"},
    "adaptive": {"mode": "adaptive"},
}
MODELS = ("policy", "reward", "critic", "fallback", "prompts")
OWN_SAMPLES = {
    "policy",
    "policies",
    "temperature",
    "top_p",
    "max_tokens",
    "stop_sequences",
    "reasoning",
    "answer_schema",
}
"""What makes the first samples of an arm others than those of the rest."""
ALONE: Mapping[str, object] = {"mode": "best_of_n", "width": 1}
"""`mode="policy"`: one sample, nothing chosen."""
NAME = re.compile(r"[\w.-]{1,60}")


@dataclass(frozen=True)
class ArmPlan:
    """One arm.

    Attributes:
        name: What it is called; its folder too.
        plan: What its batch is to do.
        shares: Whether it is given the first samples that all arms share.
        widens: Whether its width is to be what the searches spend: best-of-N that names none.
    """

    name: str
    plan: BatchPlan
    shares: bool
    widens: bool

    @property
    def searches(self) -> bool:
        """Whether it has rounds after the first samples."""
        return self.plan.context.mode != "best_of_n" and self.plan.context.rounds > 0

    def with_width(self, width: int) -> ArmPlan:
        """Return the same with another width."""
        context = self.plan.context.model_copy(update={"width": width})
        return replace(self, plan=replace(self.plan, context=context))


def arm_plans(arms: Arms, common: BatchPlan) -> list[ArmPlan]:
    """Return what each arm is to do.

    Args:
        arms: Their settings; each may also have `policy`, `reward`, `critic`, `fallback` and
            `prompts`, as specs or objects. Mode `policy` is one sample.
        common: What they have in common.

    Raises:
        ConfigError: there are fewer than two, or a setting cannot be right.
        InputError: a name cannot be that of a folder.
    """
    if len(arms) < 2:
        raise ConfigError("a comparison needs two arms or more")
    return [arm_plan(name, dict(given), common) for name, given in arms.items()]


def arm_plan(name: str, given: dict[str, object], common: BatchPlan) -> ArmPlan:
    """Return what one arm is to do."""
    if not NAME.fullmatch(name) or not name.strip("."):
        raise InputError(f"{evidence(name)!r} cannot name an arm: take letters, digits, - and _")
    if given.get("mode") == "policy":
        given |= ALONE
    models, settings = parted_models(given)
    try:
        context = make_context(common.context, **settings)
    except ConfigError as error:
        raise ConfigError(f"arm {name}: {error}") from None
    return ArmPlan(
        name=name,
        plan=replace(common, given=replace(common.given, **models), context=context),
        shares=not OWN_SAMPLES & given.keys(),
        widens=context.mode == "best_of_n" and "width" not in given,
    )


def parted_models(given: Mapping[str, object]) -> tuple[dict[str, Any], dict[str, object]]:
    """Return models and rewards that are given as objects, and everything else."""
    models = {
        name: given[name]
        for name in MODELS
        if given.get(name) is not None
        and (not isinstance(given[name], str) or name not in Context.model_fields)
    }
    return models, {name: value for name, value in given.items() if name not in models}


def first_plan(common: BatchPlan, width: int) -> BatchPlan:
    """Return what draws the first samples that arms share: nothing scores them yet."""

    def no_reward(query: str, answer: str) -> Score:
        """Score nothing: each arm does that itself."""
        return scored(0.0)

    free = FunctionReward(no_reward, title="first samples")
    given = GivenModels(policy=common.given.policy, reward=free)
    changes = {"mode": "best_of_n", "width": width, "heldout": "", "on_reward_failure": "skip"}
    context = make_context(common.context, **changes)
    return replace(common, given=given, context=context, verify_field="", rated=False)
