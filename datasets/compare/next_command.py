"""The command to run after a comparison."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from ...core.json_types import JsonObject
from .arm_folder import Arm
from .comparison import Comparison, Smaller
from .sentences import held_pairs
from .smaller_search import recommended_search

TYPED = {"mode": "-m", "depth": "-d", "width": "-w", "policy": "-p", "reward": "-r"}
TYPED |= {"verify_field": "--verify-field"}


def command_to_run(found: Comparison, base: str, arms: Mapping[str, Arm]) -> str:
    """Return the command line to run next: that of the best arm, as small as is enough.

    Args:
        found: The record so far.
        base: The arm that the others are held against.
        arms: By their names.
    """
    best = next(iter(held_pairs(found, base)), None)
    proven = best and best.decisive and best.decisive["low"] > 0
    arm = best.ours["name"] if best and proven else base
    given = {**arms[arm].settings, "verify_field": arms[arm].verify_field}
    small = recommended_search([one for one in found["smaller"] if one["arm"] == arm])
    if small:
        given |= smaller_settings(small)
    typed = [
        part for name, flag in TYPED.items() if given.get(name) for part in (flag, str(given[name]))
    ]
    return shlex.join(["tpo", "batch", "FILE", "-o", "DIR", *typed])


def smaller_settings(small: Smaller) -> JsonObject:
    """Return the settings of a smaller search; without rounds it is best-of-N."""
    if small["depth"] == 0:
        return {"mode": "best_of_n", "depth": None, "width": small["width"]}
    return {"depth": small["depth"], "width": small["width"]}
