"""What a reward's scores of known answers show: are they finite, raw, and in the right order?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ...rewards.base import Score
from .pairs import Kind, Probed, vetoed
from .verdict import Finding, graded

GOOD = 0.8  # the share in the right order from which nothing is to be said
NOTHING_KNOWN = (
    "so doctor's own answers tell nothing of this reward: add --prompts FILE, with prompts of yours"
)


def number_findings(scores: Sequence[Score], *, probabilities: bool = True) -> list[Finding]:
    """Check that all answers get a score or a veto, and that scores are raw.

    Probabilities saturate near 1, where good answers differ: raw logits do not.

    Args:
        scores: Those of all answers.
        probabilities: Whether scores between 0 and 1 could be these.
    """
    whole = len(scores)
    lost = [score["error"] for score in scores if score["reward"] is None and not vetoed(score)]
    numbers = [score["reward"] for score in scores if score["reward"] is not None]
    found = veto_findings(scores)
    if lost:
        words = f"{len(lost)} of {whole} answers could not be scored: {lost[0]}"
        found.insert(0, Finding("finite", "bad", words))
    elif numbers:
        all_of = f"all {whole}" if len(numbers) == whole else f"the other {len(numbers)}"
        found.insert(0, Finding("finite", "ok", f"{all_of} scores are finite numbers"))
    return [*found, raw_finding(numbers, probabilities)] if numbers else found


def veto_findings(scores: Sequence[Score]) -> list[Finding]:
    """Return how many answers are vetoed, and why; nothing if none is."""
    whys = Counter(str(score["error"]) for score in scores if vetoed(score))
    if not (lost := whys.total()):
        return []
    shown = ", ".join(f"{why} ({n})" for why, n in whys.most_common(3))
    words = f"{lost} of {len(scores)} answers, by a verdict and not a failure: {shown}"
    if lost == len(scores):
        return [Finding("vetoed", "warning", f"{words}, {NOTHING_KNOWN}")]
    return [Finding("vetoed", "ok", words)]


def raw_finding(numbers: Sequence[float], probabilities: bool) -> Finding:
    """Return what the range of the scores shows."""
    least, most = min(numbers), max(numbers)
    if least == most:
        if most in {0, 1}:
            check = "all pass" if most else "none passes"
            words = f"every answer gets {most:g}, as from a check that {check}, {NOTHING_KNOWN}"
            return Finding("raw", "warning", words)
        words = "every answer gets the same score, so nothing can be ranked"
        return Finding("raw", "bad", words)
    words = f"scores from {least:.3g} to {most:.3g}"
    within = least >= 0 and most <= 1 and not set(numbers) <= {0, 1}
    if probabilities and within:
        advice = "if these are probabilities, make it return raw scores instead"
        return Finding("raw", "warning", f"{words}; {advice}")
    return Finding("raw", "ok", words)


def order_finding(kind: Kind, probed: Sequence[Probed]) -> Finding:
    """Return how many pairs of a kind are in the right order; ties are neither for nor against."""
    wrong = [one.pair.worse_is for one in probed if one.right is False]
    right = sum(one.right is True for one in probed)
    decided = right + len(wrong)
    words = f"{right} of {decided} pairs in the right order ({kind.means})"
    if not decided:
        words = f"in none of {len(probed)} pairs one answer comes first ({kind.means})"
    elif ties := len(probed) - decided:
        words += f", {ties} more with neither first"
    if wrong and not kind.advice:
        words += f"; it ranked these too high: {', '.join(wrong)}"
    share = right / decided if decided else 1.0
    finding = graded(kind.name, share, words, good=GOOD, fair=kind.fair)
    if finding.state != "ok":
        return replace(finding, words=words + kind.advice)
    return graded(kind.name, right / len(probed), words, good=GOOD, fair=0)
