"""How often the guard is right: false alarms, and falls that it misses, by simulation.

Assumed: the held-out reward gives an answer its true value plus noise of one standard deviation
(1 sd), which belongs to the answer: to score it again gives the same. The reward that steers rises
whenever the chosen answer changes, in four rounds of five. All N answers of a round have one true
value, which stays, falls or rises from round to round as the scenario says. In rounds of
`mode="adaptive"` only the rewrites do, beside fresh answers that stay. The last scenarios break
these assumptions, one each.

With a tolerance of 0 each fall counts, which was the default; by its noise is the default now.
`stop` asks the guard after each round, `report` once at the end. `scores` is how many answers are
scored in addition, on average; the chosen ones are 1.8 (D1), 2.6 (D2) or 5 (D5) anyway.

    python benchmarks/guard.py [--runs 2000]
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from tpo.core.overoptimisation import drift
from tpo.core.state import Candidate, State
from tpo.rewards.heldout_sample import other_texts

CHANGES = 0.8  # of the rounds bring a better answer
Level = Callable[[int], float]


@dataclass(frozen=True)
class Scenario:
    """What is true, in units of the noise.

    Attributes:
        level: The true value of the answers of a round.
        depth: How many rounds of updates.
        width: How many answers each has.
        changes: Rounds in which the chosen answer changes for sure.
        differ: How much the answers of a round truly differ (1 sd).
        shared: The share of the noise that all answers of a round have in common.
        alone: By how much only the chosen answer falls, from round 1 on.
        broken: The share of updates that are worth 5 less, and are never chosen.
        rewrites: How many answers of a later round are rewrites, if the others are fresh. The
            chosen one is one of the rewrites, or of the fresh ones, as often as there are of them;
            a rewrite where it changes for sure.
        passes: Whether the held-out reward is 0 or 1, and the level the chance of 1.
    """

    name: str
    level: Level
    depth: int
    width: int = 5
    changes: Sequence[int] = ()
    differ: float = 0.0
    shared: float = 0.0
    alone: float = 0.0
    broken: float = 0.0
    rewrites: int | None = None
    passes: bool = False


def played(scenario: Scenario, rnd: random.Random) -> tuple[list[Any], list[Any]]:
    """Return a run's rounds and its answers, with what the held-out reward would give each."""
    s, rounds, pool, chosen = scenario, list[Any](), list[Any](), 0

    def score(level: float, common: float) -> float:
        if s.passes:
            return float(rnd.random() < level)
        own = rnd.gauss(0, (1 - s.shared) ** 0.5)
        return level + rnd.gauss(0, s.differ) + common + own

    for nth in range(s.depth + 1):
        common = rnd.gauss(0, s.shared**0.5)
        better = nth == 0 or nth in s.changes or rnd.random() < CHANGES
        rewritten = moves(s, nth, rnd)
        heldout = score(s.level(nth * rewritten[0]) - s.alone * (nth > 0), common)
        if better:
            chosen = nth
        else:
            heldout = rounds[-1]["heldout"]
        rounds.append(
            {
                "turn": 1, "round": nth, "chosen": f"r{chosen}c0", "reward": float(chosen),
                "heldout": heldout, "best_length": 1, "ranked_by": "r",
            }
        )  # fmt: skip
        spoilt = [5.0 * (nth > 0 and rnd.random() < s.broken) for _ in range(s.width - 1)]
        others = [
            score(s.level(nth * learnt) - lost, common)
            for learnt, lost in zip(rewritten[1:], spoilt, strict=True)
        ]
        for k, (learnt, worth) in enumerate(zip(rewritten, [heldout, *others], strict=True)):
            pool.append(answer(s, nth, k, learnt) | {"worth": worth})
    return rounds, pool


def moves(scenario: Scenario, nth: int, rnd: random.Random) -> list[bool]:
    """Return which answers of a round are rewrites; the first is chosen if it is better."""
    s = scenario
    if s.rewrites is None or not nth:
        return [True] * s.width
    first = nth in s.changes or rnd.random() < s.rewrites / s.width
    others = s.rewrites - first
    return [first, *[True] * others, *[False] * (s.width - 1 - others)]


def answer(scenario: Scenario, nth: int, k: int, rewritten: bool) -> dict[str, Any]:
    """Return an answer's record, with its move if the run plans."""
    name = f"r{nth}c{k}"
    known = {"id": name, "round": nth, "text": name, "reward": 0.0, "error": None}
    if scenario.rewrites is None:
        return known
    move, parent = ("rewrite", nth - 1) if nth and rewritten else ("fresh", None)
    return known | {"move": move, "parent_round": parent}


