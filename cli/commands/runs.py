"""`tpo runs`: a table of the saved runs."""

from __future__ import annotations

import asyncio
import json

from rich.text import Text
from typing_extensions import TypedDict

from ...core.context import Mode
from ...core.login import without_login
from ...core.number_format import age, reward
from ...core.phrases import MODES
from ...core.several_policies import named_policies
from ...core.state import StopReason
from ...core.stopping import spent
from ..console import page, short, table
from ..saved.saved_run import load_run
from ..saved.status import Status, query_of, status_of, values_of
from ..saved.store import Store, latest_runs, open_store, store_path

WIDE = 110  # columns of a terminal that has room for the policy
STYLES = {"finished": "green", "failed": "red", "waiting": "yellow", "interrupted": "yellow"}


class RunRow(TypedDict):
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
    query: str


def list_runs(limit: int, db: str | None, as_json: bool) -> int:
    """Print the latest runs, and return the exit code."""
    path = store_path(db)

    async def read() -> list[RunRow]:
        async with open_store(path) as store:
            return [await _row(store, run_id) for run_id in await latest_runs(store, limit)]

    rows = asyncio.run(read()) if path.exists() else []
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        _print_table(rows)
    return 0


async def _row(store: Store, run_id: str) -> RunRow:
    run = await load_run(store, run_id, {})
    state = await run.state()
    values, context = values_of(state), run.context
    rounds = values.get("rounds") or []
    best = [r["best"] for r in rounds if r["best"] is not None]
    final = values.get("reward")
    return {
        "id": run_id,
        "when": state.created_at,
        "status": status_of(run, state),
        "stop_reason": values.get("stop_reason"),
        "mode": context.mode,
        "depth": context.rounds,
        "width": context.width,
        "round": values.get("round", 0),
        "policy": named_policies(context),
        "reward_model": without_login(context.reward),
        "reward": final if final is not None else max(best, default=None),
        "requests": spent(values)["requests"],
        "query": query_of(state),
    }


def _print_table(rows: list[RunRow]) -> None:
    with page() as console:
        if not rows:
            console.print(Text("There are no saved runs."))
            return
        policy = ["policy"] if console.width >= WIDE else []
        columns = ("id", "when", "status", "search", "reward", "requests", *policy, "prompt")
        made = table(*columns, right=("reward", "requests"))
        for row in rows:
            made.add_row(
                row["id"],
                Text(age(row["when"]), no_wrap=True),
                Text(_status(row), STYLES.get(row["status"], ""), no_wrap=True),
                Text(f"{MODES[row['mode']]} {row['depth']}x{row['width']}", no_wrap=True),
                reward(row["reward"]),
                str(row["requests"]),
                *([short(row["policy"], 30)] if policy else []),
                Text(short(row["query"], 60), no_wrap=True, overflow="ellipsis"),
            )
        console.print(made)


def _status(row: RunRow) -> str:
    if row["status"] == "stopped":
        return f"stopped: {row['stop_reason']}"
    if row["status"] in {"interrupted", "failed", "running"}:
        return f"{row['status']} in round {row['round']}"
    return row["status"]
