"""`tpo runs`: what is saved."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from rich.text import Text

from ...core.stopping import spent
from .. import words
from ..console import page, table
from ..saved.session import open_session, query_of, status_of, values_of
from ..saved.store import Store, latest_runs, open_store, store_path

WIDE = 110  # columns of a terminal that has room for the policy
STYLES = {"finished": "green", "failed": "red", "waiting": "yellow", "interrupted": "yellow"}


def list_runs(limit: int, db: str | None, as_json: bool) -> int:
    """Print the runs touched last, and return the exit code."""
    path = store_path(db)
    rows = asyncio.run(_rows(limit, path)) if path.exists() else []
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))  # noqa: T201
    else:
        _print_table(rows)
    return 0


async def _rows(limit: int, path: Path) -> list[dict[str, Any]]:
    async with open_store(path) as store:
        return [await _row(store, id) for id in await latest_runs(store, limit)]  # noqa: A001


async def _row(store: Store, id: str) -> dict[str, Any]:
    session = await open_session(store, id)
    state = await session.state()
    values, context = values_of(state), session.context
    rounds = values.get("rounds") or []
    best = [r["best"] for r in rounds if r["best"] is not None]
    reward = values.get("reward")
    return {
        "id": id,
        "when": state.created_at,
        "status": status_of(session, state),
        "stop_reason": values.get("stop_reason"),
        "mode": context.mode,
        "depth": context.rounds,
        "width": context.width,
        "round": values.get("round", 0),
        "policy": words.shown(context.policy),
        "reward_model": words.shown(context.reward),
        "reward": reward if reward is not None else max(best, default=None),
        "requests": spent(values)["requests"],
        "query": query_of(state),
    }


def _print_table(rows: list[dict[str, Any]]) -> None:
    with page() as console:
        if not rows:
            console.print(Text("There are no runs yet."))
            return
        wide = console.width >= WIDE
        numbers = ("reward", "requests")
        names = ("id", "when", "status", "search", *numbers, *(["policy"] if wide else []))
        made = table(*names, "prompt", right=numbers)
        for row in rows:
            made.add_row(
                row["id"],
                Text(words.age(row["when"]), no_wrap=True),
                Text(_status(row), STYLES.get(row["status"], ""), no_wrap=True),
                Text(f"{words.MODES[row['mode']]} {row['depth']}x{row['width']}", no_wrap=True),
                words.reward(row["reward"]),
                str(row["requests"]),
                *([words.short(row["policy"], 30)] if wide else []),
                Text(words.short(row["query"], 60), no_wrap=True, overflow="ellipsis"),
            )
        console.print(made)


def _status(row: dict[str, Any]) -> str:
    if row["status"] == "stopped":
        return f"stopped: {row['stop_reason']}"
    if row["status"] in {"interrupted", "failed", "running"}:
        return f"{row['status']} in round {row['round']}"
    return str(row["status"])
