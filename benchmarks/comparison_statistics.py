"""Whether the figures of `tpo compare` can be believed, on made-up arms whose truth is known.

Each setting is simulated many times. `covers`: how often the 95 % interval of the difference holds
the true one. `no difference`: how often it holds zero when the arms are equal. Both
beside Student's interval on the same rows, since 200 runs differ by chance. `length-controlled`,
`style-controlled`: the win rates when nothing but length or style decides who wins.

    python benchmarks/comparison_statistics.py [--runs 200] [--seed 1]
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Sequence
from random import Random
from statistics import fmean, stdev
from typing import NamedTuple

from tpo.datasets.compare.bootstrap import Resamples, students_t
from tpo.datasets.compare.differences import paired_difference
from tpo.datasets.compare.length_control import length_controlled
from tpo.datasets.compare.regression import logistic
from tpo.datasets.compare.style_control import style_controlled

NAMES = ("ours", "theirs")
Noise = Callable[[Random], float]


class Rows(NamedTuple):
    """A kind of row set: how many queries, how many rows of each, and how rewards scatter."""

    name: str
    queries: int
    of_each: int
    noise: Noise


def checks(chance: Random) -> float:
    """Return the noise of a reward that is a share of four checks; its mean is 0."""
    return sum(chance.random() < 0.7 for _ in range(4)) / 4 - 0.7


KINDS = (
    Rows("24 rows, normal", 24, 1, lambda chance: chance.gauss(0, 1)),
    Rows("64 rows, normal", 64, 1, lambda chance: chance.gauss(0, 1)),
    Rows("64 rows, skewed", 64, 1, lambda chance: chance.expovariate(1) - 1),
    Rows("64 rows, shares of 4 checks", 64, 1, checks),
    Rows("40 queries of 4 rows", 40, 4, lambda chance: chance.gauss(0, 1)),
    Rows("300 rows, normal", 300, 1, lambda chance: chance.gauss(0, 1)),
)


def held(rows: Rows, effect: float, seed: str) -> tuple[bool, bool]:
    """Simulate a comparison; return whether the interval holds the true effect, and whether
    Student's would, which is exact for normal figures.

    The effect differs from query to query, so that rows of one query go together.
    """
    chance = Random(seed)
    queries, ours, theirs = [], [], []
    for query in range(rows.queries):
        hard, own = chance.gauss(0, 2), effect + chance.gauss(0, 0.5)
        for _ in range(rows.of_each):
            queries.append(str(query))
            ours.append(hard + own + rows.noise(chance))
            theirs.append(hard + 0.5 * rows.noise(chance))  # a skew stays in the difference
    found = paired_difference(NAMES, "reward", ours, theirs, Resamples(queries))
    assert found
    apart = [a - b for a, b in zip(ours, theirs, strict=True)]
    size = rows.of_each
    means = [fmean(apart[i : i + size]) for i in range(0, len(apart), size)]
    reach = students_t(len(means) - 1) * stdev(means) / math.sqrt(len(means))
    return found["low"] <= effect <= found["high"], abs(fmean(means) - effect) <= reach


def share_held(rows: Rows, effect: float, runs: int, seed: int) -> tuple[float, float]:
    """Return how often the interval holds the true effect, and how often Student's does."""
    both = [held(rows, effect, f"{seed} {effect} {run}") for run in range(runs)]
    return fmean(ours for ours, _ in both), fmean(students for _, students in both)


def answer(chance: Random, words: int, marked: bool) -> str:
    """Return an answer of so many words, with headers, a list and bold text or without."""
    text = "word " * words
    if not marked:
        return text
    marks = "# Title\n" * chance.randint(1, 3) + "- item\n" * chance.randint(2, 8)
    return marks + "**bold** " * chance.randint(1, 6) + text


class Judged(NamedTuple):
    """Who won on each row, and with which texts."""

    outcomes: list[float]
    texts: list[tuple[str, str]]


def judged(form: str, number: int, seed: str) -> Judged:
    """Return rows on which one arm writes more, and a judge that looks at nothing but style.

    Args:
        form: What the judge likes: `tanh` and `log` of the length, or `style` with its markdown.
        number: How many rows.
        seed: The same seed gives the same rows.
    """
    chance = Random(seed)
    sizes = [
        (round(80 * math.exp(chance.gauss(0.3, 0.4))), round(80 * math.exp(chance.gauss(0, 0.4))))
        for _ in range(number)
    ]
    marked = [form == "style" and chance.random() < 0.6 for _ in sizes]
    texts = [(answer(chance, a, m), answer(chance, b, False))
             for (a, b), m in zip(sizes, marked, strict=True)]  # fmt: skip
    apart = [len(a) - len(b) for a, b in texts]
    scale = stdev(apart)
    likes = [
        1.2 * math.tanh(gap / scale)
        if form == "tanh"
        else 1.2 * math.log(len(a) / len(b)) + (1.0 if mark else 0.0)
        for gap, (a, b), mark in zip(apart, texts, marked, strict=True)
    ]
    return Judged([float(chance.random() < logistic(x)) for x in likes], texts)


def controlled(form: str, number: int, runs: int, seed: int) -> dict[str, list[float]]:
    """Return the plain and the controlled win rates of many simulated comparisons."""
    found: dict[str, list[float]] = {"plain": [], "length": [], "style": []}
    for run in range(runs):
        rows = judged(form, number, f"{seed} {run}")
        found["plain"].append(fmean(rows.outcomes))
        lengths = [len(a) - len(b) for a, b in rows.texts]
        found["length"].append(length_controlled(rows.outcomes, lengths) or 0.0)
        if form == "style":
            found["style"].append(style_controlled(rows.outcomes, rows.texts) or 0.0)
    return found


def shown(rates: Sequence[float]) -> str:
    """Return the mean of win rates, and how far single ones lie from it."""
    return f"{100 * fmean(rates):5.1f} % (+- {100 * stdev(rates):.1f})" if rates else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = time.monotonic()
    print(f"{options.runs} simulated comparisons each\n")
    print(f"{'rows':<30} {'covers an effect of 0.3':>26} {'no difference if equal':>26}")
    for rows in KINDS:
        found = [share_held(rows, effect, options.runs, options.seed) for effect in (0.3, 0.0)]
        cells = [f"{ours:.1%} (Student's: {students:.1%})" for ours, students in found]
        print(f"{rows.name:<30} {cells[0]:>26} {cells[1]:>26}", flush=True)
    print(f"\n{'what decides':<30} {'win rate':>20} {'length-controlled':>20} {'style':>20}")
    for form in ("tanh", "log", "style"):
        found = controlled(form, 805, options.runs, options.seed)
        print(f"{form:<30}", *(f"{shown(rates):>20}" for rates in found.values()), flush=True)
    print(f"\n{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
