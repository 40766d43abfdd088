"""What the checks of `tpo doctor` found, and the verdict on policy and reward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

FIT = "TPO will work with this policy and this reward."
DOUBTFUL = "TPO will work; read the lines marked with !."
WEAK = (
    "TPO will run, but this policy is too weak for mode tpo: its updates do not do what critiques "
    "ask. Take the mode that is recommended above, best-of-N (--depth 0), or a stronger model: "
    "--policy openai:NAME."
)
UNFIT = "TPO will not work like this; read the lines marked with ✗."
SOUND = "This reward is fit for TPO, as far as these pairs can show."
USABLE = "This reward will do; read the lines marked with !."
UNKNOWN = "Nothing is known of this reward yet; read the lines marked with !."
REVERSED = (
    "It puts fewer than half in order, so it is not fit to rank; read the lines marked with !."
)
UNSOUND = "This reward is not fit for TPO; read the lines marked with ✗."


@dataclass(frozen=True)
class Finding:
    """What one check found: a line of the report.

    Attributes:
        name: What was checked.
        state: `ok`, `warning` (it works, but know this), or `bad`.
        words: What was found.
    """

    name: str
    state: Literal["ok", "warning", "bad"]
    words: str


def graded(name: str, share: float, words: str, *, good: float, fair: float) -> Finding:
    """Return a finding whose state follows from a share between 0 and 1."""
    return Finding(name, "ok" if share >= good else "warning" if share >= fair else "bad", words)


def verdict(findings: Sequence[Finding]) -> tuple[bool, str]:
    """Return whether TPO will work, and a sentence on what to expect."""
    bad = [f.name for f in findings if f.state == "bad"]
    if not bad:
        doubtful = any(f.state == "warning" for f in findings)
        return True, DOUBTFUL if doubtful else FIT
    return False, WEAK if bad == ["follows critiques"] else UNFIT


def verdict_on_reward(
    findings: Sequence[Finding], pairs: Sequence[bool | None]
) -> tuple[bool | None, str]:
    """Return whether a reward is fit, and its accuracy; `None` if nothing is known.

    Args:
        findings: What the checks found.
        pairs: Of each whether it is in order; `None` if the reward puts neither answer first.
    """
    states = {finding.state for finding in findings}
    decided = [pair for pair in pairs if pair is not None]
    right, ties = sum(decided), len(pairs) - len(decided)
    share = ""
    if decided:
        rest = f", {ties} more with neither first" if ties else ""
        share = f"{right} of {len(decided)} pairs ({right / len(decided):.0%}){rest}"
        share = f"Accuracy: {share}. "
    if "bad" in states:
        return False, share + UNSOUND
    if not decided:
        return None, UNKNOWN
    if right < len(decided) / 2:
        return False, share + REVERSED
    return True, share + (USABLE if "warning" in states else SOUND)
