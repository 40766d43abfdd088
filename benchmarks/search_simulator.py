"""What `mode="adaptive"` loses and wins against best-of-N and TPO, at equal texts, without a model.

Made-up policies answer made-up queries: from "a critique is useless" to "a critique is perfect",
with smooth rewards, 0/1, graded checks and noise. The plans are the real ones (`plan_round`).
Rewrites have texts too, as the plan looks at those: in the scenarios called copies all of them
nearly copy their answer, elsewhere three in ten of those that change nothing (`COPIED`).
All ways share the first samples, and the k-th fresh text, rewrite or advised text of a query is
drawn from the same chance in each, so that differences are due to the search alone.

    python benchmarks/search_simulator.py [--runs 1000] [--held-out] [--svg adaptive.svg]

The unit of the differences is what best-of-N gains over a single sample. `floor`: what is lost by
a method that divides the first round as `plan_round` does, which it must without having seen one
critique, and is told from then on which of the moves is best in this scenario. A method may be
above it, by changing its moves from query to query. With a noisy reward whoever leads is rated
again, as in a run with a judge; best-of-N and TPO have as many more texts for it, at half a
text for a rating. `--rated-once` shows what is lost without, as to a reward whose errors are
always the same. Beneath the table stands what any way of
dividing the first round must lose in some scenario of a group (`search_floor.py`); what is lost by
who knows two scenarios with checks by heart, but not which it is in, says `search_pair.py`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from random import Random
from statistics import fmean, stdev
from typing import Any, NamedTuple, cast

from search_floor import GROUPS, floor_of
from search_scenarios import CHECKS, COPIED, HELD_OUT, SCENARIOS, Query, Scenario, Text, even

from tpo.core.faults import MOST_VERSIONS, with_other_faults
from tpo.core.moves import dealt
from tpo.core.planning.best_of_normal import best_beyond
from tpo.core.planning.round_plan import plan_round
from tpo.core.ratings import ratings_of, with_ratings
from tpo.core.state import Candidate
from tpo.rewards.base import scored
from tpo.rewards.second_ratings import RATINGS

WIDTH, CRITIQUE = 5, 2
RATING = 0.5  # what a further rating costs, where a text and its rating cost 1
SIZES = {2: 8.0, 8: 3.0}  # depth, and what may be lost there, in %: 19 texts and 61


class Chances:
    """What chance gives to the texts of one move: the k-th is the same, whoever asks and when."""

    def __init__(self, seed: str) -> None:
        self.rng, self.rows = Random(seed), list[list[float]]()

    def __getitem__(self, nth: int) -> list[float]:
        while len(self.rows) <= nth:
            self.rows.append([self.rng.gauss(0, 1) for _ in range(CHECKS + 1)])
        return self.rows[nth]


class Run:
    """One search for one query: its pool, and what each text is truly worth."""

    def __init__(self, query: Query, chances: dict[str, Chances], told: bool) -> None:
        self.query, self.chances, self.told = query, chances, told
        self.pool: list[Candidate] = []
        self.texts: list[Text] = []
        self.used = dict.fromkeys(chances, 0)
        self.ratings = 0
        """How many were made beyond the first of each text."""

    def draw(self, move: str, number: int, round: int, chosen: int = 0) -> None:
        old = self.texts[chosen] if self.texts else Text(0)
        parent = self.pool[chosen]["round"] if self.texts else None
        for index in range(number):
            nth = self.used[move]
            self.used[move] += 1
            z, query = self.chances[move][nth], self.query
            if move == "rewrite":
                text = query.rewrite(z, old)
            else:
                text = query.fresh(z) if move == "fresh" else query.advised(z)
            if query.first_fail and round == 0:
                text = Text(0.0)
            id = f"r{round}c{len(self.pool)}"
            words = " ".join(f"{id}{letter}" for letter in "abcdefghijkl")
            if move == "rewrite" and self.copied(nth, text, old):
                words = f"{self.pool[chosen]['text']} {id}"
            made: Any = {
                "id": id, "turn": 1, "round": round, "index": index,
                "text": words, "reward": text.true + query.noise * z[-1], "error": None,
                "finish_reason": "stop", "move": move,
                "parent_round": None if move == "fresh" else parent,
            }  # fmt: skip
            if self.told:
                made["feedback"] = "" if text.checks else "it says what is wrong"
                made["checks"] = [
                    {"criterion": f"{place}", "passed": passed}
                    for place, passed in enumerate(text.checks)
                ]
            self.pool.append(made)
            self.texts.append(text)

    def copied(self, nth: int, text: Text, old: Text) -> bool:
        """Return whether the nth rewrite nearly copies the text of its answer."""
        some = text == old and even(self.chances["copied"][nth][0]) < COPIED
        return self.query.copies or some

    def copy(self) -> Run:
        other = Run(self.query, self.chances, self.told)
        other.pool, other.texts, other.used = self.pool[:], self.texts[:], dict(self.used)
        other.ratings = self.ratings
        return other

    def round(self, plan: Any, round: int) -> None:
        """Draw the texts of a round; rewrites are of the answers that were chosen before it."""
        rewrites = range(plan.get("rewrite", 0))
        drafts = list(dealt(rewrites, self.drafts(bool(plan.get("told")))[: len(rewrites)]))
        chosen = self.best()
        self.draw("fresh", plan.get("fresh", 0), round)
        for part, draft in drafts:
            self.draw("rewrite", len(part), round, draft)
        self.draw("advised", plan.get("advised", 0), round, chosen)

    def drafts(self, told: bool) -> list[int]:
        """Return which answers are rewritten: if told what is wrong, equal ones too."""
        chosen = self.best()
        if not told:
            return [chosen]
        others = with_other_faults(self.pool, self.pool[chosen], len(self.pool))
        equal = [c for c in others if c["reward"] == self.pool[chosen]["reward"]]
        return [self.pool.index(c) for c in equal[:MOST_VERSIONS]] or [chosen]

    def best(self) -> int:
        return max(range(len(self.pool)), key=lambda nth: self.pool[nth]["reward"] or 0.0)

    def rate_leader(self) -> None:
        """Have whoever leads rated again, as `rewards/second_ratings.py` does."""
        while len(ratings_of(self.pool[leader := self.best()])) < RATINGS:
            known, true = self.pool[leader], self.texts[leader].true
            times = range(self.ratings, self.ratings + RATINGS - 1)
            noise = [self.query.noise * self.chances["rating"][nth][0] for nth in times]
            self.ratings += len(noise)
            score = with_ratings(known, [scored(true + one) for one in noise])
            self.pool[leader] = cast("Candidate", {**known, **score})

    def true(self) -> float:
        return self.texts[self.best()].true

    def done(self) -> bool:
        return self.query.best is not None and self.true() >= self.query.best


MOVES = ("fresh", "rewrite", "advised")
Found = dict[str, float]


class Watch:
    """What the plans were, and how long they took."""

    def __init__(self, depth: int, *, again: bool = True) -> None:
        self.mix: list[list[tuple[int, ...]]] = [[] for _ in range(depth)]
        self.seconds: list[float] = []
        self.ratings: list[int] = []
        self.again = again

    def plan(self, run: Run, round: int, seed: int) -> dict[str, int]:
        began = time.perf_counter()
        plan = plan_round(
            run.pool, turn=1, round=round, rounds=len(self.mix), width=WIDTH,
            critique_texts=CRITIQUE, seed=seed,
        )  # fmt: skip
        self.seconds.append(time.perf_counter() - began)
        divided = {"fresh": plan["fresh"], "rewrite": plan["rewrite"], "advised": plan["advised"]}
        self.mix[round].append(tuple(divided.values()))
        return {**divided, "told": run.told}


def adapted(run: Run, depth: int, seed: int, watch: Watch, *, again: bool) -> Run:
    """Search as adaptive does, and return a copy of what there was after the first round."""
    first = run
    for round in range(1, depth + 1):
        if again:
            run.rate_leader()
        if not run.done():
            run.round(watch.plan(run, round - 1, seed), round)
        if round == 1:
            first = run.copy()
    if again:
        run.rate_leader()
    watch.ratings.append(run.ratings)
    return first


def one_query(scenario: Scenario, depth: int, seed: int, watch: Watch) -> Found:
    """Search for one query in every way, and return what each answer is truly worth."""
    name = f"{scenario.name} {seed}"
    query = scenario.query(Random(name))
    chances = {what: Chances(f"{name} {what}") for what in (*MOVES, "rating", "copied")}
    again = bool(query.noise) and watch.again

    def start() -> Run:
        run = Run(query, chances, scenario.told)
        run.draw("fresh", WIDTH, 0)
        return run

    def on(run: Run, moves: dict[str, int], rounds: range, *, again: bool = False) -> float:
        for round in rounds:
            if not run.done():
                run.round(moves, round)
            if again:
                run.rate_leader()
        return run.true()

    adaptive = start()
    after_first = adapted(adaptive, depth, seed, watch, again=again)
    more = int(adaptive.ratings * RATING + 0.5)
    whole = WIDTH + CRITIQUE * scenario.told
    rewrites = {"rewrite": whole, "told": scenario.told}
    full = [{"fresh": WIDTH + CRITIQUE}, rewrites, {"advised": whole}]

    def alone(moves: dict[str, int], move: str) -> float:
        run = start()
        on(run, moves, range(1, depth))
        return on(run, {**moves, move: moves[move] + more}, range(depth, depth + 1))

    found = {"single": start().texts[0].true, "adaptive": adaptive.true()}
    found["best of N"] = alone(full[0], "fresh")
    found["tpo"] = alone({"rewrite": WIDTH}, "rewrite")
    for move, moves in zip(MOVES, full, strict=True):
        found[move] = on(after_first.copy(), moves, range(2, depth + 1), again=again)
    return found


class Result(NamedTuple):
    """One scenario at one size; differences in % of what best-of-N gains over a single sample."""

    scenario: Scenario
    mean: Found
    error: Found
    margin: float
    """Adaptive minus the better of best-of-N and TPO."""
    sure: float
    """Standard error of `margin`; all ways share their chances."""
    floor: float
    ratings: float
    """How many further ones a run of adaptive asked for."""

    def missed(self, allowed: float) -> bool:
        return self.margin < -allowed

    def verdict(self, allowed: float) -> str:
        beyond = ", as does its floor" if self.floor < -allowed else ""
        return (
            f"MISSED{beyond}"
            if self.missed(allowed)
            else (
                "not above both" if self.scenario.critique == "middle" and self.margin <= 0 else ""
            )
        )


def measure(scenario: Scenario, depth: int, runs: int, watch: Watch) -> Result:
    rows = [one_query(scenario, depth, seed, watch) for seed in range(runs)]
    mean = {way: fmean(row[way] for row in rows) for way in rows[0]}
    error = {way: stdev(row[way] for row in rows) / sqrt(runs) for way in rows[0]}
    better = max(("best of N", "tpo"), key=mean.__getitem__)
    unit = (mean["best of N"] - mean["single"]) / 100
    sure = stdev(row["adaptive"] - row[better] for row in rows) / sqrt(runs) / unit
    floor = (max(mean[move] for move in MOVES) - mean[better]) / unit
    margin = (mean["adaptive"] - mean[better]) / unit
    return Result(scenario, mean, error, margin, sure, floor, fmean(watch.ratings[-runs:]))


WAYS = ("single", "best of N", "tpo", "adaptive")


def line(result: Result, allowed: float) -> str:
    means = "".join(f"{result.mean[w]:7.3f} ±{result.error[w]:.3f}" for w in WAYS)
    return (
        f"{result.scenario.name:26}{result.scenario.critique:9}{means}"
        f"{result.margin:8.1f} ±{result.sure:3.1f}{result.floor:7.1f} {result.verdict(allowed)}"
        + f" {result.ratings:.1f} further ratings"
        * (result.ratings > 0)
    )


def misses(results: Sequence[Result], allowed: float) -> str:
    """Say how many scenarios are missed, and in how many of them the first round is enough to."""
    missed = [result for result in results if result.missed(allowed)]
    beyond = sum(result.floor < -allowed for result in missed)
    return (
        f"{len(missed)} of {len(results)} scenarios lose more than {allowed:g} %: in {beyond} of "
        "them all of that is lost by such a first round alone"
    )


def price_of_a_try(depth: int) -> str:
    """Say what the first try of a critique costs with normal rewards, in % of best-of-N's gain."""
    texts = WIDTH + depth * (WIDTH + CRITIQUE)
    unit = best_beyond(texts, 0 - 6) - 6
    useless = [
        100 * (best_beyond(texts) - best_beyond(texts - CRITIQUE - k)) / unit
        for k in range(WIDTH + 1)
    ]
    pays = [100 * 0.4 * (best_beyond(WIDTH) - best_beyond(k)) / unit for k in range(1, WIDTH + 1)]
    best = min(max(a, b) for a, b in zip(useless[1:], pays, strict=True))
    return (
        "the first try with k = 1-5 texts that are not fresh costs, if they bring nothing, "
        + ", ".join(f"{value:.1f}" for value in useless[1:])
        + "; k rewrites and not 5 cost, if rewrites pay and scatter by 0.4, "
        + ", ".join(f"{value:.1f}" for value in pays)
        + f" %. So no method is sure to lose less than {best:.1f} %."
    )


