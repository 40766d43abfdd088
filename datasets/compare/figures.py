"""The figures of a comparison as lines of cells, for a terminal and for Markdown.

The first line of each is its head. What is not known is a dash.
"""

from __future__ import annotations

from collections.abc import Callable

from ...core.number_format import reward
from .comparison import ArmSummary, Comparison
from .pair_words import signed_number

Lines = list[list[str]]
UNKNOWN = "-"


def share(value: float | None) -> str:
    """Return a share in percent."""
    return UNKNOWN if value is None else f"{value:.0%}"


def whole(value: float | None) -> str:
    """Return a number without decimals."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def price(value: float | None) -> str:
    """Return dollars with two digits that count; an unknown price is not 0."""
    return "price unknown" if value is None else f"${value:.2g}"


COLUMNS: dict[str, Callable[[ArmSummary], str]] = {
    "arm": lambda arm: arm["name"],
    "reward": lambda arm: reward(arm["reward"]),
    "held-out": lambda arm: reward(arm["heldout"]),
    "pass": lambda arm: share(arm["accuracy"]),
    "characters": lambda arm: whole(arm["length"]),
    "tokens": lambda arm: whole(arm["tokens"]),
    "texts": lambda arm: whole(arm["texts"]),
    "seconds": lambda arm: f"{arm['seconds']:.1f}",
    "an answer": lambda arm: price(arm["cost_usd"]),
    "from first samples": lambda arm: share(arm["from_first"]),
    "failed": lambda arm: str(arm["failed"]),
}


def arm_lines(found: Comparison) -> Lines:
    """Return the means of each arm; columns that no arm has are left out."""
    lines = {name: [cell(arm) for arm in found["arms"]] for name, cell in COLUMNS.items()}
    shown = {name: cells for name, cells in lines.items() if set(cells) != {UNKNOWN}}
    return [list(shown), *map(list, zip(*shown.values(), strict=True))]


def difference_lines(found: Comparison) -> Lines:
    """Return the paired differences with their intervals."""
    head = ["difference", "against", "in", "mean", "95 % interval", "rows", "more rows to decide"]
    return [head] + [
        [
            one["arm"],
            one["against"],
            one["measure"],
            signed_number(one["mean"]),
            f"{signed_number(one['low'])} to {signed_number(one['high'])}",
            str(one["rows"]),
            whole(one["rows_to_decide"]),
        ]
        for one in found["differences"]
    ]


def win_lines(found: Comparison) -> Lines:
    """Return the win rates, plain and controlled."""
    head = ["win rate", "against", "by", "wins", "ties", "losses", "rate", "95 % interval",
            "at equal length", "in equal style"]  # fmt: skip
    return [head] + [
        [
            one["arm"],
            one["against"],
            one["by"],
            str(one["wins"]),
            str(one["ties"]),
            str(one["losses"]),
            share(one["rate"]),
            f"{share(one['low'])} to {share(one['high'])}",
            share(one["length_controlled"]),
            share(one["style_controlled"]),
        ]
        for one in found["win_rates"]
    ]


def smaller_lines(found: Comparison) -> Lines:
    """Return what smaller searches would have given."""
    head = ["search", "depth", "width", "reward", "of the gain", "of the tokens"]
    return [head] + [
        [
            one["arm"],
            str(one["depth"]),
            str(one["width"]),
            reward(one["reward"]),
            share(one["gain_share"]),
            share(one["token_share"]),
        ]
        for one in found["smaller"]
    ]
