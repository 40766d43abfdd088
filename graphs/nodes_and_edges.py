"""Nodes and edges as LangGraph runs them: async only, and with short traces."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from langchain_core.runnables import Runnable, RunnableConfig, ensure_config
from langchain_core.runnables.config import set_config_context
from langgraph.runtime import Runtime, get_runtime
from langgraph.types import TracePolicy

from ..core.context import Context
from ..core.errors import SyncCallError
from ..core.moves import needs_critique, plan_of
from ..core.sound_state import check_state
from ..core.state import State
from ..core.stop_reason import StopReason
from ..core.stopping import why_break_off, why_stop
from ..nodes.paid.run_models import GivenModels, Node, Update


class AsyncStep(Runnable[State, Update]):
    """Runs a node; a sync call is refused in one sentence instead of LangGraph's riddle."""

    def __init__(self, node: Node, name: str) -> None:
        self.node = node
        self.name = name

    def invoke(self, input: State, config: RunnableConfig | None = None, **_: object) -> NoReturn:
        """Refuse.

        Raises:
            SyncCallError: always.
        """
        raise SyncCallError(
            "the TPO graph is async: use `await graph.ainvoke(...)` or `graph.astream(...)`, "
            "or call `tpo.align(...)` from sync code"
        )

    async def ainvoke(
        self, input: State, config: RunnableConfig | None = None, **_: object
    ) -> Update:
        """Run the node on the state, if it is one to go on from."""
        check_state(input, str(self.name))
        return await self.node(input, get_runtime(Context))


class Edge(Runnable[State, str]):
    """Goes on to the next step, or to `finish` if a stop rule says so.

    Not a run of its own in a trace: that would hold the whole state.

    Args:
        given: Knows the settings of a run that is given none.
        rule: Returns why the loop stops here, or `None`.
        then: The step that follows otherwise.
        asks: The step where a person is asked first, if the settings say so; or "".
        skips: The step that follows if the next round is planned without a critique; or "".
    """

    def __init__(
        self,
        given: GivenModels,
        rule: Callable[[State, Context], StopReason | None],
        then: str,
        asks: str = "",
        skips: str = "",
    ) -> None:
        self.name = f"before_{then}"
        self.given, self.rule, self.then, self.asks, self.skips = given, rule, then, asks, skips
        self.targets = [*filter(None, [asks]), then, *filter(None, [skips]), "finish"]

    def invoke(self, input: State, config: RunnableConfig | None = None, **_: object) -> str:
        """Return the name of the next step."""
        with set_config_context(ensure_config(config)) as context:
            return context.run(self.next_step, input)

    async def ainvoke(self, input: State, config: RunnableConfig | None = None, **_: object) -> str:
        """Return the name of the next step."""
        return self.invoke(input, config)

    def next_step(self, state: State) -> str:
        """Ask the rule.

        A state edited by hand (`update_state`) takes the edges of the node it is written as,
        and LangGraph gives them no runtime then: the settings are not known yet. The edge
        stops only if a node has decided to, and `loss` stops if the rule would have.
        """
        runtime: Runtime[Context] | None = get_runtime(Context)
        if runtime is None:
            return "finish" if state.get("halt") else self.then
        context = self.given.settings(runtime)
        if self.asks and context.human_pick:
            return self.asks
        if self.rule(state, context):
            return "finish"
        plan = plan_of(state["rounds"][-1], context.mode, context.width)
        return self.skips if self.skips and not needs_critique(plan) else self.then


def edges(given: GivenModels) -> dict[str, Edge]:
    """Return what follows each step where the loop may stop."""
    return {
        "rank": Edge(given, why_stop, "loss", asks="choose", skips="update"),
        "choose": Edge(given, why_stop, "loss", skips="update"),
        "loss": Edge(given, why_break_off, "gradient"),
        "gradient": Edge(given, why_break_off, "update"),
    }


def _in_brief(state: State) -> Update:
    """Return what a trace shows of the state before a step: where the run is, and no texts.

    They stand in the runs of the requests that brought them, and in the result.
    """
    shown: Update = {key: state[key] for key in ("turn", "round") if key in state}
    for record in state.get("rounds", [])[-1:]:
        shown |= {"chosen": record["chosen"], "rejected": record["rejected"]}
    return {**shown, "candidates": len(state.get("candidates", []))}


IN_BRIEF = TracePolicy(process_inputs=_in_brief)
