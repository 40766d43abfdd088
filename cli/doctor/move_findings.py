"""What the tries of the moves show, in words: what mends, what breaks, and which mode to take."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from math import sqrt

from ...core.moves import Move
from ...core.number_format import count
from ...core.phrases import MODES as NAMES
from .forecast import EQUAL_TEXTS, MODES, RUN, TEXTS, Forecast, Prices, Shown, forecast
from .move_checks import Tried
from .verdict import Finding

NINETY_FIVE = 1.96
WIDEST = 64  # answers in one round
EASY = (
    "first answers pass all checks of every task that could be tried to the end, so nothing could be "
    "mended: for requests as easy as these one answer will do; for harder ones this cannot tell"
)


def likely(passed: int, of: int) -> str:
    """Return a share, and between which shares the true one lies (Wilson's interval, 95 %).

    Example:
        >>> likely(8, 18)
        '8 of 18 (likely 25 to 66 %)'
    """
    z, share = NINETY_FIVE, passed / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    low, high = 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)
    return f"{passed} of {of} (likely {low:.0f} to {high:.0f} %)"


def move_findings(tried: Sequence[Tried]) -> list[Finding]:
    """Return what the moves did: how many texts pass, how many mend and how many break."""
    found = []
    errors = [several.error for one in tried for several in one.moves.values() if several.error]
    if errors:
        words = f"{len(errors)} of {count(len(tried), 'task')} could not be finished: {errors[0]}"
        found.append(Finding("moves", "warning", words))
    first = [share for one in tried for share in one.shares("fresh")]
    if not first:
        return found
    passed = likely(sum(share == 1 for share in first), len(first))
    words = f"{passed} pass all checks of {count(len(tried), 'built-in task')}"
    found.append(Finding("first answers", "ok", words))
    mendable = [one for one in tried if one.mendable]
    found += _changes("rewrites", "rewrite", mendable)
    found += _changes("advised answers", "advised", mendable)
    sound = [s for one in tried if one.draft and not one.mendable for s in one.shares("rewrite")]
    if sound:
        words = (
            f"{sum(s != 1 for s in sound)} of {len(sound)} rewrites of an answer that passed all"
        )
        found.append(Finding("breaks", "ok", f"{words} checks, asked only to be warmer, fail one"))
    return found


def _changes(name: str, move: Move, tried: Sequence[Tried]) -> list[Finding]:
    """Return what became of drafts that failed a check."""
    pairs = [
        (one.task.share(one.draft or ""), share or 0.0)
        for one in tried
        for share in one.shares(move)
    ]
    if not pairs:
        return []
    mends = sum(after > before for before, after in pairs)
    breaks = sum(after < before for before, after in pairs)
    lost = sum(share is None for one in tried for share in one.shares(move))
    passed = likely(sum(after == 1 for _, after in pairs), len(pairs))
    words = f"sent which checks failed, {passed} pass all; {mends} mend, {breaks} break"
    if lost:
        words += f" ({lost} of them cannot be used)"
    return [Finding(name, "warning" if breaks > mends else "ok", words)]


def prices(tried: Sequence[Tried]) -> Prices:
    """Return what a text of each move costs in tokens; in texts if a server counts no tokens."""
    costs: dict[Move, list[float]] = {}
    critique = 0.0
    for move in ("fresh", "rewrite", "advised"):
        all_of = [one.moves[move] for one in tried if move in one.moves]
        texts = sum(len(several.texts) for several in all_of)
        read = sum(several.cost["input_tokens"] for several in all_of)
        written = sum(several.cost["output_tokens"] for several in all_of)
        requests = sum(several.cost["requests"] for several in all_of)
        if not texts or not read or not written:
            return EQUAL_TEXTS
        costs[move] = [(read + written) / texts]
        if move == "rewrite":  # loss and gradient read and write about as much
            critique = 2 * (read / requests + written / texts)
    return Prices(costs["fresh"][0], costs["rewrite"][0], costs["advised"][0], critique)


def forecast_findings(tried: Sequence[Tried], policy: str) -> tuple[list[Finding], Forecast | None]:
    """Return which mode is expected to win, and what to type; nothing if nothing failed.

    Args:
        tried: What the moves did.
        policy: The policy's spec, without a login.
    """
    shown = [
        Shown(
            one.shares("fresh"),
            one.shares("rewrite") if one.mendable else (),
            one.shares("advised"),
        )
        for one in tried
        if one.shares("fresh")
    ]
    if not any(one.rewrite for one in shown):
        easy = [Finding("forecast", "ok", EASY)] if any(1 in one.fresh for one in shown) else []
        return easy, None
    price = prices(tried)
    made = forecast(shown, price)
    chances = ", ".join(
        f"{NAMES[mode]} {made.chances[mode]:.0%} ({made.answers[mode]:.0f} answers)"
        for mode in MODES
    )
    equal = "texts" if price == EQUAL_TEXTS else "tokens"
    size = f"depth {RUN.depth} and width {RUN.width}, {TEXTS} texts"
    words = (
        f"at equal {equal} ({size}) and with a reward that says what failed, one answer passes all"
    )
    return [
        Finding("forecast", "ok", f"{words}: {chances}"),
        Finding("recommended", "ok", f"{reason(made)}. Next: {command(made, policy)}"),
    ], made


def reason(made: Forecast) -> str:
    """Return why a mode is recommended."""
    mode = made.recommended
    if made.clear:
        low = min(made.ahead[other][0] for other in MODES if other != mode)
        return f"{NAMES[mode]}, which is ahead of both others by {max(low, 0):.0%} or more"
    if made.level:
        return f"{NAMES[mode]}: all modes do equally well, and it is the simplest"
    rival = max((m for m in MODES if m != mode), key=made.chances.__getitem__)
    low, high = made.ahead[rival] if mode == made.best else made.ahead[mode]
    words = f"no clear winner from so few texts; {NAMES[mode]} risks least"
    return f"{words} ({NAMES[made.best]} against it or the next: {low:+.0%} to {high:+.0%})"


def command(made: Forecast, policy: str) -> str:
    """Return what to type next."""
    mode = made.recommended
    width = f" --width {min(WIDEST, round(made.answers[mode]))}" if mode == "best_of_n" else ""
    return f'tpo run "..." --policy {shlex.quote(policy)} --mode {mode}{width}'
