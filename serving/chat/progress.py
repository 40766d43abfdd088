"""The steps of a run as text to read: what a chat client shows as reasoning."""

from __future__ import annotations

from ...core.events import AnyEvent
from ...core.phrases import event_text


def as_text(event: AnyEvent) -> str:
    r"""Return an event as a paragraph; "" if it says nothing new.

    Example:
        >>> as_text({"type": "tpo.notice", "v": 1, "round": 0, "elapsed": 0.0, "message": "Hm."})
        'Note: Hm.\n\n'
    """
    text = event_text(event)
    return f"{text}\n\n" if text else ""
