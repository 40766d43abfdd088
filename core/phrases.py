"""A run in English: why it stopped, its rounds and its events.

The command, the chat model and `/v1` take their words from here. The page has a copy in
JavaScript, and a test compares the two. Phrases begin with a small letter and have no full
stop, so that they can stand inside a sentence; `sentence` makes one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from .context import Context, Mode
from .events import AnyEvent
from .number_format import count, reward
from .overoptimisation import drift
from .state import Round
from .stop_reason import StopReason

MODES: dict[Mode, str] = {
    "tpo": "TPO",
    "adaptive": "adaptive search",
    "best_of_n": "best-of-N",
    "revision": "revision",
}
STOPPED: dict[StopReason, str] = {
    "depth": "all rounds were run",
    "target": "the target reward was reached",
    "patience": "the answers stopped getting better",
    "price": "another round is not expected to gain what it costs",
    "spread": "the best and the worst answer are too close to learn from",
    "budget": "the budget does not cover the next step",
    "critique_failed": "the critique failed",
    "no_update": "no update of the last round was usable",
    "human": "a person stopped the run",
    "overoptimised": "the reward kept rising while the held-out reward fell",
}
CRITIQUES = {"loss": "Why the best beats the worst", "gradient": "What to change in the best"}


def stop_phrase(reason: StopReason | None, settings: Context | None = None) -> str:
    """Return why a run stopped.

    Args:
        reason: Its stop reason; `None` while it goes on.
        settings: Its settings, for the numbers.

    Example:
        >>> stop_phrase("depth"), stop_phrase("depth", Context(depth=2))
        ('all rounds were run', 'all 2 rounds were run')
    """
    if reason is None:
        return "the run has not ended yet"
    if settings is None:
        return STOPPED.get(reason, reason)
    if reason == "depth":
        few = {0: "only first samples were asked for", 1: "the only round was run"}
        return few.get(settings.rounds, f"all {settings.rounds} rounds were run")
    if reason == "target":
        return f"the target reward of {settings.target_reward} was reached"
    if reason == "patience":
        return f"no better answer for {count(settings.patience, 'round')}"
    return STOPPED.get(reason, reason)


def search_phrase(mode: Mode | str, depth: int, width: int) -> str:
    """Return the kind and size of a search; depth 0 is best-of-N, whatever the mode.

    Example:
        >>> search_phrase("tpo", 2, 5)
        'TPO, depth 2, width 5'
    """
    if mode == "best_of_n" or depth == 0:
        return f"best-of-N, width {width}"
    return f"{MODES[mode]}, depth {depth}, width {width}"  # type: ignore[index]


def round_phrase(record: Round, depth: int | None = None) -> str:
    """Return what the ranking of a round came to; `depth` adds how many rounds there are."""
    of = f" of {depth}" if depth else ""
    start = f"round {record['round']}{of}"
    if record["reward"] is None:
        return f"{start}: no answer could be ranked"
    best, worst = f"{record['chosen']} (reward {reward(record['reward'])})", record["rejected"]
    on = f"; {record['policy']} goes on" if record.get("policy") else ""
    if record["picked_by"] == "human":
        return f"{start}: a person chose {best}{f' over {worst}' if worst else ''}{on}"
    return f"{start}: the best so far is {best}{f', the worst {worst}' if worst else ''}{on}"


def critique_text(step: Literal["loss", "gradient"], text: str) -> str:
    """Return a loss or gradient under its title."""
    return f"{CRITIQUES[step]}:\n{text}"


def event_text(event: AnyEvent) -> str:  # noqa: C901, PLR0911  one line per kind of event
    """Return what an event means for a reader, or "" if it says nothing new.

    Example:
        >>> event_text({"type": "tpo.notice", "v": 1, "round": 0, "elapsed": 0.0, "message": "Hm."})
        'Note: Hm.'
    """
    match event["type"]:
        case "tpo.run_started":
            search = search_phrase(event["mode"], event["depth"], event["width"])
            return f"{search}, ranked by {event['reward']}."
        case "tpo.notice":
            return f"Note: {event['message']}"
        case "tpo.request_failed":
            return f"Request {event['request']} failed: {event['error']}"
        case "tpo.candidate":
            candidate = event["candidate"]
            if candidate["error"]:
                return f"Candidate {candidate['id']} cannot be used: {candidate['error']}"
            return f"Candidate {candidate['id']}:\n{candidate['text']}"
        case "tpo.reward":
            return f"Reward of {event['candidate']}: {event['error'] or reward(event['reward'])}"
        case "tpo.round":
            return sentence(round_phrase(event["selected"]))
        case "tpo.plan":
            return sentence(event["plan"]["why"])
        case "tpo.loss":
            return critique_text("loss", event["text"])
        case "tpo.gradient":
            return critique_text("gradient", event["text"])
        case "tpo.stop":
            return f"Stopped: {stop_phrase(event['reason'])}."
        case _:
            return ""


def overoptimised_sentence(rounds: Sequence[Round], tolerance: float | None) -> str:
    """Return how the reward rose while the held-out reward fell, and since when; else ""."""
    moved = drift(rounds, tolerance)
    peak = next((r for r in rounds if r["round"] == moved["best_round"]), None)
    last = next((r for r in reversed(rounds) if r["heldout"] is not None), None)
    if not moved["overoptimised"] or peak is None or last is None:
        return ""
    rewards = f"{reward(peak['reward'])} to {reward(last['reward'])}"
    heldout = f"{reward(peak['heldout'])} to {reward(last['heldout'])}"
    return (
        f"Over-optimised since round {peak['round']}: the reward went from {rewards}, the held-out "
        f"reward from {heldout}, the length from {peak['best_length']:,} to "
        f"{last['best_length']:,} characters."
    )


def sentence(phrase: str) -> str:
    """Return a phrase as a sentence."""
    return f"{phrase[0].upper()}{phrase[1:]}."
