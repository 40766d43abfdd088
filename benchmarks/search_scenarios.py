"""Made-up policies for `search_simulator.py`: what the text of each move is worth.

A query makes texts from rows of standard normal chances; the last of a row is the reward's noise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import erf, sqrt
from random import Random
from typing import NamedTuple

CHECKS = 6
COPIED = 0.3  # of rewrites that change nothing, how many nearly copy the text of their answer


class Text(NamedTuple):
    true: float
    checks: tuple[bool, ...] = ()


@dataclass
class Query:
    """How one query answers: each function makes a text from normal chances."""

    fresh: Callable[[Sequence[float]], Text]
    rewrite: Callable[[Sequence[float], Text], Text]
    advised: Callable[[Sequence[float]], Text]
    noise: float = 0.0
    first_fail: bool = False
    """The first samples all fail (queries that were picked for that)."""
    best: float | None = None
    """The highest reward there is, if it is known: the search ends there."""
    copies: bool = False
    """All rewrites nearly copy the text of their answer."""


@dataclass
class Scenario:
    name: str
    critique: str  # useless, middle or perfect
    query: Callable[[Random], Query]
    told: bool = False
    """The reward says what is wrong, so adaptive pays for no critique."""


def even(z: float) -> float:
    return 0.5 * (1 + erf(z / sqrt(2)))


def copying(query: Callable[[Random], Query]) -> Callable[[Random], Query]:
    """Queries whose rewrites all nearly copy the text of their answer."""
    return lambda rng: replace(query(rng), copies=True)


# Smooth rewards ------------------------------------------------------------------------------
def smooth(
    *, gain: float = 0.0, scatter: float = 0.1, advised: float = 0.0, pull: float = 0.0,
    ceiling: float = 0.0, as_fresh: bool = False, noise: float = 0.0, spread: float = 1.0,
) -> Query:  # fmt: skip
    """Rewards are normal; a rewrite starts from the chosen answer, and may be pulled up."""

    def rewrite(z: Sequence[float], old: Text) -> Text:
        if as_fresh:
            return Text(spread * z[0])
        return Text(old.true + gain + pull * max(0.0, ceiling - old.true) + scatter * z[0])

    return Query(
        fresh=lambda z: Text(spread * z[0]),
        rewrite=rewrite,
        advised=lambda z: Text(spread * (advised + z[0])),
        noise=noise,
    )


# 0 or 1 --------------------------------------------------------------------------------------
def solved(fresh: float, rewrite: float, advised: float, *, first_fail: bool = False) -> Query:
    return Query(
        fresh=lambda z: Text(float(even(z[0]) < fresh)),
        rewrite=lambda z, old: Text(max(old.true, float(even(z[0]) < rewrite))),
        advised=lambda z: Text(float(even(z[0]) < advised)),
        first_fail=first_fail,
        best=1.0,
    )


# Checks --------------------------------------------------------------------------------------
def checked(easy: Sequence[float], *, keeps: float, mends: float, advised: float) -> Query:
    """A share of checks is passed; a rewrite keeps and mends, advice lifts each check."""

    def text(passed: Sequence[bool]) -> Text:
        return Text(sum(passed) / len(passed), tuple(passed))

    def lifted(p: float) -> float:
        return p + advised * (1 - p) if advised > 0 else p * (1 + advised)

    return Query(
        fresh=lambda z: text([even(x) < p for x, p in zip(z, easy, strict=False)]),
        rewrite=lambda z, old: text(
            [even(x) < (keeps if was else mends) for x, was in zip(z, old.checks, strict=False)]
        ),
        advised=lambda z: text([even(x) < lifted(p) for x, p in zip(z, easy, strict=False)]),
        best=1.0,
    )


def easy(rng: Random) -> list[float]:
    return [rng.betavariate(1.2, 0.8) for _ in range(CHECKS)]


def one_of(*queries: Callable[[], Query]) -> Callable[[Random], Query]:
    return lambda rng: rng.choice(queries)()


def rate(rng: Random) -> float:
    return rng.betavariate(0.6, 1.8)


def binary(rewrite: Callable[[float, Random], float], advised: Callable[[float, Random], float]):
    def query(rng: Random) -> Query:
        p = rate(rng)
        return solved(p, rewrite(p, rng), advised(p, rng))

    return query


HAND = [(0.1, 0.0, 0.7), (0.2, 0.0, 0.0), (0.1, 0.1, 0.0), (0.0, 0.0, 0.0), (0.0, 0.4, 0.0)]

SCENARIOS = [
    Scenario("smooth: copies", "useless", copying(lambda r: smooth())),
    Scenario("smooth: as fresh", "useless", lambda r: smooth(as_fresh=True)),
    Scenario("smooth: harmful", "useless", lambda r: smooth(gain=-1, scatter=0.5, advised=-1)),
    Scenario(
        "smooth: harmful a little",
        "useless",
        lambda r: smooth(gain=-0.4, scatter=0.3, advised=-0.4),
    ),
    Scenario("smooth: small gains", "middle", lambda r: smooth(gain=0.1, scatter=0.3, advised=0.2)),
    Scenario(
        "smooth: gains that shrink", "middle", lambda r: smooth(pull=0.2, ceiling=2.5, scatter=0.3)
    ),
    Scenario("smooth: advice pays", "middle", lambda r: smooth(advised=0.8)),
    Scenario(
        "smooth: by query",
        "middle",
        one_of(smooth, lambda: smooth(advised=1), lambda: smooth(gain=0.3, scatter=0.4)),
    ),
    Scenario("smooth: perfect", "perfect", lambda r: smooth(gain=0.8, scatter=0.4, advised=0.8)),
    Scenario(
        "smooth: perfect, ceiling",
        "perfect",
        lambda r: smooth(pull=0.6, ceiling=4, scatter=0.3, advised=0.8),
    ),
    Scenario("noisy: copies", "useless", copying(lambda r: smooth(noise=0.7))),
    Scenario(
        "noisy: harmful", "useless", lambda r: smooth(gain=-1, scatter=0.5, advised=-1, noise=0.7)
    ),
    Scenario(
        "noisy: gains that shrink",
        "middle",
        lambda r: smooth(pull=0.3, ceiling=2.5, scatter=0.3, advised=0.3, noise=0.7),
    ),
    Scenario(
        "noisy: perfect", "perfect", lambda r: smooth(gain=0.8, scatter=0.4, advised=0.8, noise=0.7)
    ),
    Scenario("0/1: copies", "useless", copying(binary(lambda p, r: 0.0, lambda p, r: p))),
    Scenario("0/1: as fresh", "useless", binary(lambda p, r: p, lambda p, r: p)),
    Scenario("0/1: harmful", "useless", binary(lambda p, r: 0.0, lambda p, r: p / 3)),
    Scenario(
        "0/1: by query",
        "middle",
        binary(
            lambda p, r: 0.3 if r.random() < 0.3 else 0.0,
            lambda p, r: 0.3 if r.random() < 0.3 else p,
        ),
    ),
    Scenario(
        "0/1: five tried by hand", "middle", lambda r: solved(*r.choice(HAND), first_fail=True)
    ),
    Scenario("0/1: perfect", "perfect", binary(lambda p, r: 0.7, lambda p, r: 0.5)),
    Scenario(
        "checks: copies",
        "useless",
        copying(lambda r: checked(easy(r), keeps=0.99, mends=0.0, advised=0)),
    ),
    Scenario(
        "checks: harmful",
        "useless",
        lambda r: checked(easy(r), keeps=0.8, mends=0.02, advised=-0.3),
    ),
    Scenario(
        "checks: some mended",
        "middle",
        lambda r: checked(easy(r), keeps=0.95, mends=0.1, advised=0.1),
    ),
    Scenario(
        "checks: by query",
        "middle",
        lambda r: r.choice(
            [
                lambda: checked(easy(r), keeps=0.97, mends=0.3, advised=0),
                lambda: checked(easy(r), keeps=0.97, mends=0.0, advised=0.5),
                lambda: checked(easy(r), keeps=0.97, mends=0.0, advised=0),
            ]
        )(),
    ),
    Scenario(
        "checks: perfect", "perfect", lambda r: checked(easy(r), keeps=0.98, mends=0.5, advised=0.5)
    ),
]


def told(query: Callable[[Random], Query], critique: str, name: str) -> Scenario:
    """A scenario whose reward says what is wrong: what it says helps, or not, or does harm."""
    return Scenario(f"told, {name}", critique, query, told=True)


SCENARIOS += [
    told(
        copying(lambda r: checked(easy(r), keeps=0.99, mends=0.0, advised=0)),
        "useless", "checks: copies",
    ),
    told(
        lambda r: checked(easy(r), keeps=0.8, mends=0.02, advised=-0.3),
        "useless", "checks: harmful",
    ),
    told(
        lambda r: checked(easy(r), keeps=0.95, mends=0.1, advised=0.1),
        "middle", "checks: some mended",
    ),
    told(
        lambda r: r.choice(
            [
                lambda: checked(easy(r), keeps=0.97, mends=0.3, advised=0),
                lambda: checked(easy(r), keeps=0.97, mends=0.0, advised=0.5),
                lambda: checked(easy(r), keeps=0.97, mends=0.0, advised=0),
            ]
        )(),
        "middle", "checks: by query",
    ),
    told(
        lambda r: checked(easy(r), keeps=0.98, mends=0.5, advised=0.5), "perfect", "checks: perfect"
    ),
    told(lambda r: solved(*r.choice(HAND), first_fail=True), "middle", "0/1: five by hand"),
    told(binary(lambda p, r: 0.0, lambda p, r: p / 3), "useless", "0/1: harmful"),
    told(binary(lambda p, r: 0.7, lambda p, r: 0.5), "perfect", "0/1: perfect"),
    told(lambda r: smooth(gain=-1, scatter=0.5, advised=-1), "useless", "smooth: harmful"),
    told(lambda r: smooth(gain=0.1, scatter=0.3, advised=0.2), "middle", "smooth: small gains"),
    told(
        lambda r: smooth(gain=-1, scatter=0.5, advised=-1, noise=0.7), "useless", "noisy: harmful"
    ),
    told(
        lambda r: smooth(gain=0.8, scatter=0.4, advised=0.8, noise=0.7), "perfect", "noisy: perfect"
    ),
]  # fmt: skip

# Looked at only when the method was finished: other sizes of the same effects, and other mixtures.
HELD_OUT = [
    Scenario("smooth: nearer copies", "useless", copying(lambda r: smooth(scatter=0.03))),
    Scenario("smooth: looser copies", "useless", lambda r: smooth(gain=-0.15, scatter=0.2)),
    Scenario("smooth: harmful rewrites", "useless", lambda r: smooth(gain=-0.7, scatter=0.4)),
    Scenario(
        "smooth: harmful, both", "useless", lambda r: smooth(gain=-0.6, scatter=0.2, advised=-0.6)
    ),
    Scenario(
        "smooth: gains", "middle", lambda r: smooth(gain=0.2, scatter=0.25, advised=0.4)
    ),
    Scenario(
        "smooth: near a ceiling", "middle", lambda r: smooth(pull=0.3, ceiling=2, scatter=0.2)
    ),
    Scenario("smooth: good advice", "middle", lambda r: smooth(advised=1.2, gain=-0.3)),
    Scenario(
        "smooth: half the queries", "middle",
        lambda r: smooth(gain=0.4, scatter=0.3) if r.random() < 0.5 else smooth(gain=-0.5),
    ),
    Scenario("smooth: great gains", "perfect", lambda r: smooth(gain=1.2, scatter=0.3, advised=1)),
    Scenario(
        "smooth: great, ceiling", "perfect",
        lambda r: smooth(pull=0.5, ceiling=3, scatter=0.2, advised=0.5),
    ),
    Scenario("noisy: copies, less noise", "useless", copying(lambda r: smooth(noise=0.4))),
    Scenario(
        "noisy: gains", "middle",
        lambda r: smooth(gain=0.2, scatter=0.4, advised=0.5, noise=0.5),
    ),
    Scenario(
        "noisy: great gains", "perfect", lambda r: smooth(gain=1, scatter=0.3, advised=1, noise=0.5)
    ),
    Scenario("0/1: few mended", "useless", binary(lambda p, r: p / 4, lambda p, r: p / 2)),
    Scenario("0/1: some mended", "middle", binary(lambda p, r: 0.15, lambda p, r: p)),
    Scenario(
        "0/1: advice mends", "middle",
        binary(lambda p, r: 0.02, lambda p, r: 0.5 if r.random() < 0.4 else p),
    ),
    Scenario("0/1: nearly all mended", "perfect", binary(lambda p, r: 0.85, lambda p, r: 0.3)),
    Scenario(
        "checks: a few lost", "useless",
        lambda r: checked(easy(r), keeps=0.9, mends=0.05, advised=0)
    ),
    Scenario(
        "checks: in other words", "useless",
        lambda r: checked(easy(r), keeps=0.99, mends=0.0, advised=0)
    ),
    Scenario(
        "checks: more mended", "middle",
        lambda r: checked(easy(r), keeps=0.95, mends=0.2, advised=0)
    ),
    Scenario(
        "checks: most mended", "perfect",
        lambda r: checked(easy(r), keeps=0.99, mends=0.7, advised=0.3),
    ),
]  # fmt: skip
HELD_OUT += [
    told(
        lambda r: checked(easy(r), keeps=0.9, mends=0.05, advised=0),
        "useless", "checks: a few lost",
    ),
    told(
        lambda r: checked(easy(r), keeps=0.95, mends=0.2, advised=0),
        "middle", "checks: more mended",
    ),
    told(
        lambda r: checked(easy(r), keeps=0.99, mends=0.0, advised=0.3), "middle", "checks: advice"
    ),
    told(binary(lambda p, r: p / 4, lambda p, r: p / 2), "useless", "0/1: few mended"),
    told(
        binary(lambda p, r: 0.02, lambda p, r: 0.5 if r.random() < 0.4 else p),
        "middle", "0/1: advice mends",
    ),
    told(
        lambda r: smooth(gain=-0.6, scatter=0.2, advised=-0.6), "useless", "smooth: harmful, both"
    ),
    told(lambda r: smooth(gain=0.2, scatter=0.25, advised=0.4), "middle", "smooth: gains"),
]  # fmt: skip
