"""One row: its run, which goes on where it was stopped; what is written of it is in `row_lines`."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import aclosing

from ...core.context import Context
from ...core.errors import cause_of
from ...core.events import AnyEvent
from ...core.login import without_login
from ...core.state import State
from ...core.usage import Cost, Phase
from ...graphs.loop import TPOApp
from ...models.kept_costs import COSTS, KeptCosts
from ..records import PaidRequest, RowError, RowPool, RowResult
from ..rows.own_settings import with_own_settings
from ..rows.row import Row
from .judges_cost import JudgesCost, not_told
from .paid_so_far import PaidSoFar
from .row_lines import RowLines
from .row_turns import RowTurns

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
        context: The settings of all rows.
        watch: Called with every event.
        paid: Remembers its requests.

    Returns:
        What is written of it. A run that fails is a row with its reason; a row that is
        cancelled raises as usual.
    """
    begun, error = time.monotonic(), None
    turns = RowTurns(app, row, with_own_settings(context, row.settings))
    states: list[State] = []
    await paid.begin(row.id)
    try:
        while len(states) < turns.count:
            states.append(await answer_question(turns, len(states) + 1, watch, paid))
    except Exception as failed:  # noqa: BLE001  a failure is a row like any other
        error = RowError(kind=type(failed).__name__, message=without_login(cause_of(failed)))
        states.append(await turns.under_way(len(states) + 1))
    for turn, state in enumerate(states, 1):
        if judges := not_told(state, paid.of(row.id, turn)):
            await paid.add(row.id, *judging_of(judges, turn))
    lines = RowLines(row, states, paid.of(row.id), error)
    return lines.result(time.monotonic() - begun), lines.pool()


async def answer_question(turns: RowTurns, turn: int, watch: Watch, paid: PaidSoFar) -> State:
    """Answer a question of a row, or go on with it, and return the state at its end."""
    row = turns.row

    async def keep(phase: Phase, round: int, request: str, cost: Cost) -> None:
        name = f"{turn} {phase} {round} {request}"
        await paid.add(row.id, name, paid_request(phase, round, cost, turn))

    COSTS.set(KeptCosts(turns.context, keep))
    async with aclosing(turns.events(turn)) as events:
        async for event in events:
            if isinstance(event, JudgesCost):
                await paid.add(row.id, *judging_of(event, turn))
            else:
                watch(row, event)
    return await turns.end_of(turn)


def judging_of(judges: JudgesCost, turn: int) -> tuple[str, PaidRequest]:
    """Return a name for the requests of a step's judges, and their one record."""
    record = paid_request("rank", judges.round, judges.cost, turn)
    record["requests"], record["texts"] = judges.cost["requests"], 0
    return f"{turn} rank {judges.round} {judges.step}", record


def paid_request(phase: Phase, round: int, paid: Cost, turn: int) -> PaidRequest:
    """Return the record of what was paid for."""
    request = PaidRequest(
        phase=phase,
        round=round,
        input_tokens=paid["input_tokens"],
        cached_tokens=paid["cached_tokens"],
        output_tokens=paid["output_tokens"],
        texts=paid["sequences"],
    )
    if turn > 1:
        request["turn"] = turn
    if paid.get("priced_requests") == paid["requests"]:
        request["cost_usd"] = paid.get("cost_usd")
    return request
