"""What a batch came to: its answers, its means, and how they grew round by round."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from ...core.dollars import is_whole_price
from ...core.round_critique import texts_in
from ...core.usage import Cost, cost
from ..compare.compared_rows import with_answers
from ..compare.comparison import ArmSummary, ComparedAnswer, ComparedRow, CurvePoint
from ..compare.summaries import known_mean, mean_of
from ..records import RoundFigures, RowPool, RowResult


def batch_row(name: str, row: RowResult, pool: RowPool | None) -> ComparedRow:
    """Return an answered row of a batch.

    Args:
        name: Of the batch, which is the only arm.
        row: What became of it.
        pool: All its candidates, if they are known.
    """
    return with_answers(row, {name: batch_answer(row, pool)})


def batch_answer(row: RowResult, pool: RowPool | None) -> ComparedAnswer:
    """Return the answer of a row, with what its pool says of it."""
    text, paid = row["answer"] or "", total_of(row)
    found = [c for c in pool["candidates"] if c["text"] == text] if pool else []
    checks = found[0].get("checks") or [] if found else []
    verdicts = [check["passed"] for check in checks if "passed" in check]
    rounds = pool["rounds"] if pool else []
    return ComparedAnswer(
        text=text,
        reward=math.nan if row["reward"] is None else row["reward"],
        heldout=row["heldout"],
        passed=all(verdicts) if verdicts else None,
        tokens=paid["input_tokens"] + paid["output_tokens"],
        cost_usd=price_of_row(paid),
        round=found[0]["round"] if found else 0,
        feedback=found[0].get("feedback", "") if found else "",
        checks=checks,
        critiques=[said for r in rounds for said in texts_in(r, "loss", "gradient")],
    )


def total_of(row: RowResult) -> Cost:
    """Return what a row cost."""
    return row["usage"]["total"] if row["usage"] else cost()


def price_of_row(paid: Cost) -> float | None:
    """Return the dollars of a row, or `None` if the price of a part is not known."""
    return paid.get("cost_usd", 0.0) if is_whole_price(paid) else None


def batch_arm(results: Sequence[RowResult], rows: Sequence[ComparedRow], failed: int) -> ArmSummary:
    """Return the means of a batch over its answered rows."""
    (name,) = rows[0]["answers"]
    answers, paid = [row["answers"][name] for row in rows], [*map(total_of, results)]
    return ArmSummary(
        name=name,
        settings={},
        rows=len(rows),
        failed=failed,
        reward=known_mean([row["reward"] for row in results]) or 0.0,
        heldout=known_mean([row["heldout"] for row in results]),
        accuracy=known_mean([answer["passed"] for answer in answers]),
        length=fmean(len(answer["text"]) for answer in answers),
        tokens=fmean(answer["tokens"] for answer in answers),
        texts=fmean(one["sequences"] for one in paid),
        requests=fmean(one["requests"] for one in paid),
        seconds=fmean(row["seconds"] for row in results),
        cost_usd=mean_of([answer["cost_usd"] for answer in answers]),
        from_first=fmean(answer["round"] == 0 for answer in answers),
        curve=batch_curve(results),
    )


def batch_curve(results: Sequence[RowResult]) -> list[CurvePoint]:
    """Return the means after each round; a row that ended stays as it was."""
    last = max((r["round"] for row in results for r in row["rounds"]), default=-1)
    points = []
    for number in range(last + 1):
        stands = [stand_after(row, number) for row in results]
        reward = known_mean([stand["reward"] for stand in stands if stand])
        if reward is not None:
            points.append(
                CurvePoint(
                    round=number,
                    reward=reward,
                    heldout=mean_of([stand["heldout"] for stand in stands if stand]),
                    length=known_mean([stand["best_length"] for stand in stands if stand]) or 0.0,
                    tokens=math.nan,  # what a round cost is not among the figures of a row
                    cost_usd=None,
                )
            )
    return points


def stand_after(row: RowResult, number: int) -> RoundFigures | None:
    """Return the figures of a row after a round; those of its last one once it has ended."""
    return next((r for r in reversed(row["rounds"]) if r["round"] <= number), None)
