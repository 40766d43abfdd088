"""What is known of a reference answer outside the check itself: a mark, and never the text.

The name of a reward stands in events, in records and, within a mix, in what critics are shown; the
settings of a run stand in its results and in what is exported.
"""

from __future__ import annotations

import hashlib
import re

_WITH_REFERENCE = re.compile(r"verify:(exact|math):(.+)", re.DOTALL)


def named_by(kind: str, reference: str) -> str:
    """Return the name of a verifier: its kind, and a mark that differs with its reference.

    Example:
        >>> named_by("exact", "4")
        'verify:exact#4b227777'
    """
    return f"verify:{kind}#{hashlib.sha256(reference.encode()).hexdigest()[:8]}"


def without_reference(spec: str) -> str:
    """Return the spec of a reward with a mark in place of its reference answer.

    Example:
        >>> without_reference("cached:verify:exact:4"), without_reference("judge:")
        ('cached:verify:exact#4b227777', 'judge:')
    """
    return _WITH_REFERENCE.sub(lambda found: named_by(found[1], found[2]), spec)
