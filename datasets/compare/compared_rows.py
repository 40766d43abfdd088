"""The rows of a comparison, with what each arm answered."""

from __future__ import annotations

from ...core.pool import reward_of
from .comparison import ComparedAnswer, ComparedRow
from .matching import Matched
from .reached import Reached

CATEGORIES = ("category", "dataset", "task", "subject", "type")


def compared_row(rows: Matched, id: str) -> ComparedRow:
    """Return one row with what each arm answered."""
    given = rows.arms[0].results[id]
    text = given["messages"][-1].get("content", "") if given["messages"] else ""
    columns = given["input"]
    named = (columns[name] for name in CATEGORIES if isinstance(columns.get(name), str))
    return ComparedRow(
        id=id,
        query=text if isinstance(text, str) else str(text),
        category=next(named, ""),
        answers={arm.name: compared_answer(rows.points[arm.name][id]) for arm in rows.arms},
    )


def compared_answer(point: Reached) -> ComparedAnswer:
    """Return what one arm answered on one row."""
    return ComparedAnswer(
        text=point.candidate["text"],
        reward=reward_of(point.candidate),
        heldout=point.heldout,
        passed=point.passed,
        tokens=round(point.spend.tokens),
        cost_usd=point.spend.dollars,
        round=point.candidate["round"],
        feedback=point.candidate.get("feedback", ""),
        checks=point.candidate.get("checks") or [],
        critiques=point.critiques,
    )
