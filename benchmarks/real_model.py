"""A real model, answers that a program checks: best-of-N, TPO and other arms side by side.

All arms share the first samples of a row. Finished rows are kept in a JSONL store, so a run
that is stopped goes on where it was:

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
from pathlib import Path
from typing import Any

os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # before the model's server is started
sys.path.insert(0, str(Path(__file__).resolve().parent / "real"))

from arms import ARMS, FIRST, run_arm, token_counter
from report import report, solved
from row_store import Store, read_lines
from task_rows import Row, read_rows


async def sample(options: argparse.Namespace) -> None:
    """Find the rows, then run arm after arm on them; what the store has is skipped."""
    rows = read_rows(options.task, options.rows, seed=options.seed, most_words=options.most_words)
    names = ("task", "policy", "seed", "max_tokens", "critique_max_tokens", "most_words")
    setup = {name: getattr(options, name) for name in names}
    setup["policy"] = setup["policy"].rpartition("/")[2]
    store = Store(options.store, setup)
    common = {
        "policy": options.policy, "seed": options.seed, "max_tokens": options.max_tokens,
        "critique_max_tokens": options.critique_max_tokens, "sampling": options.sampling,
        "timeout": 3600, "retries": 0,
    }  # fmt: skip
    count = token_counter(options.policy)

    async def finish(row: Row, arm: str) -> dict[str, Any]:
        """Return a record, from the store or new."""
        if kept := store.get(row.key, arm):
            return kept
        first = store.get(row.key, FIRST) if arm != FIRST else None
        usable = [c["text"] for c in first["candidates"] if not c["error"]] if first else []
        record = await run_arm(row, arm, usable, count, **common)
        store.add(record)
        print(
            f"{time.strftime('%H:%M')} row {row.key:>5} {arm:18} {record['seconds']:6.0f} s, "
            f"reward {record['reward']:.2f}, {record['stop_reason']}",
            flush=True,
        )
        return record

    chosen: list[Row] = []
    for row in rows:
        if len(chosen) == options.count:
            break
        if not solved(await finish(row, FIRST)):
            chosen.append(row)
    print(f"{len(chosen)} rows that the first samples do not solve", flush=True)
    for arm in options.arms or ARMS:
        if not ARMS[arm].exists():
            print(f"{arm}: not in this version", flush=True)
            continue
        for row in chosen:
            await finish(row, arm)


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
    run.add_argument("--store", type=Path, required=True)
    show = commands.add_parser("report", help="print what the store shows")
    show.add_argument("--store", type=Path, required=True)
    options = parser.parse_args()
    if options.command == "run":
        asyncio.run(sample(options))
        return
    lines = read_lines(options.store)
    print(*(line["setup"] for line in lines if "setup" in line))
    print(report({(line["row"], line["arm"]): line for line in lines if "row" in line}))


if __name__ == "__main__":
    main()
