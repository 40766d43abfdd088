"""Whether a model repeats itself: N answers of one text are paid N times and rank nothing."""

from __future__ import annotations

from collections.abc import Sequence

from .state import Candidate


def repetition(candidates: Sequence[Candidate]) -> str | None:
    """Return a sentence for the person if all answers of a round are the same text.

    Args:
        candidates: Those of the round; drafts and failures do not count.

    Example:
        >>> repetition([])
    """
    texts = [c["text"] for c in candidates if c["error"] is None and not c.get("drafted")]
    if len(texts) < 2 or len(set(texts)) > 1:
        return None
    return (
        f"all {len(texts)} answers of this round are the same text, so there is nothing to choose "
        "from: the model's temperature may be 0, its seed fixed or its replies cached; or it "
        "counts its calls on itself, while each request goes to a copy of it"
    )
