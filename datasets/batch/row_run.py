"""One row: its run, which goes on where it was stopped, and what is written of it."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import cast

from langchain_core.runnables import RunnableConfig

from ...core.context import Context
from ...core.errors import cause_of
from ...core.events import AnyEvent, RequestFinished
from ...core.final_answer import answer_of
from ...core.given_messages import messages_of
from ...core.json_types import JsonObject
from ...core.login import without_login
from ...core.state import InputState, Round, State
from ...graphs.loop import MAX_STEPS, TPOApp
from ...graphs.thread import is_unfinished
from ..records import PaidRequest, RoundFigures, RowError, RowPool, RowResult
from ..rows.json_form import json_form
from ..rows.row import Row
from .paid_so_far import PaidSoFar

Watch = Callable[[Row, AnyEvent], None]
"""Is called with every event of every row."""


def nobody(row: Row, event: AnyEvent) -> None:
    """Watch nothing."""


async def run_row(
    app: TPOApp, row: Row, context: Context, watch: Watch, paid: PaidSoFar
) -> tuple[RowResult, RowPool]:
    """Run a row to its end, from where it was stopped if it was.

    Args:
        app: The graph, with the saver that holds the rows under way.
        row: The row; its id names the thread.
        context: The settings.
        watch: Called with every event.
        paid: Remembers its requests.

    Returns:
        What is written of it. A run that fails is a row with its reason; a row that is
        cancelled raises as usual.
    """
    begun, error = time.monotonic(), None
    place: JsonObject = {"configurable": {"thread_id": row.id}, "recursion_limit": MAX_STEPS}
    thread = cast("RunnableConfig", place)
    await paid.begin(row.id)
    try:
        async with aclosing(events_of(app, row, thread, context)) as events:
            async for event in events:
                watch(row, event)
                if event["type"] == "tpo.request_finished":
                    name = f"{event['phase']} {event['round']} {event['request']}"
                    await paid.add(row.id, name, request_of(event))
    except Exception as failed:  # noqa: BLE001  a failure is a row like any other
        error = RowError(kind=type(failed).__name__, message=without_login(cause_of(failed)))
    state = cast("State", (await app.aget_state(thread)).values)
    pool = pool_line(row, state, paid.of(row.id))
    return result_line(row, state, error, time.monotonic() - begun), pool


def pool_line(row: Row, state: State, requests: list[PaidRequest]) -> RowPool:
    """Return what is kept of a row beside its result."""
    return RowPool(
        id=row.id,
        candidates=state.get("candidates") or [],
        rounds=state.get("rounds") or [],
        requests=requests,
    )


async def events_of(
    app: TPOApp, row: Row, thread: RunnableConfig, context: Context
) -> AsyncGenerator[AnyEvent]:
    """Run a row, or go on with it, and yield its events; a finished one has none.

    Raises:
        TPOError: the run failed.
    """
    saved = await app.aget_state(thread)
    unfinished = is_unfinished(saved)
    if saved.created_at and not unfinished and saved.values.get("stop_reason"):
        return
    first: InputState | None = None
    if not unfinished:
        asked = messages_of(row.messages, keep_removals=False)
        first = {"messages": asked, "drafts": list(row.drafts)}
    stream = app.astream(
        first, thread, context=context, stream_mode="custom", version="v2", durability="sync"
    )
    async with aclosing(cast("AsyncGenerator[JsonObject]", stream)) as parts:
        async for part in parts:
            yield cast("AnyEvent", part["data"])


def request_of(event: RequestFinished) -> PaidRequest:
    """Return the record of a request that has come back."""
    paid: JsonObject = {**event["cost"]}
    request = PaidRequest(
        phase=event["phase"],
        round=event["round"],
        input_tokens=paid["input_tokens"],
        cached_tokens=paid["cached_tokens"],
        output_tokens=paid["output_tokens"],
        texts=paid["sequences"],
    )
    return {**request, "cost_usd": paid["cost_usd"]} if "cost_usd" in paid else request


def result_line(row: Row, state: State, error: RowError | None, seconds: float) -> RowResult:
    """Return the line of a row, from the state that its run has come to."""
    rounds = state.get("rounds") or []
    reason = state.get("stop_reason") if error is None else None
    return RowResult(
        id=row.id,
        input=json_form(row.input),
        messages=row.messages,
        answer=state.get("answer") if error is None else None,
        reward=state.get("reward") if error is None else None,
        heldout=heldout_of(state) if error is None else None,
        stop_reason=reason,
        rounds=[figures_of(one) for one in rounds],
        usage=state.get("usage"),
        seconds=round(seconds, 3),
        error=error,
        thread_id=row.id,
    )


def heldout_of(state: State) -> float | None:
    """Return what the held-out reward gave the answer, if there is one."""
    answer = answer_of(state, state.get("stop_reason"))
    found = [
        one["heldout"]
        for one in state.get("rounds") or []
        if answer and one["chosen"] == answer["id"] and one["heldout"] is not None
    ]
    return found[-1] if found else None


def figures_of(one: Round) -> RoundFigures:
    """Return the figures of a round."""
    return cast("RoundFigures", {name: one[name] for name in RoundFigures.__annotations__})  # type: ignore[literal-required]
