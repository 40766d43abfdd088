"""Which edge comes next: pure functions of the state and the run's context.

A state edited by hand (`update_state`) takes the edges of the node it is written as, and
LangGraph gives them no runtime then: nobody knows yet with which settings the run goes on.
So the edges lead on, and `loss` stops where they would have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from langgraph.runtime import Runtime, get_runtime

from ..core.context import Context
from ..core.state import State, StopReason
from ..core.stopping import why_break_off, why_stop
from ..nodes.paid.run_models import GivenModels

Rule = Callable[[State, Context], StopReason | None]
AfterRank = Callable[[State], Literal["choose", "loss", "finish"]]
AfterChoose = Callable[[State], Literal["loss", "finish"]]
AfterLoss = Callable[[State], Literal["gradient", "finish"]]
AfterGradient = Callable[[State], Literal["update", "finish"]]


def after_rank(given: GivenModels) -> AfterRank:
    """A person first, where one is wanted; else improve or stop."""

    def route(state: State) -> Literal["choose", "loss", "finish"]:
        context = _settings(given)
        if context and context.human_pick:
            return "choose"
        return "finish" if _stops(given, why_stop, state) else "loss"

    return route


def after_choose(given: GivenModels) -> AfterChoose:
    """Improve, or stop."""

    def route(state: State) -> Literal["loss", "finish"]:
        return "finish" if _stops(given, why_stop, state) else "loss"

    return route


def after_loss(given: GivenModels) -> AfterLoss:
    """Go on, unless the loss could not be had or the budget is used up."""

    def route(state: State) -> Literal["gradient", "finish"]:
        return "finish" if _stops(given, why_break_off, state) else "gradient"

    return route


def after_gradient(given: GivenModels) -> AfterGradient:
    """Go on, unless the gradient could not be had or the budget is used up."""

    def route(state: State) -> Literal["update", "finish"]:
        return "finish" if _stops(given, why_break_off, state) else "update"

    return route


def _stops(given: GivenModels, rule: Rule, state: State) -> bool:
    """Ask the rule; without settings only a stop that a node decided itself is known."""
    context = _settings(given)
    return bool(rule(state, context) if context else state.get("halt"))


def _settings(given: GivenModels) -> Context | None:
    runtime: Runtime[Context] | None = get_runtime(Context)
    return given.settings(runtime) if runtime else None
