"""The tables of a report that set two arms against each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...core.number_format import count
from ..compare.comparison import Difference, WinRate
from ..compare.pair_words import is_decided
from .report_table import ReportTable
from .wording import figure, integer, percent, usd, with_sign

MEASURES: dict[str, tuple[str, Callable[[float], str]]] = {
    "reward": ("reward", figure),
    "heldout": ("held-out reward", figure),
    "accuracy": ("verified", percent),
    "length": ("length", integer),
    "tokens": ("tokens", integer),
    "cost_usd": ("cost", usd),
    "seconds": ("time", lambda value: f"{figure(value)} s"),
}


def differences_table(differences: Sequence[Difference]) -> ReportTable:
    """Return the paired differences with their intervals."""
    rows = []
    for found in differences:
        name, shown = MEASURES.get(found["measure"], (found["measure"], figure))
        mean, low, high = (with_sign(shown(found[end])) for end in ("mean", "low", "high"))
        pair = f"{found['arm']} against {found['against']}"
        rows.append([pair, name, decided(found), mean, f"{low} to {high}", integer(found["rows"])])
    head = ("Pair", "Measure", "Decided", "Difference", "95% interval", "Rows")
    note = "Paired by row; the interval is a bootstrap over queries."
    return ReportTable("Differences", note, head, rows, texts=3)


def decided(found: Difference) -> str:
    """Return whether the interval leaves 0 out, or how many more rows it would take."""
    if is_decided(found):
        return "yes"
    more = found["rows_to_decide"]
    return "no" if more is None else f"no: about {count(more, 'more row')}"


def wins_table(win_rates: Sequence[WinRate]) -> ReportTable:
    """Return how often each arm beats another."""
    rows = [
        [
            f"{won['arm']} against {won['against']}",
            won["by"],
            *(integer(won[key]) for key in ("wins", "ties", "losses")),
            percent(won["rate"]),
            f"{percent(won['low'])} to {percent(won['high'])}",
            percent(won["length_controlled"]),
            percent(won["style_controlled"]),
        ]
        for won in win_rates
    ]
    head = ("Pair", "By", "Wins", "Ties", "Losses", "Win rate", "95% interval")
    note = "A tie counts half. Length-controlled: what the rate would be at equal lengths."
    controlled = ("Length-controlled", "Style-controlled")
    return ReportTable("Wins", note, (*head, *controlled), rows, texts=2)
