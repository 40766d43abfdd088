"""Answers that were vetoed because they do not fit the schema: what a critique says of them.

They are never the answer. But while no answer fits, one of them is what the critic looks at, so
that its faults reach loss and gradient; later they are what the best answer is held against.
"""

from __future__ import annotations

from collections.abc import Sequence

from .errors import evidence
from .failure import failure_of
from .state import Candidate

FORM = "answer_schema"  # the name of the check, among the parts of a score


def out_of_form(pool: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates that do not fit the schema."""
    return [c for c in pool if c.get("parts", {}).get(FORM) == 0.0 and failure_of(c) == "vetoed"]


def mendable(pool: Sequence[Candidate], rounds: int) -> bool:
    """Return whether a round is left that goes by what is wrong with answers that do not fit."""
    return bool(out_of_form(pool)) and max(c["round"] for c in pool) < rounds


def unfit(pool: Sequence[Candidate]) -> str:
    """Return what is wrong with the newest answer that does not fit; "" if there is none."""
    said = [c.get("feedback", "") for c in out_of_form(pool)[-1:]]
    return "".join(f" ({evidence(one)})" for one in said if one)


def contrast_with_form(
    pool: Sequence[Candidate],
    round: int,
    chosen: Candidate | None,
    rejected: Candidate | None,
) -> tuple[Candidate | None, Candidate | None]:
    """Return what the critique of a round is about, given the best and the worst that fit.

    Args:
        pool: All candidates.
        round: The round that was ranked.
        chosen: The best answer.
        rejected: The worst.
    """
    if not (wrong := out_of_form(pool)):
        return chosen, rejected
    now = [c for c in wrong if c["round"] == round]
    if chosen is None:
        return (now or wrong)[0], None
    return chosen, next((c for c in now if c["text"] != chosen["text"]), rejected)
