"""What the reward says is wrong with answers: what rewrites and advised answers can go by."""

from __future__ import annotations

from collections.abc import Sequence

from .feedback import Check, Feedback, feedback_text
from .pool import best_first
from .state import Candidate
from .vetoes import ruled_out

MOST_VERSIONS = 3  # of what the rewrites, or the advised answers, of one round go by


def failed_checks(*records: Feedback) -> list[Check]:
    """Return the checks of answers that did not pass; those with a score alone pass with 1.

    One without either counts if none of its answer has one: it is then all that is said.
    """
    failed: list[Check] = []
    for record in records:
        checks = record.get("checks") or ()
        judged = any("passed" in check or "score" in check for check in checks)
        failed += [c for c in checks if not c.get("passed", c.get("score", judged) >= 1)]
    return failed


def faults(record: Feedback) -> frozenset[str]:
    """Return the names of the checks that failed; without any checks, the words of the reward."""
    if record.get("checks"):
        return frozenset(check["criterion"] for check in failed_checks(record))
    return frozenset(filter(None, [record.get("feedback")]))


def faults_text(*records: Feedback) -> str:
    """Return what is wrong with answers as lines, each check once; "" if nothing is said.

    Example:
        >>> passed, failed = ({"criterion": name, "passed": name == "a"} for name in "ab")
        >>> faults_text({"checks": [passed, failed]})
        '- failed: b'
    """
    checks: dict[str, Check] = {}
    words: dict[str, None] = {}
    for record in filter(faults, records):  # what is said beside checks that passed is praise
        for check in failed_checks(record):
            checks.setdefault(check["criterion"], check)
        words.setdefault(record.get("feedback") or "")
    said = Feedback(checks=list(checks.values()), feedback="\n".join(filter(None, words)))
    return feedback_text(said)


def with_other_faults(pool: Sequence[Candidate], chosen: Candidate, most: int) -> list[Candidate]:
    """Return good answers, the chosen one first, each with different faults; vetoed ones last.

    Args:
        pool: The candidates so far.
        chosen: The answer to begin with; left out if nothing is said of it.
        most: How many there may be.
    """
    found = {faults(chosen): chosen}
    for candidate in (*best_first(pool), *ruled_out(pool)):
        found.setdefault(faults(candidate), candidate)
    return [candidate for wrong, candidate in found.items() if wrong][:most]
