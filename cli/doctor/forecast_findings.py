"""Which mode the tries of the moves recommend, in words, and what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from ...core.moves import Move
from ...core.phrases import MODES as NAMES
from ...datasets.compare.equal_width import MOST
from .forecast import SAME, Forecast, forecast
from .mode_plans import EQUAL_TEXTS, MODES, RUN, TEXTS, Prices
from .tried import Tried
from .verdict import Finding

EASY = (
    "there was nothing to mend: first answers pass all checks of every task that could be tried. "
    "For requests as easy as these one answer will do; for harder ones this cannot tell"
)


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
    shown = [one.as_shown() for one in tried if one.shares("fresh")]
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
        Finding("recommended", "ok", f"{reason(made)}. Next{less(made)}: {command(made, policy)}"),
    ], made


def reason(made: Forecast) -> str:
    """Return why a mode is recommended."""
    mode, best = made.recommended, made.best
    if made.level:
        return f"{NAMES[mode]}: all modes do equally well, and it is the simplest"
    if mode != best and made.chances[best] - made.chances[mode] < SAME:
        return f"{NAMES[mode]}: as good as {NAMES[best]}, and simpler"
    if mode == best and made.clear:
        least = min(made.ahead[other][0] for other in MODES if other != mode)
        by = f"{100 * least:.0f} points or more, as far as these texts can tell"
        return f"{NAMES[mode]}: ahead of both others by {by}"
    rival = made.runner_up if mode == best else mode
    low, high = made.ahead[rival]
    words = f"{NAMES[mode]}: these few texts show no clear winner, and it risks least"
    gap = f"{100 * low:+.0f} to {100 * high:+.0f} points"
    return f"{words} ({NAMES[best]} ahead of {NAMES[rival]} by {gap})"


def command(made: Forecast, policy: str) -> str:
    """Return what to type next; best-of-N is as wide as the forecast has it."""
    mode = made.recommended
    width = f" --width {min(MOST, round(made.answers[mode]))}" if mode == "best_of_n" else ""
    return f'tpo run "..." --policy {shlex.quote(policy)} --mode {mode}{width}'


def less(made: Forecast) -> str:
    """Return how many of the answers that were compared the command makes, if not all."""
    mode, compared = made.recommended, round(made.answers[made.recommended])
    searches = {"best_of_n": MOST, "adaptive": TEXTS, "tpo": RUN.width * (RUN.depth + 1)}
    if compared <= (makes := searches[mode]):
        return ""
    others = f"the other {compared - makes} are first answers, for the tokens it saves"
    why = "as many as a round may have" if mode == "best_of_n" else others
    return f" ({makes} of these {compared} answers: {why})"
