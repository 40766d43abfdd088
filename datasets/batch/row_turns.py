"""The thread of a row: its questions in their order, each a turn that goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast

from langchain_core.runnables import RunnableConfig

from ...core.context import Context
from ...core.events import AnyEvent
from ...core.given_messages import messages_of
from ...core.json_types import JsonObject
from ...core.state import InputState, State
from ...graphs.loop import MAX_STEPS, TPOApp
from ...graphs.thread import is_unfinished, lacks_last_checkpoint, with_last_checkpoint
from ..rows.row import Row
from .judges_cost import JudgesCost, judging

OWN_SETTINGS = "tpo_row_settings"  # in the metadata of checkpoints


@dataclass(frozen=True)
class RowTurns:
    """The turns of a row, on the thread that its id names.

    Attributes:
        app: The graph, with the saver that holds the rows under way.
        row: The row.
        context: Its settings.
    """

    app: TPOApp
    row: Row
    context: Context

    @property
    def thread(self) -> RunnableConfig:
        """Where the run is saved."""
        place: JsonObject = {"thread_id": self.row.id}
        config: JsonObject = {"configurable": place, "recursion_limit": MAX_STEPS}
        if self.row.settings:  # for whoever looks at it while it is under way
            config["metadata"] = {OWN_SETTINGS: json.dumps(self.row.settings, default=str)}
        return cast("RunnableConfig", config)

    @property
    def count(self) -> int:
        """How many questions the row asks."""
        return 1 + len(self.row.further)

    async def events(self, turn: int) -> AsyncGenerator[AnyEvent | JudgesCost]:
        """Answer a question, or go on with it, and yield the events; an answered one has none.

        After a step that was judged comes what its judges have cost.

        Args:
            turn: Which question, from 1; those before it are answered.

        Raises:
            TPOError: the run failed.
        """
        saved = await self.app.aget_state(self.thread)
        if self.answered(cast("State", saved.values)) >= turn:
            return
        if lacks_last_checkpoint(saved):
            saved = await with_last_checkpoint(self.app, self.thread)
        first = None if is_unfinished(saved) else self.input_of(turn)
        settings: JsonObject = {"context": self.context, "durability": "sync", "version": "v2"}
        modes: JsonObject = {"stream_mode": ["custom", "updates"]}
        stream = self.app.astream(first, self.thread, **modes, **settings)
        async with aclosing(cast("AsyncGenerator[JsonObject]", stream)) as parts:
            async for part in parts:
                if part["type"] == "custom":
                    yield cast("AnyEvent", part["data"])
                else:
                    for judges in judging(part["data"]):
                        yield judges

    def input_of(self, turn: int) -> InputState:
        """Return what a question gives the graph."""
        first = turn == 1
        asked = self.row.messages if first else [self.row.further[turn - 2]]
        drafts = list(self.row.drafts) if first else []
        return {"messages": messages_of(asked, keep_removals=False), "drafts": drafts}

    def answered(self, state: State) -> int:
        """Return how many questions a state of the thread has answers to."""
        given = messages_of(self.row.messages, keep_removals=False)
        there = [m.type for m in state.get("messages") or []].count("ai")
        return max(0, there - [m.type for m in given].count("ai"))

    async def end_of(self, turn: int) -> State:
        """Return the state in which the thread was once a question was answered.

        The newest one may be that of the next turn, under way.
        """
        newest = await self.newest()
        if self.answered(newest) == turn and newest.get("stop_reason"):
            return newest
        past = [saved async for saved in self.app.aget_state_history(self.thread)]
        states = [cast("State", saved.values) for saved in past]
        return next(s for s in states if self.answered(s) == turn and s.get("stop_reason"))

    async def newest(self) -> State:
        """Return the state in which the thread is."""
        return cast("State", (await self.app.aget_state(self.thread)).values)

    async def under_way(self, turn: int) -> State:
        """Return the state of a turn that has not ended; an empty one if nothing of it is saved."""
        newest = await self.newest()
        return newest if newest.get("turn") == turn else cast("State", {})
