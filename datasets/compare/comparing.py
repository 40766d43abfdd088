"""A comparison: from finished batch folders to its record, without a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import InputError
from ...core.json_types import JsonObject
from ..batch.metadata import timestamp, versions
from .against import Against, Verdicts
from .arm_folder import Arm, read_arms
from .compared_rows import compared_row
from .comparison import Comparison, Equal
from .matching import Matched, matched
from .next_command import command_to_run
from .sentences import sentences_of
from .smaller_search import smaller_searches
from .summaries import arm_summary


@dataclass(frozen=True)
class Terms:
    """How arms are compared.

    Attributes:
        equal: What they get the same of.
        like: The arm whose spend is the limit; "": on each row the arm that spent least.
        against: The arm that the others are held against; "": best-of-N, else the first.
        seed: Of the resamples.
    """

    equal: Equal = "tokens"
    like: str = ""
    against: str = ""
    seed: int = 0


def compare_folders(folders: Sequence[str | Path], terms: Terms | None = None) -> Comparison:
    """Compare finished batches, without a call.

    Args:
        folders: Batch folders, each as `DIR` or `NAME=DIR`; or that of a comparison.
        terms: How; default: at equal tokens.

    Raises:
        InputError: they cannot be compared.
        StoreError: one cannot be read.

    Example:
        >>> found = compare_folders(["tpo=out/tpo", "best=out/best"])  # doctest: +SKIP
        >>> print(found["sentences"][0])  # doctest: +SKIP
    """
    return compare_arms(read_arms(folders), terms or Terms())


def compare_arms(arms: Sequence[Arm], terms: Terms) -> Comparison:
    """Compare arms that were read.

    Raises:
        InputError: they cannot be compared.
    """
    return comparison_of(arms_matched(arms, terms), terms.against or base_of(arms), terms)


def arms_matched(arms: Sequence[Arm], terms: Terms) -> Matched:
    """Return the rows of arms, matched and cut to the same spend.

    Raises:
        InputError: an arm that is named is not there, or fewer than two rows are left.
    """
    require_named(arms, terms)
    return matched(arms, terms.equal, terms.like)


def comparison_of(
    rows: Matched, base: str, terms: Terms, verdicts: Verdicts | None = None
) -> Comparison:
    """Return the record of a comparison.

    Args:
        rows: What each arm had reached.
        base: The arm that the others are held against.
        terms: How they are compared.
        verdicts: What judges said.
    """
    found = record_of(Against(rows, base, verdicts or {}, terms.seed), terms)
    cut = {arm.name: rows.cut_to_first(arm.name) for arm in rows.arms}
    found["sentences"] = sentences_of(found, base, cut)
    found["recommended"] = command_to_run(found, base, {arm.name: arm for arm in rows.arms})
    return found


def record_of(against: Against, terms: Terms) -> Comparison:
    """Return the record of a comparison, but for its sentences."""
    rows = against.matched
    return Comparison(
        title=" and ".join(arm.name for arm in rows.arms),
        created=timestamp(),
        equal=terms.equal,
        arms=[arm_summary(rows, arm) for arm in rows.arms],
        differences=against.differences(),
        win_rates=against.win_rates(),
        smaller=[one for arm in rows.arms for one in smaller_searches(rows, arm)],
        recommended="",
        sentences=[],
        rows=[compared_row(rows, id) for id in rows.ids],
        left_out=dict(rows.left_out),
        metadata=how_compared(rows.arms, against.base, terms),
    )


def require_named(arms: Sequence[Arm], terms: Terms) -> None:
    """Refuse the name of an arm that is not there.

    Raises:
        InputError: it names those that are.
    """
    names = [arm.name for arm in arms]
    for name in filter(None, (terms.like, terms.against)):
        if name not in names:
            raise InputError(f"there is no arm called {name!r}: take one of {', '.join(names)}")


def base_of(arms: Sequence[Arm]) -> str:
    """Return the arm that others are held against if none is named: best-of-N, else the first."""
    plain = [arm.name for arm in arms if arm.settings.get("mode") == "best_of_n"]
    return plain[0] if plain else arms[0].name


def how_compared(arms: Sequence[Arm], base: str, terms: Terms) -> JsonObject:
    """Return what the record says of how it came about."""
    return {
        "against": base,
        "equal": terms.equal,
        "like": terms.like or "the cheapest arm of each row",
        "seed": terms.seed,
        "settings": {arm.name: arm.settings for arm in arms},
        "versions": versions(),
    }
