"""What is new with an event, as a line for logs and pipes."""

from __future__ import annotations

from ...core.events import AnyEvent
from ...core.number_format import reward
from ...core.phrases import event_text, round_phrase
from ...core.state import Round
from ..report.near_copies import copies_phrase
from .run_view import View


def progress_line(event: AnyEvent, view: View) -> str:
    """Return what an event tells that a view has not yet; "" if that is not worth a line.

    Args:
        event: What happened. A round that is sent again with its held-out reward is not new.
        view: The run before it.
    """
    match event["type"]:
        case "tpo.round":
            ranked = event["selected"]
            known = view.rounds.get(ranked["round"])
            again = known and {**known, "heldout": None} == {**ranked, "heldout": None}
            return "" if again else round_line(ranked, view)
        case "tpo.plan":
            return f"Plan for round {event['round'] + 1} of {view.depth}: {event['plan']['why']}"
        case "tpo.loss" | "tpo.gradient":
            step = event["type"].removeprefix("tpo.")
            which = f" {event['index'] + 1}" if "index" in event else ""
            return f"Round {event['round'] + 1} of {view.depth}: {step}{which} written"
        case "tpo.request_failed":
            return event_text(event)
        case _:
            return ""


def round_line(ranked: Round, view: View) -> str:
    """Return what the ranking of a round came to, with its figures."""
    figures = [f"{name} {reward(ranked[name])}" for name in ("best", "mean", "std")]
    vetoed = ranked.get("vetoed", 0)
    counts = {"malformed": ranked["malformed"] - vetoed, "vetoed": vetoed}
    figures += [f"{n} {what}" for what, n in counts.items() if n]
    figures += filter(None, [copies_phrase(ranked, list(view.pool.values()))])
    phrase = round_phrase(ranked, view.depth)
    return f"{phrase[0].upper()}{phrase[1:]} (this round: {', '.join(figures)})"
