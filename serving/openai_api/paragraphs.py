"""Events of a run as paragraphs of the reasoning that a client is shown."""

from __future__ import annotations

from ...core.events import AnyEvent
from ...core.phrases import event_text
from ..hidden_parts import for_clients
from ..server_settings import Settings


def event_paragraph(event: AnyEvent) -> str:
    r"""Return an event as a paragraph of the reasoning; "" if it says nothing new.

    Example:
        >>> event_paragraph(
        ...     {"type": "tpo.notice", "v": 1, "round": 0, "elapsed": 0.0, "message": "Hm."}
        ... )
        'Note: Hm.\n\n'
    """
    text = event_text(event)
    return f"{text}\n\n" if text else ""


def shown_paragraph(event: AnyEvent, settings: Settings) -> str:
    """Return an event as a paragraph that clients may see; texts of models stay as they are."""
    text = event_paragraph(event)
    if event["type"] in {"tpo.loss", "tpo.gradient"}:
        return text
    written = event["type"] == "tpo.candidate" and not event["candidate"]["error"]
    return text if written else for_clients(text, settings)
