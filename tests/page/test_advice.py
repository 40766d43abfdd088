"""What the page advises after a run: a mode that solves more at that price, by what is measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from javascript import made_in_node

import tpo.serving

ADVICE = Path(tpo.serving.__file__).parent / "page" / "advice.js"


def advice(mode: str | None, *, depth: int = 2, gain: float | None = None) -> Any:
    """Return the advice after a run of two candidates; without `gain`, after first samples."""
    pool = {f"r{n}c0": {"id": f"r{n}c0", "round": n, "reward": 1.0} for n in range(2)}
    rounds = {n: {"round": n, "std": 1.0, "spread": 1.0, "best": 1.0} for n in range(2)}
    view = {
        "setup": mode and {"mode": mode, "depth": depth, "reward": "judge"},
        "stop": "depth",
        "rounds": rounds,
        "candidates": pool,
        "gain": {"reward": gain, "texts": 9, "texts_after": 0 if gain is None else 7},
    }
    return made_in_node(ADVICE, "page", "page.adviceOf(v)", [view])[0]


@pytest.mark.parametrize(
    ("mode", "depth", "how"),
    [
        ("best_of_n", 2, "Mode adaptive"),
        ("tpo", 0, "a depth and Mode adaptive"),
        ("adaptive", 0, "a depth"),
    ],
)
def test_after_first_samples_it_names_the_adaptive_search(mode, depth, how):
    said = (
        f"Only first samples were asked for: with {how} the best one is rewritten where that pays."
    )
    assert advice(mode, depth=depth) == [said]


@pytest.mark.parametrize("mode", ["tpo", "revision", None])
@pytest.mark.parametrize("gain", [0.0, 0.05])
def test_after_rounds_that_gained_little_it_names_what_gains_more(mode, gain):
    said = "Compare with Mode adaptive or best of N, for about the same price, or name a stronger "
    assert advice(mode, gain=gain) == [f"{said}critic."]


def test_an_adaptive_run_that_gained_little_is_not_advised_again():
    said = "Compare with best of N, for about the same price, or name a stronger policy."
    assert advice("adaptive", gain=0.0) == [said]