def drawing(results: Sequence[Result], title: str, allowed: float) -> str:
    """Return an SVG: for each scenario, TPO and adaptive between a single sample and best-of-N.

    Where adaptive misses what is allowed, its floor is drawn too.
    """
    left, right, top, row, most = 230, 700, 70, 22, 2.5
    low = -0.5

    def x(value: float) -> float:
        return left + (right - left) * (min(max(value, low), most) - low) / (most - low)

    parts = [f'<text x="20" y="26" font-size="15">{title}</text>']
    bottom = top + row * len(results)
    for mark, name in ((0.0, "single sample"), (1.0, "best-of-N")):
        parts.append(
            f'<line x1="{x(mark):.1f}" y1="{top - 14}" x2="{x(mark):.1f}" y2="{bottom}" '
            'stroke="#9ca3af"/>'
            f'<text x="{x(mark):.1f}" y="{top - 20}" text-anchor="middle">{name}</text>'
        )
    for nth, result in enumerate(results):
        y = top + row * nth
        unit = result.mean["best of N"] - result.mean["single"]
        parts.append(
            f'<text x="{left - 12}" y="{y + 4}" text-anchor="end">{result.scenario.name}</text>'
        )
        if result.missed(allowed):
            better = max(result.mean["best of N"], result.mean["tpo"])
            at = x((better - result.mean["single"]) / unit + result.floor / 100)
            parts.append(
                f'<line x1="{at:.1f}" y1="{y - 8}" x2="{at:.1f}" y2="{y + 8}" stroke="#b91c1c" '
                f'stroke-width="2"/><text x="{right + 8}" y="{y + 4}" fill="#b91c1c">'
                f"{result.margin:.0f}, floor {result.floor:.0f}</text>"
            )
        for way, ink in (("tpo", "#c2410c"), ("adaptive", "#1d4ed8")):
            value = (result.mean[way] - result.mean["single"]) / unit
            more = f'<text x="{x(value) + 9:.1f}" y="{y + 4}" fill="{ink}">{value:.1f}</text>'
            parts.append(
                f'<circle cx="{x(value):.1f}" cy="{y}" r="5" fill="{ink}" fill-opacity="0.8"/>'
                + (more if value > most and way == "adaptive" else "")
            )
    parts.append(
        f'<text x="{left}" y="{bottom + 14}" fill="#c2410c">TPO</text>'
        f'<text x="{left + 50}" y="{bottom + 14}" fill="#1d4ed8">adaptive</text>'
        f'<text x="{left + 120}" y="{bottom + 14}" fill="#b91c1c">what it loses, and its floor, '
        f"where that is more than {allowed:.0f} %</text>"
    )
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 830 {bottom + 30}" '
        'font-family="sans-serif" font-size="12">\n'
        f'<rect width="830" height="{bottom + 30}" fill="white"/>\n{body}\n</svg>\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000, help="queries of each scenario")
    parser.add_argument("--depth", type=int, choices=SIZES, help="only this size")
    parser.add_argument("--only", default="", help="only scenarios with this in their name")
    parser.add_argument("--held-out", action="store_true", help="the second set of scenarios")
    parser.add_argument(
        "--rated-once", action="store_true", help="noise is the same when asked again, or unasked"
    )
    parser.add_argument("--mix", action="store_true", help="print the mean plan of each round")
    parser.add_argument("--svg", type=Path, help="draw the last size into this file")
    options = parser.parse_args()
    for depth in [options.depth] if options.depth else SIZES:
        watch = Watch(depth, again=not options.rated_once)
        title = f"D{depth}-N{WIDTH}: {WIDTH + depth * (WIDTH + CRITIQUE)} texts"
        print(f"\n{title}; may lose {SIZES[depth]} %. By its derivation, {price_of_a_try(depth)}\n")
        print(f"{'':35}" + "".join(f"{way:>14}" for way in WAYS) + f"{'margin':>12}{'floor':>8}")
        results = []
        for scenario in HELD_OUT if options.held_out else SCENARIOS:
            if options.only in scenario.name:
                watch.mix = [[] for _ in range(depth)]
                results.append(measure(scenario, depth, options.runs, watch))
                print(line(results[-1], SIZES[depth]), flush=True)
                if options.mix:
                    rounds = [[fmean(n) for n in zip(*plans, strict=True)] for plans in watch.mix]
                    print("   ", *("/".join(f"{n:.1f}" for n in numbers) for numbers in rounds))
        print(misses(results, SIZES[depth]))
        if not options.held_out and not options.only:
            print("What any search must lose in one scenario of a group, by its derivation:")
            for group in GROUPS:
                print(f"- {floor_of(group, depth, min(options.runs, 1000))}", flush=True)
        watch.seconds.sort()
        middle = watch.seconds[len(watch.seconds) // 2]
        print(f"a plan takes {1000 * middle:.2f} ms (median of {len(watch.seconds):,})")
        if options.svg:
            options.svg.write_text(drawing(results, title, SIZES[depth]), encoding="utf-8")
            print(f"plot: {options.svg}")


if __name__ == "__main__":
    main()
