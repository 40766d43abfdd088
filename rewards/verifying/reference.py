"""What is known of a reference answer outside the check itself: a mark, and never the text.

The name of a reward stands in events, in records and, within a mix, in what critics are shown.
"""

from __future__ import annotations

import hashlib


def named_by(kind: str, reference: str) -> str:
    """Return the name of a verifier: its kind, and a mark that differs with its reference.

    Example:
        >>> named_by("exact", "4")
        'verify:exact#4b227777'
    """
    return f"verify:{kind}#{hashlib.sha256(reference.encode()).hexdigest()[:8]}"
