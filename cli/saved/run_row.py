"""What a table of runs says of each."""

from __future__ import annotations

from typing_extensions import TypedDict

from ...core.context import Context, Mode
from ...core.final_answer import answer_of
from ...core.provenance import settings_shown
from ...core.several_policies import named_policies
from ...core.stop_reason import StopReason
from ...core.stopping import spent
from .saved_run import SavedRun
from .status import Status, query_of, status_of, values_of


class RunRow(TypedDict, total=False):
    """What the table and `--json` say of a run."""

    id: str
    when: str | None
    status: Status
    stop_reason: StopReason | None
    mode: Mode
    depth: int
    width: int
    round: int
    policy: str
    reward_model: str
    reward: float | None
    requests: int
    cost_usd: float | None
    query: str
    bytes: int


async def row_of(run: SavedRun) -> RunRow:
    """Return what is said of a run, from its newest state."""
    state = await run.state()
    values = values_of(state)
    paid, leader = spent(values), answer_of(values, values.get("stop_reason"))
    return {
        "id": run.id,
        "when": state.created_at,
        "status": status_of(run, state),
        "stop_reason": values.get("stop_reason"),
        **search_of(run.context),
        "round": values.get("round", 0),
        "reward": leader["reward"] if leader else None,
        "requests": paid["requests"],
        "cost_usd": paid.get("cost_usd"),
        "query": query_of(state),
    }


def search_of(context: Context) -> RunRow:
    """Return what is said of the settings of a run."""
    return {
        "mode": context.mode,
        "depth": context.rounds,
        "width": context.width,
        "policy": named_policies(context),
        "reward_model": settings_shown(context)["reward"],
    }
