"""Live text: what a growing reply newly shows."""

from __future__ import annotations

from collections.abc import Callable


def growing(visible: Callable[[str], str], show: Callable[[str], None]) -> Callable[[str], None]:
    """Return a sink for the pieces of one reply.

    Args:
        visible: What of the reply so far may be shown (reasoning and tags are not).
        show: Called with each new piece of that.
    """
    raw = shown = ""

    def on_text(piece: str) -> None:
        nonlocal raw, shown
        raw += piece
        now = visible(raw)
        if len(now) > len(shown):
            new, shown = now[len(shown) :], now
            show(new)

    return on_text
