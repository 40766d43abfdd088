"""The rows of a comparison, with what each arm answered."""

from __future__ import annotations

from ...core.pool import reward_of
from ..records import RowResult
from .comparison import ComparedAnswer, ComparedRow
from .matching import Matched
from .reached import Reached

CATEGORIES = ("category", "dataset", "task", "subject", "type")


def compared_row(rows: Matched, id: str) -> ComparedRow:
    """Return one row with what each arm answered."""
    answers = {arm.name: compared_answer(rows.points[arm.name][id]) for arm in rows.arms}
    return with_answers(rows.arms[0].results[id], answers)


def with_answers(given: RowResult, answers: dict[str, ComparedAnswer]) -> ComparedRow:
    """Return a row with its query and category as they were read.

    Args:
        given: What became of it in one of the arms.
        answers: What each arm answered.
    """
    text = given["messages"][-1].get("content", "") if given["messages"] else ""
    named = (given["input"].get(name) for name in CATEGORIES)
    return ComparedRow(
        id=given["id"],
        query=text if isinstance(text, str) else str(text),
        category=next((value for value in named if isinstance(value, str)), ""),
        answers=answers,
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
