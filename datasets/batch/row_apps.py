"""The graph that runs a row: the same for all, unless a reward is the row's own."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver

from ...graphs.loop import TPOApp, build_graph
from ...nodes.paid.run_models import GivenModels
from ..rows.row import Row
from .plan import BatchPlan
from .row_rewards import given_for


class RowApps:
    """Compiles what rows run on.

    Args:
        plan: What the batch is to do.
        saver: Holds the rows under way.
    """

    def __init__(self, plan: BatchPlan, saver: BaseCheckpointSaver[Any]) -> None:
        self.plan, self.saver = plan, saver

    @cached_property
    def shared(self) -> TPOApp:
        """The graph of all rows."""
        return self.compiled(self.plan.given)

    def of(self, row: Row) -> TPOApp:
        """Return the graph of a row."""
        plan = self.plan
        if not plan.own:
            return self.shared
        return self.compiled(given_for(plan.given, plan.context, row.input, plan.verify_field))

    def compiled(self, given: GivenModels) -> TPOApp:
        """Compile a graph."""
        return build_graph(given).compile(checkpointer=self.saver, name="tpo")
