"""When `critiques` pays: several critiques per round at about equal texts, without a model.

Rewrites under one critique share its luck (`between`, in spreads of fresh texts) and differ by
their own (`within`). One critique in rounds of 6, two in rounds of 5, three in rounds of 4: 22, 23
and 24 texts. The plans are the real ones (`plan_round`).

    python benchmarks/several_critiques.py [--runs 1000]
"""

from __future__ import annotations

import argparse
from math import sqrt
from random import Random
from statistics import fmean, stdev
from typing import Any, NamedTuple

from tpo.core.moves import dealt
from tpo.core.planning.round_plan import plan_round

DEPTH = 2
WAYS = ((1, 6), (2, 5), (3, 4))  # critiques, and the width with them


class Effect(NamedTuple):
    """What a critique does to the answer that it is about, in spreads of fresh texts."""

    gain: float
    within: float
    between: float


EFFECTS = [
    Effect(0, 0.1, 0), Effect(0, 0.1, 0.2), Effect(0, 0.1, 0.4), Effect(0, 0.1, 0.6),
    Effect(0.3, 0.1, 0.4), Effect(0, 0.4, 0.4), Effect(-0.5, 0.2, 0.5), Effect(0.3, 0.4, 0),
]  # fmt: skip


class Search:
    """One run, with a certain number of critiques in each round that has any."""

    def __init__(self, effect: Effect, rng: Random) -> None:
        self.effect, self.rng = effect, rng
        self.pool: list[Any] = []

    def add(self, reward: float, move: str, round: int, parent: int | None) -> None:
        place = len(self.pool)
        self.pool.append({
            "id": f"r{round}c{place}", "turn": 1, "round": round, "index": place, "text": "",
            "reward": reward, "error": None, "finish_reason": "stop", "move": move,
            "parent_round": parent,
        })  # fmt: skip

    def round(self, plan: Any, critiques: int, round: int) -> None:
        chosen = max(self.pool, key=lambda c: c["reward"])
        old, parent, gauss = chosen["reward"], chosen["round"], self.rng.gauss
        for _ in range(plan["fresh"]):
            self.add(gauss(0, 1), "fresh", round, None)
        number = max(1, min(critiques, plan["rewrite"] + plan["advised"]))
        gain, within, between = self.effect
        lucks = [gauss(gain, between) for _ in range(number)]
        for part, luck in dealt(range(plan["rewrite"]), lucks):
            for _ in part:
                self.add(old + gauss(luck, within), "rewrite", round, parent)
        for _ in range(plan["advised"]):
            self.add(gauss(0, 1), "advised", round, parent)

    def best(self, critiques: int, width: int) -> float:
        for _ in range(width):
            self.add(self.rng.gauss(0, 1), "fresh", 0, None)
        for round in range(DEPTH):
            plan = plan_round(
                self.pool, turn=1, round=round, rounds=DEPTH, width=width,
                critique_texts=2 * critiques, seed=self.rng.randrange(10**6),
            )  # fmt: skip
            self.round(plan, critiques, round + 1)
        return max(c["reward"] for c in self.pool)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000, help="queries of each kind")
    runs = parser.parse_args().runs
    sizes = (f"{k} x N={n}, {n + DEPTH * (n + 2 * k)} texts" for k, n in WAYS)
    print("  gain within between" + "".join(f"{size:>20}" for size in sizes))
    for effect in EFFECTS:
        row = "".join(f"{value:7.1f}" for value in effect)
        for critiques, width in WAYS:
            searches = (Search(effect, Random(f"{seed} {critiques}")) for seed in range(runs))
            found = [search.best(critiques, width) for search in searches]
            row += f"{fmean(found):13.3f} ±{stdev(found) / sqrt(runs):.3f}"
        print(row, flush=True)


if __name__ == "__main__":
    main()
