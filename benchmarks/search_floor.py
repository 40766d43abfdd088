"""What any search must lose somewhere against the better of best-of-N and TPO, at equal texts.

The scenarios of a group look alike until the first round is paid for: their first five answers are
drawn from the same distribution. So whoever divides that round does it in the dark. Two players
who know all scenarios of the group by heart say how much that costs:

- *told*: is told the scenario once the first round is paid for;
- *learns*: goes by Bayes' rule on the rewards of the first round. It knows the noise, and the
  reward's unit and zero, which no real run does.

Both may mix all ways to divide the first round. Then they take one of the ways of `later`, by
what it brings in the scenarios if the best reward is about as high. Scenarios are drawn so
that the players lose most (multiplicative weights), so the numbers are lower bounds: whoever plays
like them loses as much in at least one scenario of the group. Not bound by them: who looks at the
first five rewards to divide the first round, or divides later rounds in other ways.

    python benchmarks/search_floor.py [--runs 1000]

It needs numpy, which comes with the development dependencies.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

import numpy as np
from search_scenarios import SCENARIOS, Query, Scenario, Text

from tpo.core.planning.round_split import Split, ways_to_divide

WIDTH, CRITIQUE, TEXTS = 5, 2, 19
GROUPS = ("smooth", "noisy", "told, smooth", "told, noisy")
TURNS = 2000  # of the game
Numbers = np.ndarray
LEVELS = np.arange(-10, 60, 0.5)  # true rewards at which rewrites are looked up; lines between
BINS = (0.2, 0.4, 0.6, 0.8)  # quantiles of the best reward, between which ways are compared
POINTS, WEIGHTS = np.polynomial.hermite_e.hermegauss(9)


class Kind(NamedTuple):
    """A kind of query, all of whose rewards are normal."""

    rewrites: Numbers
    """Their mean if the chosen answer is worth each of `LEVELS`."""
    scatter: float
    advised: float
    noise: float

    def of_rewrites(self, old: Numbers) -> Numbers:
        return np.interp(old, LEVELS, self.rewrites)


def kind_of(query: Query) -> Kind:
    """Return what the functions of a query do, found by calling them."""
    zero, one = [0.0], [1.0]
    rewrites = np.array([query.rewrite(zero, Text(level)).true for level in LEVELS])
    scatter = query.rewrite(one, Text(LEVELS[0])).true - rewrites[0]
    return Kind(rewrites, scatter, query.advised(zero).true, query.noise)


def kinds_of(scenario: Scenario) -> list[Kind]:
    """Return the kinds of query of a scenario, as often as they come."""
    drawn = 60 if "query" in scenario.name else 1
    return [kind_of(scenario.query(Random(nth))) for nth in range(drawn)]


class Search:
    """The same search for many queries at once: the best reward, and what it is truly worth."""

    def __init__(self, kinds: Sequence[Kind], runs: int, seed: int) -> None:
        self.kinds, self.chance = kinds, np.random.default_rng(seed)
        self.which = np.arange(runs) % len(kinds)
        self.noise = kinds[0].noise
        self.top, self.true = np.full(runs, -np.inf), np.zeros(runs)
        self.seen: dict[str, Numbers] = {}

    def add(self, means: Numbers, scatter: Numbers | float, number: int) -> Numbers:
        """Draw texts and keep the best; return their rewards."""
        size = (len(self.top), number)
        true = means[:, None] + np.reshape(scatter, (-1, 1)) * self.chance.normal(size=size)
        rewards = true + self.noise * self.chance.normal(size=size)
        for nth in range(number):
            better = rewards[:, nth] > self.top
            self.top = np.where(better, rewards[:, nth], self.top)
            self.true = np.where(better, true[:, nth], self.true)
        return rewards

    def by_kind(self, values: Sequence[Numbers | float]) -> Numbers:
        runs = np.arange(len(self.top))
        return np.array([np.broadcast_to(v, self.top.shape) for v in values])[self.which, runs]

    def round(self, split: Split) -> None:
        """Draw the texts of a round; its rewrites are of the answer chosen before it."""
        means = self.by_kind([kind.of_rewrites(self.true) for kind in self.kinds])
        scatter = self.by_kind([kind.scatter for kind in self.kinds])
        top = self.top
        self.add(np.zeros(len(top)), 1.0, split.fresh)
        rewrites = self.add(means, scatter, split.rewrite)
        advised = self.add(self.by_kind([k.advised for k in self.kinds]), 1.0, split.advised)
        self.seen = {"top": top, "rewrite": rewrites, "advised": advised, "best": self.top}


def later(width: int) -> list[Split]:
    """Return how the rounds after the first may be divided, all of them alike."""
    return [
        Split(WIDTH + CRITIQUE, 0, 0), Split(0, width, 0), Split(0, 0, width),
        Split(2, width - 2, 0), Split(width - 3, 2, 1), Split(1, width - 2, 1),
    ]  # fmt: skip


class Played:
    """One scenario: what each first split and way to go on loses, and what was seen."""

    def __init__(self, scenario: Scenario, splits: list[Split], depth: int, runs: int) -> None:
        self.kinds, self.runs = kinds_of(scenario), runs
        fresh, rewrites = Split(WIDTH + CRITIQUE, 0, 0), Split(0, WIDTH, 0)
        wide, tpo = (self.play([way] * depth).true.mean() for way in (fresh, rewrites))
        self.unit, self.better = wide / 100, max(wide, tpo)  # a single sample is worth 0
        self.losses, self.seen = [], []
        for split in splits:
            ways = later(sum(splits[-1]))
            self.seen.append(self.play([split]).seen)
            ends = [self.play([split] + [way] * (depth - 1)).true for way in ways]
            self.losses.append((self.better - np.stack(ends, 1)) / self.unit)

    def play(self, rounds: Sequence[Split]) -> Search:
        """Search anew with the same chances; the first round of equal splits is the same."""
        search = Search(self.kinds, self.runs, seed=1)
        search.add(np.zeros(self.runs), 1.0, WIDTH)
        for split in rounds:
            search.round(split)
        return search


def log_density(rewards: Numbers, means: Numbers | float, variance: float) -> Numbers:
    """Return the log density of rows of normal rewards, but for a constant."""
    away = (rewards - np.reshape(means, (-1, 1))) ** 2
    return -(away / variance + np.log(variance)).sum(1) / 2


def likelihood(kind: Kind, seen: dict[str, Numbers]) -> Numbers:
    """Return how likely a kind of query makes what was seen in the first round."""
    noise, advised = kind.noise**2, seen["advised"]
    known = 1 / (1 + noise)  # the share of a reward's variance that is true
    total = np.zeros(len(advised))
    for point, weight in zip(POINTS, WEIGHTS / WEIGHTS.sum(), strict=True):
        old = seen["top"] * known + point * np.sqrt(noise * known)
        means, variance = kind.of_rewrites(old), kind.scatter**2 + noise
        total += weight * np.exp(log_density(seen["rewrite"], means, variance))
    return total * np.exp(log_density(advised, kind.advised, 1 + noise)) + 1e-300


def places(group: Sequence[Played], nth: int) -> list[Numbers]:
    """Return for each scenario and run where its best reward is among those of the group."""
    best = [played.seen[nth]["best"] for played in group]
    return [np.searchsorted(np.quantile(np.concatenate(best), BINS), some) for some in best]


def means_of(losses: Numbers, places: Numbers) -> Numbers:
    """Return the mean loss of each way to go on, by the place of the best reward."""
    overall = losses.mean(0)
    rows = [losses[places == place] for place in range(len(BINS) + 1)]
    return np.array([row.mean(0) if len(row) else overall for row in rows])


def lost_if_told(group: Sequence[Played], nth: int) -> Numbers:
    """Return what is lost in each scenario by who goes on in the best way for it."""
    pairs = zip(group, places(group, nth), strict=True)
    return np.array([means_of(p.losses[nth], some).min(1)[some].mean() for p, some in pairs])


class Learner:
    """Goes on, after one first split, in the way that loses least by what was seen."""

    def __init__(self, group: Sequence[Played], nth: int) -> None:
        self.losses = [played.losses[nth] for played in group]
        self.places = places(group, nth)
        pairs = zip(self.losses, self.places, strict=True)
        self.means = np.stack([means_of(losses, some) for losses, some in pairs], 1)
        self.likely = [
            np.stack([np.mean([likelihood(k, p.seen[nth]) for k in q.kinds], 0) for q in group], 1)
            for p in group
        ]

    def lost(self, prior: Numbers) -> Numbers:
        """Return what is lost in each scenario if they were drawn like this."""
        found = []
        for losses, likely, places in zip(self.losses, self.likely, self.places, strict=True):
            expected = np.einsum("rs,rsw->rw", likely * prior, self.means[places])
            found.append(losses[np.arange(len(losses)), expected.argmin(1)].mean())
        return np.array(found)


def floor_if_told(losses: Numbers) -> float:
    """Return what is lost by the player who is told; a row per first split."""
    weights, floor = np.ones(losses.shape[1]), 0.0
    for turn in range(TURNS):
        weights /= weights.sum()
        expected = losses @ weights
        floor = max(floor, expected.min())
        weights *= np.exp(0.3 / np.sqrt(1 + turn) * losses[expected.argmin()])
    return float(floor)


def floor_if_learning(learners: Sequence[Learner], scenarios: int) -> float:
    """Return what is lost by the player who learns; a learner per first split."""
    weights, floor = np.ones(scenarios), 0.0
    for turn in range(TURNS // 20):
        weights /= weights.sum()
        losses = np.array([learner.lost(weights) for learner in learners])
        expected = losses @ weights
        floor = max(floor, expected.min())
        weights *= np.exp(0.5 / np.sqrt(1 + turn) * losses[expected.argmin()])
    return float(floor)


def of_group(name: str) -> list[Scenario]:
    return [s for s in SCENARIOS if s.name.startswith(f"{name}:")]


def floor_of(name: str, depth: int, runs: int) -> str:
    """Return in words what must be lost in a group of scenarios."""
    scenarios = of_group(name)
    splits = ways_to_divide(WIDTH, CRITIQUE, scenarios[0].told)
    group = [Played(scenario, splits, depth, runs) for scenario in scenarios]
    losses = np.array([lost_if_told(group, nth) for nth in range(len(splits))])
    says = f"{name} ({len(group)} scenarios): {floor_if_told(losses):.1f} % if told"
    if WIDTH + depth * (WIDTH + CRITIQUE) <= TEXTS:  # later, it could go on learning
        learners = [Learner(group, nth) for nth in range(len(splits))]
        says += f", {floor_if_learning(learners, len(group)):.1f} % if it must learn"
    best = losses.max(1).argmin()
    split = "/".join(map(str, splits[best]))
    return f"{says}; {losses[best].max():.1f} % if told and always {split} at first"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000, help="queries of each scenario")
    parser.add_argument("--group", choices=GROUPS, help="only this group of scenarios")
    parser.add_argument("--depth", type=int, choices=(2, 8), help="only this size")
    options = parser.parse_args()
    for depth in [options.depth] if options.depth else (2, 8):
        print(f"\n{WIDTH + depth * (WIDTH + CRITIQUE)} texts; fresh/rewrites/advised")
        for name in [options.group] if options.group else GROUPS:
            print(floor_of(name, depth, options.runs), flush=True)


if __name__ == "__main__":
    main()
