"""The steps of a run as text to read: what a chat client shows as reasoning."""

from __future__ import annotations

from typing import Any

from ...core.events import AnyEvent


def as_text(event: AnyEvent) -> str:
    r"""Return what to say of an event; "" where it says nothing new.

    Example:
        >>> as_text({"type": "tpo.notice", "message": "Careful."})
        'Note: Careful.\n\n'
    """
    said = _say(event)
    return f"{said}\n\n" if said else ""


def _say(event: Any) -> str:  # noqa: C901, PLR0911  one line per kind of event
    match event["type"]:
        case "tpo.run_started":
            return (
                f"{event['width']} candidates per round, {event['depth']} rounds of improvement, "
                f"ranked by {event['reward']}."
            )
        case "tpo.notice":
            return f"Note: {event['message']}"
        case "tpo.request_failed":
            return f"The request {event['request']} failed: {event['error']}"
        case "tpo.candidate":
            candidate = event["candidate"]
            if candidate["error"]:
                return f"Candidate {candidate['id']} cannot be used: {candidate['error']}"
            return f"Candidate {candidate['id']}:\n{candidate['text']}"
        case "tpo.reward":
            score = f"{event['reward']:.4g}" if event["error"] is None else event["error"]
            return f"Reward of {event['candidate']}: {score}"
        case "tpo.round":
            return _contrast(event["selected"])
        case "tpo.loss":
            return f"Why the chosen answer is better (loss):\n{event['text']}"
        case "tpo.gradient":
            return f"What to change (gradient):\n{event['text']}"
        case "tpo.stop":
            return f"Stopped: {event['reason']}."
    return ""


def _contrast(selected: Any) -> str:
    said = f"Round {selected['round']}: chosen {selected['chosen']}"
    return f"{said}, rejected {selected['rejected']}." if selected["rejected"] else f"{said}."
