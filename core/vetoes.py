"""Answers that were vetoed by a reward that says why: what a critique says of them.

They are never the answer. But while no answer can be used, one of them is what the critic looks at,
so that its faults reach loss and gradient; later they are what the best answer is held against.
"""

from __future__ import annotations

from collections.abc import Sequence

from .errors import evidence
from .failure import failure_of
from .feedback import feedback_text
from .state import Candidate


def ruled_out(pool: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates that were vetoed with words: a schema, a constraint of a mix, say."""
    return [c for c in pool if failure_of(c) == "vetoed" and feedback_text(c)]


def mendable(pool: Sequence[Candidate], rounds: int) -> bool:
    """Return whether a round is left that goes by why answers were vetoed."""
    return bool(ruled_out(pool)) and max(c["round"] for c in pool) < rounds


def why_vetoed(pool: Sequence[Candidate]) -> str:
    """Return why the newest vetoed answer was, in brackets; "" if nothing is said of one."""
    return "".join(f" ({evidence(feedback_text(one))})" for one in ruled_out(pool)[-1:])


def contrast_with_vetoed(
    pool: Sequence[Candidate],
    round: int,
    chosen: Candidate | None,
    rejected: Candidate | None,
) -> tuple[Candidate | None, Candidate | None]:
    """Return what the critique of a round is about, given the best and the worst with a reward.

    Args:
        pool: All candidates.
        round: The round that was ranked.
        chosen: The best answer.
        rejected: The worst.
    """
    if not (wrong := ruled_out(pool)):
        return chosen, rejected
    now = [c for c in wrong if c["round"] == round]
    if chosen is None:
        return (now or wrong)[0], None
    return chosen, next((c for c in now if c["text"] != chosen["text"]), rejected)
