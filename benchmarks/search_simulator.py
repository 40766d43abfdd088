"""What `mode="adaptive"` loses and wins against best-of-N and TPO, at equal texts, without a model.

Made-up policies answer made-up queries: from "a critique is useless" to "a critique is perfect",
with smooth rewards, 0/1, graded checks and noise. The plans are the real ones (`plan_round`).
All ways share the first samples, and the k-th fresh text, rewrite or advised text of a query is
drawn from the same chance in each, so that differences are due to the search alone.

    python benchmarks/search_simulator.py [--runs 1000] [--only TEXT] [--held-out] [--svg FILE]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import erf, sqrt
from pathlib import Path
from random import Random
from statistics import fmean, stdev
from typing import Any, NamedTuple

from tpo.core.round_plan import plan_round
from tpo.core.state import Candidate

WIDTH, CRITIQUE = 5, 2
SIZES = {2: 0.08, 8: 0.03}  # depth, and what may be lost there: 19 texts and 61
CHECKS = 6


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


@dataclass
class Scenario:
    name: str
    critique: str  # useless, middle or perfect
    query: Callable[[Random], Query]


def even(z: float) -> float:
    return 0.5 * (1 + erf(z / sqrt(2)))


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
    Scenario("smooth: copies", "useless", lambda r: smooth()),
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
        one_of(lambda: smooth(), lambda: smooth(advised=1), lambda: smooth(gain=0.3, scatter=0.4)),
    ),
    Scenario("smooth: perfect", "perfect", lambda r: smooth(gain=0.8, scatter=0.4, advised=0.8)),
    Scenario(
        "smooth: perfect, ceiling",
        "perfect",
        lambda r: smooth(pull=0.6, ceiling=4, scatter=0.3, advised=0.8),
    ),
    Scenario("noisy: copies", "useless", lambda r: smooth(noise=0.7)),
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
    Scenario("0/1: copies", "useless", binary(lambda p, r: 0.0, lambda p, r: p)),
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
        "checks: copies", "useless", lambda r: checked(easy(r), keeps=0.99, mends=0.0, advised=0)
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


class Run:
    """One search for one query: its pool, and what each text is truly worth."""

    def __init__(self, query: Query, chances: dict[str, list[list[float]]], rng: Random) -> None:
        self.query, self.chances, self.rng = query, chances, rng
        self.pool: list[Candidate] = []
        self.texts: list[Text] = []
        self.used = dict.fromkeys(chances, 0)

    def draw(self, move: str, number: int, round: int, chosen: int = 0) -> None:
        old = self.texts[chosen] if self.texts else Text(0)
        parent = self.pool[chosen]["round"] if self.texts else None
        for index in range(number):
            nth = self.used[move]
            self.used[move] += 1
            row = self.chances[move]
            while len(row) <= nth:
                row.append([self.rng.gauss(0, 1) for _ in range(CHECKS + 1)])
            z, query = row[nth], self.query
            if move == "rewrite":
                text = query.rewrite(z, old)
            else:
                text = query.fresh(z) if move == "fresh" else query.advised(z)
            if query.first_fail and round == 0:
                text = Text(0.0)
            made: Any = {
                "id": f"r{round}c{len(self.pool)}", "turn": 1, "round": round, "index": index,
                "text": "", "reward": text.true + query.noise * z[-1], "error": None,
                "finish_reason": "stop", "move": move,
                "parent_round": None if move == "fresh" else parent,
            }  # fmt: skip
            self.pool.append(made)
            self.texts.append(text)

    def copy(self) -> Run:
        other = Run(self.query, self.chances, self.rng)
        other.pool, other.texts, other.used = self.pool[:], self.texts[:], dict(self.used)
        return other

    def round(self, plan: Any, round: int) -> None:
        """Draw the texts of a round; all rewrites are of the answer chosen before it."""
        chosen = self.best()
        for move in self.chances:
            self.draw(move, plan.get(move, 0), round, chosen)

    def best(self) -> int:
        return max(range(len(self.pool)), key=lambda nth: self.pool[nth]["reward"] or 0.0)

    def true(self) -> float:
        return self.texts[self.best()].true

    def done(self) -> bool:
        return self.query.best is not None and self.true() >= self.query.best


def one_query(
    scenario: Scenario, depth: int, seed: int, seconds: list[float], mix
) -> dict[str, float]:
    rng = Random(f"{scenario.name} {seed}")
    query = scenario.query(rng)
    chances: dict[str, list[list[float]]] = {"fresh": [], "rewrite": [], "advised": []}

    def start(number: int) -> Run:
        run = Run(query, chances, rng)
        run.draw("fresh", number, 0)
        return run

    many = start(WIDTH)
    found = {"single": many.texts[0].true}
    many.draw("fresh", depth * (WIDTH + CRITIQUE), 1)
    found["best of N"] = many.true()
    loop = start(WIDTH)
    for round in range(depth):
        if not loop.done():
            loop.round({"rewrite": WIDTH}, round + 1)
    found["tpo"] = loop.true()
    adaptive = start(WIDTH)
    for round in range(depth):
        if adaptive.done():
            break
        began = time.perf_counter()
        plan = plan_round(
            adaptive.pool, turn=1, round=round, rounds=depth, width=WIDTH,
            critique_texts=CRITIQUE, seed=seed,
        )  # fmt: skip
        seconds.append(time.perf_counter() - began)
        mix[round].append((plan["fresh"], plan["rewrite"], plan["advised"]))
        adaptive.round(plan, round + 1)
        if not round:
            for move in chances:
                known = adaptive.copy()
                for later in range(1, depth):
                    if not known.done():
                        size = WIDTH + (CRITIQUE if move == "fresh" else 0)
                        known.round({move: size}, later + 1)
                found[move] = known.true()
    if "fresh" not in found:
        found |= dict.fromkeys(chances, adaptive.true())
    found["adaptive"] = adaptive.true()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--only", default="")
    parser.add_argument("--depth", type=int, default=0)
    parser.add_argument("--mix", action="store_true")
    options = parser.parse_args()
    for depth, allowed in SIZES.items():
        if options.depth not in (0, depth):
            continue
        seconds: list[float] = []
        print(
            f"D{depth}-N{WIDTH}: {WIDTH + depth * (WIDTH + CRITIQUE)} texts; may lose {allowed:.0%}"
        )
        for scenario in SCENARIOS:
            if options.only not in scenario.name:
                continue
            mix = [[] for _ in range(depth)]
            rows = [one_query(scenario, depth, seed, seconds, mix) for seed in range(options.runs)]
            mean = {arm: fmean(row[arm] for row in rows) for arm in rows[0]}
            better = max(("best of N", "tpo"), key=mean.__getitem__)
            unit = mean["best of N"] - mean["single"]
            margin = (mean["adaptive"] - mean[better]) / unit
            error = stdev(row["adaptive"] - row[better] for row in rows) / sqrt(len(rows)) / unit
            floor = (
                100 * (max(mean[m] for m in ("fresh", "rewrite", "advised")) - mean[better]) / unit
            )
            flag = "" if margin >= -allowed else "MISSED"
            if scenario.critique == "middle" and margin <= 0:
                flag += " not above"
            print(
                f"{scenario.name:28}{scenario.critique:9}"
                + "".join(f"{mean[a]:8.3f}" for a in ("single", "best of N", "tpo", "adaptive"))
                + f"{100 * margin:8.1f} ±{100 * error:4.1f} {floor:8.1f} {flag}"
            )
            if options.mix:
                print(
                    "      ",
                    " ".join(
                        "/".join(f"{fmean(m[i] for m in ms):.1f}" for i in range(3))
                        for ms in mix
                        if ms
                    ),
                )
        if seconds:
            seconds.sort()
            print(
                f"a plan takes {1000 * fmean(seconds):.2f} ms, at most {1000 * seconds[-1]:.2f} ms; {sum(seconds):.0f} s in all"
            )


if __name__ == "__main__":
    main()
