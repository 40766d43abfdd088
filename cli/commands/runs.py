"""`tpo runs`: a table of the saved runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from ...core.errors import InputError
from ...core.number_format import age, count, reward, size
from ...core.phrases import MODES
from ...datasets.records import PARTS
from ..console import harmless, page, say, short, table
from ..saved.batch_rows import BatchRows, is_batch, open_batch_rows
from ..saved.deletion import sizes
from ..saved.run_row import RunRow, row_of
from ..saved.saved_run import load_run
from ..saved.store import find_run, how_many_threads, latest_runs, open_store, store_path

WIDE = 110  # columns of a terminal that has room for the policy
STYLES = {"finished": "green", "failed": "red", "waiting": "yellow", "interrupted": "yellow"}


def list_runs(
    limit: int, ids: Sequence[str], db: str | None, as_json: bool, with_size: bool
) -> int:
    """Print the latest runs, or those named; say which are not listed; return the exit code."""
    path = store_path(db)
    rows, unlisted = list[RunRow](), ""
    if is_batch(path):
        if with_size:
            raise InputError(f"--size is of a file of saved runs, and {path} is a batch's folder")
        rows, unlisted = asyncio.run(_listed_of_batch(path, limit, ids))
    elif path.exists():
        rows, unlisted = asyncio.run(_listed(path, limit, ids, with_size))
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
    else:
        _print_table(rows)
    if with_size and path.exists():
        say(f"{path}: {size(path.stat().st_size)}")
    if unlisted:
        say(unlisted)
    return 0


async def _listed(
    path: Path, limit: int, ids: Sequence[str], with_size: bool
) -> tuple[list[RunRow], str]:
    async with open_store(path) as store:
        named = [await find_run(store, beginning) for beginning in ids]
        ours = [] if named else await latest_runs(store)
        rows = [await row_of(await load_run(store, run_id, {})) for run_id in named or ours[:limit]]
        if with_size:
            weights = await sizes(store)
            for row in rows:
                row["bytes"] = weights.get(row["id"], 0)
        threads = await how_many_threads(store)
        return rows, "" if named else _unlisted(len(rows), len(ours), threads - len(ours))


async def _listed_of_batch(path: Path, limit: int, ids: Sequence[str]) -> tuple[list[RunRow], str]:
    async with open_batch_rows(path) as batch:
        named = [batch.find(beginning) for beginning in ids]
        rows = await batch.rows(named or batch.ids[:limit])
        return rows, "" if named else _unlisted_of_batch(batch, len(rows))


def _unlisted(listed: int, ours: int, others: int) -> str:
    """Return which threads of the file are not listed, in words."""
    older = f"{ours - listed} older (all: tpo runs --limit {ours})" if ours > listed else ""
    foreign = f"{count(others, 'thread')} of other programs in this file" if others else ""
    return f"Not listed: {said}" if (said := "; ".join(filter(None, (older, foreign)))) else ""


def _unlisted_of_batch(batch: BatchRows, listed: int) -> str:
    """Return which rows of a batch are not listed, in words."""
    begun = len(batch.ids)
    said = [f"{begun - listed} older (all: tpo runs --limit {begun})"] if begun > listed else []
    if where := batch.about.get("checkpoints"):
        said.append(f"rows under way, which are in {where}")
    elif (parts := batch.folder / PARTS).exists():
        said.append(f"rows under way on a cluster (tpo runs --db {parts}/NAME)")
    elif left := batch.about["rows"]["count"] - begun:
        said.append(f"{count(left, 'row')} not begun")
    return f"Not listed: {'; '.join(said)}" if said else ""


def _print_table(rows: list[RunRow]) -> None:
    with page() as console:
        if not rows:
            console.print(Text("There are no saved runs."))
            return
        policy = ["policy"] if console.width >= WIDE else []
        weight = ["size"] if "bytes" in rows[0] else []
        columns = ("id", "when", "status", "search", "reward", "requests", *weight, *policy)
        made = table(*columns, "prompt", right=("reward", "requests", "size"))
        for row in rows:
            policies = [short(row["policy"], 30)] if policy else []
            query = Text(short(row["query"], 60), no_wrap=True, overflow="ellipsis")
            made.add_row(*cells(row), *policies, query)
        console.print(made)


def cells(row: RunRow) -> list[str | Text]:
    """Return the cells of a run, but for its policy and its prompt."""
    return [
        Text(harmless(row["id"])),
        Text(age(row["when"]), no_wrap=True),
        Text(_status(row), STYLES.get(row["status"], ""), no_wrap=True),
        Text(f"{MODES[row['mode']]} {row['depth']}x{row['width']}", no_wrap=True),
        reward(row["reward"]),
        str(row["requests"]),
        *([size(row["bytes"])] if "bytes" in row else []),
    ]


def _status(row: RunRow) -> str:
    if row["status"] == "stopped":
        return f"stopped: {row['stop_reason']}"
    if row["status"] in {"interrupted", "failed", "running"}:
        return f"{row['status']} in round {row['round']}"
    return row["status"]
