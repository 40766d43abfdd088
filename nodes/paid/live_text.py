"""Live text: what a growing reply newly shows."""

from __future__ import annotations

import re
from collections.abc import Callable

_PERHAPS_A_TAG = re.compile(r"<[a-z]{0,9}", re.IGNORECASE)  # of reasoning, not yet complete


def growing(visible: Callable[[str], str], show: Callable[[str], None]) -> Callable[[str], None]:
    """Return a sink for the pieces of one reply.

    Args:
        visible: What of the reply so far may be shown (reasoning and tags are not).
        show: Called with each new piece of that.
    """
    raw = shown = ""
    due = 0  # reading a reply anew at every piece would cost the square of its length

    def on_text(piece: str) -> None:
        nonlocal raw, shown, due
        raw += piece
        if len(raw) < due:
            return
        due = len(raw) + len(raw) // 64
        now = visible(raw)
        # Only ever more of the same text: what was shown cannot be taken back.
        if len(now) > len(shown) and now.startswith(shown) and not _PERHAPS_A_TAG.fullmatch(now):
            new, shown = now[len(shown) :], now
            show(new)

    return on_text
