"""Which edge comes next: pure functions of the state and the run's context."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from langgraph.runtime import Runtime

from ..core.context import Context
from ..core.state import State
from ..core.stopping import why_break_off, why_stop
from ..nodes.parts import Parts

AfterRank = Callable[[State, Runtime[Context]], Literal["choose", "loss", "finish"]]
AfterChoose = Callable[[State, Runtime[Context]], Literal["loss", "finish"]]
AfterLoss = Callable[[State, Runtime[Context]], Literal["gradient", "finish"]]
AfterGradient = Callable[[State, Runtime[Context]], Literal["update", "finish"]]


def after_rank(parts: Parts) -> AfterRank:
    """A person first, where one is wanted; else improve or stop."""

    def route(state: State, runtime: Runtime[Context]) -> Literal["choose", "loss", "finish"]:
        context = parts.context(runtime)
        if context.human_pick:
            return "choose"
        return "finish" if why_stop(state, context) else "loss"

    return route


def after_choose(parts: Parts) -> AfterChoose:
    """Improve, or stop."""

    def route(state: State, runtime: Runtime[Context]) -> Literal["loss", "finish"]:
        return "finish" if why_stop(state, parts.context(runtime)) else "loss"

    return route


def after_loss(parts: Parts) -> AfterLoss:
    """Go on, unless the loss could not be had or the budget is used up."""

    def route(state: State, runtime: Runtime[Context]) -> Literal["gradient", "finish"]:
        return "finish" if why_break_off(state, parts.context(runtime)) else "gradient"

    return route


def after_gradient(parts: Parts) -> AfterGradient:
    """Go on, unless the gradient could not be had or the budget is used up."""

    def route(state: State, runtime: Runtime[Context]) -> Literal["update", "finish"]:
        return "finish" if why_break_off(state, parts.context(runtime)) else "update"

    return route
