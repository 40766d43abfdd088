"""How the command says things: stop reasons, costs, numbers, ages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from ..core.context import Context
from ..core.state import Candidate, StopReason
from ..core.usage import Cost

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
MODES = {"tpo": "TPO", "best_of_n": "best-of-N", "revision": "revision"}


def why(reason: StopReason | None, context: Context) -> str:
    """Say why a run stopped."""
    rounds = context.rounds
    said: Mapping[str, str] = {
        "depth": {0: "best-of-N has no further rounds", 1: "its one round was run"}.get(
            rounds, f"all {rounds} rounds were run"
        ),
        "target": f"the target reward of {context.target_reward} was reached",
        "patience": f"no better answer for {count(context.patience, 'round')}",
        "spread": "best and worst answer are too close to learn from",
        "budget": "the budget does not pay for the next step",
        "critique_failed": "the critique could not be had",
        "no_update": "not one update of the last round was usable",
        "human": "a person stopped it",
        "overoptimised": "the reward kept rising while the held-out reward fell",
    }
    return said.get(reason or "", "it did not end yet")


def size(context: Context) -> str:
    """Say what kind of search it is: `TPO, 2 rounds x 5`."""
    if context.rounds == 0:
        return f"best-of-N, N = {context.width}"
    return f"{MODES[context.mode]}, {count(context.rounds, 'round')} x {context.width}"


def count(number: int, noun: str) -> str:
    """Say a number with its noun: `1 round`, `2 rounds`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def spent(cost: Cost, *, scores: bool = True) -> str:
    """Say a cost in one line; `≥` where a server reported less than it used."""
    least = "" if cost["exact"] else "≥ "
    cached = f" ({cost['cached_tokens']:,} cached)" if cost["cached_tokens"] else ""
    parts = [
        f"{count(cost['requests'], 'request')} for {count(cost['sequences'], 'text')}",
        f"{least}{cost['input_tokens']:,} tokens in{cached}",
        f"{least}{cost['output_tokens']:,} out",
        count(cost["scores"], "score") if scores else "",
        seconds(cost["seconds"]),
    ]
    return ", ".join(part for part in parts if part)


def seconds(value: float) -> str:
    """Say a duration: `0.4 s`, `12 s`, `3 min 20 s`."""
    if value < 9.95:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def reward(value: float | None) -> str:
    """Say a reward with as many digits as a reader can use; `-` where there is none."""
    if value is None:
        return "-"
    return f"{value:.3g}" if abs(value) >= 1000 else f"{value:.2f}"


def ended(candidate: Candidate) -> str:
    """Say how a candidate's text ended, where that matters."""
    reason = candidate["finish_reason"] or ""
    return "cut off" if reason in {"length", "max_tokens"} else reason


def age(moment: str | None, now: datetime | None = None) -> str:
    """Say how long ago an ISO time was."""
    if not moment:
        return ""
    gone = ((now or datetime.now(UTC)) - datetime.fromisoformat(moment)).total_seconds()
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if gone >= length:
            return f"{int(gone // length)} {unit} ago"
    return "just now"


def shown(spec: str) -> str:
    """Return a spec without the login its URL may hold."""
    return re.sub(r"//[^/@\s]*@", "//", spec)


def harmless(text: str) -> str:
    """Blank control characters: a model's text must not steer the terminal."""
    return _CONTROLS.sub("�", text)


def short(text: str, length: int) -> str:
    """Return the beginning of a text as one harmless line."""
    line = harmless(" ".join(text[: 4 * length].split()))
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
