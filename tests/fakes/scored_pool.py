"""Candidates of a pool that were scored, with no more of them than a reward looks at."""

from __future__ import annotations

from tpo.core.state import Candidate


def ranked(text: str, reward: float, nth: int = 0, **parts: float) -> Candidate:
    return Candidate(
        id=f"r{nth}: {text}", turn=1, round=nth, index=0, text=text, reward=reward, parts=parts,
        error=None, failure=None, finish_reason="stop", parent_round=None,
    )  # fmt: skip