def alarm(
    rounds: Sequence[Any], pool: Sequence[Any], tolerance: float | None, every: bool
) -> tuple[bool, int]:
    """Return whether the guard raises an alarm, and how many answers it scored in addition."""
    seen, paid = list[Any](), 0
    worth = {one["text"]: one["worth"] for one in pool}
    for record in rounds:
        seen.append(dict(record))
        if not every and record is not rounds[-1]:
            continue
        while (nth := (moved := drift(seen, tolerance))["to_sample"]) is not None:
            known = cast("list[Candidate]", [c for c in pool if c["round"] < len(seen)])
            state = cast("State", {"rounds": seen, "candidates": known})
            seen[nth]["heldout_sample"] = [worth[text] for text in other_texts(state, nth)]
            paid += len(seen[nth]["heldout_sample"])
        if moved["overoptimised"]:
            return True, paid
    return False, paid


def falls(size: float, at: int) -> Level:
    """A value that falls once, and stays there."""
    return lambda nth: -size if nth >= at else 0.0


def slopes(size: float, depth: int, top: int = 0) -> Level:
    """A value that changes evenly: up to the round `top`, and down from there."""
    return lambda nth: size * min(nth, 2 * top - nth) / max(top, depth - top)


def still(nth: int) -> float:
    """A value that stays."""
    return 0.0


def zero_or_one(nth: int) -> float:
    """A share that falls."""
    return 0.9 if nth < 3 else 0.1


FALSE = [Scenario(f"nothing changes, D{d} N5", still, d) for d in (1, 2, 5, 10)]
FALSE += [Scenario(f"nothing changes, D5 N{n}", still, 5, n) for n in (3, 4, 16)]
FALSE += [
    Scenario("nothing changes, answers differ by 1 sd, D5 N5", still, 5, differ=1.0),
    Scenario("it rises by 3, D5 N5", lambda nth: 3 * nth / 5, 5),
]
TRUE = [
    Scenario(f"it falls by {size:g} in the last round, D{d} N5", falls(size, d), d, changes=(d,))
    for d in (1, 2, 5)
    for size in (1, 1.5, 2, 2.5, 3, 4)
]
TRUE += [
    Scenario("it falls by 3 in round 3, D5 N5", falls(3, 3), 5, changes=(3,)),
    Scenario("it falls by 4, evenly, D5 N5", slopes(4, 5), 5, changes=(5,)),
    Scenario("it rises by 4 and falls by 4, D5 N5", slopes(4, 5, 2), 5, changes=(2, 5)),
    Scenario("it falls by 3, D2 N4", falls(3, 2), 2, 4, (2,)),
    Scenario("it falls by 3, D2 N16", falls(3, 2), 2, 16, (2,)),
]
ADAPTIVE = [
    Scenario(f"{k} of {n} are rewrites, {name}, D2", level, 2, n, sure, rewrites=k)
    for k, n in ((5, 5), (3, 5), (2, 5), (4, 7), (3, 7), (8, 16), (4, 16))
    for name, level, sure in (("no fall", still, ()), ("falls by 3", falls(3, 2), (2,)))
]
OTHERWISE = [
    Scenario("false: a third of the noise is the round's, D2 N5", still, 2, shared=0.33),
    Scenario("false: a third of the noise is the round's, D5 N5", still, 5, shared=0.33),
    Scenario("false: a fifth of the updates is broken, D5 N5", still, 5, broken=0.2),
    Scenario("false: 0 or 1, of which 0.6 are 1, D5 N5", lambda nth: 0.6, 5, passes=True),
    Scenario(
        "true: 0 or 1, of which 0.9 and then 0.1 are 1, D5 N5", zero_or_one, 5, 5, (3,), passes=True
    ),
    Scenario("true: only the chosen answer falls, by 3, D2 N5", still, 2, changes=(2,), alone=3),
    Scenario("true: it falls by 3, answers differ by 1 sd, D2 N5", falls(3, 2), 2, 5, (2,), 1.0),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=2000)
    runs = parser.parse_args().runs
    head = ("stop", "report", "stop", "scores", "report", "scores")
    print(f"{'':57}{'tolerance 0':>14}{'by its noise':>32}")
    print(f"{'alarms, % of runs':57}" + "".join(f"{h:>{7 + (n > 1)}}" for n, h in enumerate(head)))
    kinds = {
        "no fall": FALSE,
        "a fall": TRUE,
        'mode="adaptive"': ADAPTIVE,
        "assumptions that do not hold": OTHERWISE,
    }
    for kind, scenarios in kinds.items():
        print(kind)
        for scenario in scenarios:
            rnd, cells = random.Random(7), list[float]()
            both = [played(scenario, rnd) for _ in range(runs)]
            for tolerance, every in ((0.0, False), (0.0, True), (None, True), (None, False)):
                found = [alarm(*one, tolerance, every) for one in both]
                share = 100 * sum(alarmed for alarmed, _ in found) / runs
                cells += [share, sum(paid for _, paid in found) / runs]
            old, _, old_stop, _, stop, paid, report, less = cells
            print(
                f"  {scenario.name:55}{old_stop:7.1f}{old:7.1f}{stop:8.1f}{paid:8.1f}"
                f"{report:8.1f}{less:8.1f}"
            )


if __name__ == "__main__":
    main()
