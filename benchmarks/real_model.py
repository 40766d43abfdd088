"""A real model, answers that a program checks: best-of-N, TPO and other arms side by side.

All arms share the first samples of a row. Finished rows are kept in a JSONL store, and a row under
way by the package's own checkpoints, so a run that is stopped goes on where it was:

    python benchmarks/real_model.py run --task ifeval --rows ifeval.jsonl \\
        --policy embedded:model.gguf --store ifeval.store.jsonl
    python benchmarks/real_model.py report --store ifeval.store.jsonl

The arms are a table in benchmarks/real/arms.py, the tasks are in benchmarks/real/task_rows.py.
IFEval's checkers: pip install --no-deps if-verifiable langdetect nltk immutabledict six.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections import deque
from collections.abc import AsyncIterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # before the model's server is started
sys.path.insert(0, str(Path(__file__).resolve().parent / "real"))

from arms import ARMS, FIRST, exists, run_arm, token_counter
from report import report, solved
from row_store import Store, append, read_lines
from task_rows import Row, read_rows

import tpo


class Sampling:
    """Runs arms on rows, several rows at the same time, and keeps what is finished."""

    def __init__(self, options: argparse.Namespace, saver: AsyncSqliteSaver) -> None:
        names = ("task", "policy", "seed", "max_tokens", "critique_max_tokens", "most_words")
        setup = {name: getattr(options, name) for name in names}
        setup["policy"] = Path(options.policy.rpartition(":")[2]).name
        self.options = options
        self.store = Store(options.store, setup)
        self.requests = options.store.with_suffix(".requests.jsonl")
        self.gate = asyncio.Semaphore(options.rows_at_once)
        self.count = token_counter(options.policy, options.rows_at_once)
        self.common = {
            "policy": options.policy, "seed": options.seed, "max_tokens": options.max_tokens,
            "critique_max_tokens": options.critique_max_tokens, "sampling": options.sampling,
            "timeout": 3600, "retries": 0, "checkpointer": saver,
        }  # fmt: skip

    async def finish(self, row: Row, arm: str) -> dict[str, Any] | None:
        """Return a record, from the store or new; `None` if it failed, which is said."""
        if kept := self.store.get(row.key, arm):
            return kept
        first = self.store.get(row.key, FIRST) if arm != FIRST else None
        drafts = [c["text"] for c in first["candidates"] if not c["error"]] if first else []
        async with self.gate:
            place = {"row": row.key, "arm": arm}
            paid = [one for one in read_lines(self.requests) if place.items() <= one.items()]
            keep = partial(append, self.requests)
            try:
                record = await run_arm(row, arm, drafts, self.count, paid, keep, **self.common)
            except tpo.TPOError as error:
                say(row, arm, f"failed: {error}")
                return None
        self.store.add(record)
        about = f"reward {record['reward']:.2f}, {record['stop_reason']}"
        say(row, arm, f"{record['seconds']:6.0f} s, {about}")
        return record

    async def all(self, rows: list[Row]) -> None:
        """Block by block: find rows that the first samples do not solve, then run the arms."""
        found: list[Row] = []
        done, block, most = 0, self.options.block, self.options.count
        async for row in self.unsolved(rows):
            found.append(row)
            if len(found) - done == block or len(found) == most:
                await self.arms(found[done:])
                done = len(found)
            if done == most:
                return
        await self.arms(found[done:])

    async def unsolved(self, rows: list[Row]) -> AsyncIterator[Row]:
        """Yield rows, in their order, that the first samples do not solve."""
        ahead: deque[tuple[Row, asyncio.Task[dict[str, Any] | None]]] = deque()
        left = iter(rows)
        while True:
            for row in islice(left, self.options.rows_at_once - len(ahead)):
                ahead.append((row, asyncio.create_task(self.finish(row, FIRST))))
            if not ahead:
                return
            row, task = ahead.popleft()
            first = await task
            if first and not solved(first):
                yield row

    async def arms(self, rows: list[Row]) -> None:
        """Run each arm that this version has on these rows."""
        for arm in self.options.arms or ARMS:
            if exists(arm):
                await asyncio.gather(*(self.finish(row, arm) for row in rows))
            else:
                print(f"{arm}: not in this version", flush=True)


async def sample(options: argparse.Namespace, rows: list[Row]) -> None:
    """Sample what the store does not have."""
    saved = options.store.with_suffix(".sqlite")
    async with AsyncSqliteSaver.from_conn_string(os.fspath(saved)) as saver:
        await Sampling(options, saver).all(rows)


def say(row: Row, arm: str, what: str) -> None:
    """Print a line about one arm on one row."""
    print(f"{time.strftime('%H:%M')} row {row.key:>5} {arm:18} {what}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="sample what the store does not have yet")
    run.add_argument("--task", choices=("ifeval", "gsm8k"), default="ifeval")
    run.add_argument("--rows", type=Path, required=True)
    run.add_argument("--policy", default="embedded:")
    run.add_argument("--arms", nargs="*", choices=ARMS)
    run.add_argument("--count", type=int, default=24)
    run.add_argument("--seed", type=int, default=11)
    run.add_argument("--max-tokens", type=int, default=512)
    run.add_argument("--critique-max-tokens", type=int, default=512)
    run.add_argument("--most-words", type=int, default=400)
    run.add_argument("--sampling", default="auto", choices=("auto", "native", "parallel"))
    run.add_argument("--block", type=int, default=8, help="rows before the arms begin")
    run.add_argument("--rows-at-once", type=int, default=1, help="1: repeats with the seed")
    run.add_argument("--store", type=Path, required=True)
    show = commands.add_parser("report", help="print what the store shows")
    show.add_argument("--store", type=Path, required=True)
    options = parser.parse_args()
    if options.command == "run":
        seed, most = options.seed, options.most_words
        rows = read_rows(options.task, options.rows, seed=seed, most_words=most)
        asyncio.run(sample(options, rows))
        return
    lines = read_lines(options.store)
    print(*(line["setup"] for line in lines if "setup" in line))
    print(report({(line["row"], line["arm"]): line for line in lines if "row" in line}))


if __name__ == "__main__":
    main()
