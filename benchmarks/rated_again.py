"""Whether a judge that is asked again picks better answers, on answers that a program has checked.

From a store of `real_model.py` it takes the first samples of rows that some of them solve and some
do not. A judge rates each answer three times, as in a run with `ratings=3`: at its own temperature,
and then at that of a further rating. Printed is how often the answer it picks is right if it
rates once, if whoever leads is rated again, and if all answers are rated three times.

    python benchmarks/rated_again.py --store gsm8k.store.jsonl --rows gsm8k-test.jsonl \\
        --judge openai:NAME@http://127.0.0.1:8080/v1 --kept ratings.jsonl
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent / "real"))

from langchain_core.messages import HumanMessage
from row_store import append, read_lines
from task_rows import ASKED_LAST, read_rows

import tpo
from tpo.core.ratings import with_ratings
from tpo.rewards.planned_reward import Job, score_job

TIMES = range(3)
Ratings = list[list[float | None]]  # by time, then by answer


async def rate(judge: str, prompt: str, answers: list[str]) -> Ratings:
    """Have a judge rate some answers, once for each of `TIMES`."""
    table = []
    for nth in TIMES:
        asked = tpo.Judge(judge, reasons=True, nth=nth)
        job = Job([HumanMessage(prompt)], answers, settings=tpo.Context(seed=7, timeout=900))
        scores = await score_job(asked, job, lambda call: asked.call(job, call))  # noqa: B023
        table.append([score["reward"] for score in scores])
    return table


async def rate_all(options: argparse.Namespace) -> None:
    """Rate what is not in the kept file yet, some rows at the same time."""
    rows = read_rows("gsm8k", options.rows, seed=11, most_words=400)
    questions = {row.key: row.prompt.removesuffix(ASKED_LAST) for row in rows}
    done = {line["row"] for line in read_lines(options.kept)}
    gate = asyncio.Semaphore(options.rows_at_once)

    async def one(first: dict[str, Any]) -> None:
        answers = [c["text"] for c in first["candidates"]]
        right = [(c["reward"] or 0) >= 1 for c in first["candidates"]]
        if first["row"] in done or len(set(right)) == 1:
            return
        async with gate:
            table = await rate(options.judge, questions[first["row"]], answers)
        append(options.kept, {"row": first["row"], "right": right, "ratings": table})

    firsts = [line for line in read_lines(options.store) if line.get("arm") == "first"]
    await asyncio.gather(*map(one, firsts))


def leader(ratings: Sequence[float | None]) -> int:
    """Return which answer leads; the earliest on a tie."""
    return max(range(len(ratings)), key=lambda nth: (ratings[nth] or -1.0, -nth))


def pick_again(table: Ratings) -> tuple[int, int]:
    """Return which answer leads once whoever does is rated again, and how many ratings it took."""
    now, rated = list(table[0]), set[int]()
    while (first := leader(now)) not in rated:
        rated.add(first)
        again = [tpo.scored(v) for row in table[1:] if (v := row[first]) is not None]
        now[first] = with_ratings(tpo.scored(now[first] or 0.0), again)["reward"]
    return first, len(rated) * (len(table) - 1)


def report(rows: list[dict[str, Any]]) -> str:
    """Say how often each way picks a right answer."""

    def means(table: Ratings) -> list[float]:
        return [fmean([v for v in of if v is not None] or [0.0]) for of in zip(*table, strict=True)]

    once = [row["right"][leader(row["ratings"][0])] for row in rows]
    again = [row["right"][pick_again(row["ratings"])[0]] for row in rows]
    thrice = [row["right"][leader(means(row["ratings"]))] for row in rows]
    differ = [int(a) - int(b) for a, b in zip(again, once, strict=True)]
    more = fmean(pick_again(row["ratings"])[1] for row in rows)
    lines = [
        f"{len(rows)} rows; a random answer is right in {sum(fmean(r['right']) for r in rows):.0f}",
        f"rated once {sum(once)}, who leads again {sum(again)} ({more:.1f} further ratings), "
        f"all three times {sum(thrice)}; again less once {sum(differ):+} "
        f"±{sqrt(len(rows)) * pstdev(differ):.1f}",
    ]
    for nth in TIMES:
        pairs = [
            pair for row in rows for pair in zip(row["ratings"][nth], row["right"], strict=True)
        ]
        good, bad = (
            [v for v, ok in pairs if ok is want and v is not None] for want in (True, False)
        )
        lines.append(
            f"time {nth + 1}: right answers {fmean(good):.2f}, wrong ones {fmean(bad):.2f}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--store", type=Path, required=True, help="of real_model.py, GSM8K")
    parser.add_argument("--rows", type=Path, required=True, help="the rows it was made with")
    parser.add_argument("--judge", required=True, help="which model judges, as in judge:MODEL")
    parser.add_argument("--kept", type=Path, required=True, help="a file that keeps the ratings")
    parser.add_argument("--rows-at-once", type=int, default=4)
    options = parser.parse_args()
    asyncio.run(rate_all(options))
    if not (rated := list(read_lines(options.kept))):
        parser.error("no row of the store has right and wrong first samples")
    print(report(rated))


if __name__ == "__main__":
    main()
