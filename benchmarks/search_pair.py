"""What a search by rewards alone loses in two scenarios, if it knows them but not which it is in.

In "checks: copies" rewrites change next to nothing; in "checks: some mended" they mend one failed
check in ten, and TPO is far ahead. By their rewards both look alike for a while: most rewrites have
the reward of their answer. The player here knows the chances of both, so it goes by Bayes' rule on
every rewrite: a round is all rewrites while they are likely enough to mend, else all fresh. Its
first round is that of `mode="adaptive"`. No real run knows the chances, so none should be expected
to lose less in both by rewards alone than this player with its best threshold; but it is one way
to play, no bound. That is why the plan looks at the texts too: they tell what a copy is.

    python benchmarks/search_pair.py [--runs 1000] [--depth 8]
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from functools import cache
from math import comb, log

from search_scenarios import CHECKS, SCENARIOS
from search_simulator import CRITIQUE, SIZES, WIDTH, Run, Watch, measure

NAMES = ("checks: copies", "checks: some mended")
KEEPS, MENDS = (0.99, 0.95), (0.0, 0.1)  # of a passed check, and of a failed one, as in NAMES
LIKELY = (0.05, 0.1, 0.15, 0.2, 0.22, 0.25, 0.3, 0.5)  # thresholds
NEVER = 1e-9  # the chance of what a scenario rules out


@cache
def chance(before: int, after: int, scenario: int) -> float:
    """Return how likely a rewrite of an answer passes so many checks in a scenario."""
    keeps, mends, failed = KEEPS[scenario], MENDS[scenario], CHECKS - before
    total = NEVER
    for kept in range(min(before, after) + 1):
        mended = after - kept
        if mended <= failed:
            total += (
                comb(before, kept) * keeps**kept * (1 - keeps) ** (before - kept)
                * comb(failed, mended) * mends**mended * (1 - mends) ** (failed - mended)
            )  # fmt: skip
    return total


class KnowsBoth(Watch):
    """Rewrites while they are likely enough to mend."""

    def __init__(self, depth: int, likely: float) -> None:
        super().__init__(depth)
        self.likely = log(likely / (1 - likely))

    def plan(self, run: Run, round: int, seed: int) -> dict[str, int]:
        if round == 0:
            return super().plan(run, round, seed)
        rewrites = self.odds(run) > self.likely
        return {"rewrite": WIDTH} if rewrites else {"fresh": WIDTH + CRITIQUE}

    def odds(self, run: Run) -> float:
        """Return the logarithm of how much likelier rewrites mend than copy."""
        passed = [round(CHECKS * (c["reward"] or 0.0)) for c in run.pool]
        best = defaultdict[int, int](int)
        for candidate, number in zip(run.pool, passed, strict=True):
            best[candidate["round"]] = max(number, best[candidate["round"]])
        total = 0.0
        for candidate, number in zip(run.pool, passed, strict=True):
            if candidate.get("move") == "rewrite":
                before = max(best[nth] for nth in range(candidate["round"]))
                copies, mended = (chance(before, number, nth) for nth in (0, 1))
                total += log(mended / copies)
        return total


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000, help="queries of each scenario")
    parser.add_argument("--depth", type=int, choices=SIZES, default=8)
    options = parser.parse_args()
    pair = [next(s for s in SCENARIOS if s.name == name) for name in NAMES]
    print(f"{'rewrites from':>14}" + "".join(f"{name:>24}" for name in NAMES))
    least = -100.0
    for likely in LIKELY:
        watch = KnowsBoth(options.depth, likely)
        both = [measure(scenario, options.depth, options.runs, watch) for scenario in pair]
        least = max(least, min(result.margin for result in both))
        told = "".join(f"{result.margin:18.1f} ±{result.sure:4.1f}" for result in both)
        print(f"{likely:14.0%}{told}", flush=True)
    print(f"With the best of these thresholds {-least:.1f} % are lost in one of the two.")


if __name__ == "__main__":
    main()
