"""What the store of benchmarks/real_model.py shows, as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

from arms import ARMS, FIRST
from figures import (
    best_within,
    copied,
    difference,
    diversity,
    mended,
    own,
    spent,
    steps,
    trail,
    usable,
)

Record = dict[str, Any]
Pair = tuple[Record, Record]  # the first samples of a row, and an arm on it
Kept = dict[tuple[str, str], Record]
BASE = "best_of_n"
BUDGETS = (2000, 3000, 4000, 6000, 8000, 10000)


def solved(record: Record) -> bool:
    """Return whether one of the answers passes all checks."""
    return any(all(c["passed"]) for c in record["candidates"])


def report(kept: Kept) -> str:
    """Return all tables: the rows, the arms, the differences, the rounds."""
    firsts = [record for (_, arm), record in kept.items() if arm == FIRST]
    rows = [record["row"] for record in firsts if not solved(record)]
    on: dict[str, list[Pair]] = {
        arm: [(kept[row, FIRST], kept[row, arm]) for row in rows if (row, arm) in kept]
        for arm in ARMS
    }
    on = {arm: pairs for arm, pairs in on.items() if pairs}
    parts = [about_rows(firsts), about_arms(on), about_budgets(on)]
    for arm in on:
        both = [(kept[r, FIRST], kept[r, arm], kept[r, BASE]) for r in rows
                if (r, arm) in kept and (r, BASE) in kept]  # fmt: skip
        if both and arm not in {FIRST, BASE}:
            parts.append(against(arm, both))
    return "\n\n".join([*parts, about_rounds(on), about_moves(on)])


def about_rows(firsts: Sequence[Record]) -> str:
    """Say which rows there are, and how good the first samples were."""
    samples = [c for record in firsts for c in record["candidates"]]
    whole = sum(all(all(c["passed"]) for c in r["candidates"]) for r in firsts)
    left = sum(not solved(r) for r in firsts)
    return "\n".join(
        [
            f"{len(firsts)} rows sampled: all first answers pass in {whole}, some in "
            f"{len(firsts) - left - whole}, none in {left}",
            "The arms are compared on the last: the others are solved before an arm begins.",
            f"{len(samples)} first answers: {percent(all(c['passed']) for c in samples)} pass all "
            f"checks, {percent(c['finish_reason'] == 'length' for c in samples)} were cut off, "
            f"{fmean(c['tokens'] for c in samples):.0f} tokens each",
        ]
    )


def about_arms(on: dict[str, list[Pair]]) -> str:
    """Return a line per arm: what it reached and what it cost, the first samples included."""
    lines = [["arm", "rows", "solved", "mean reward", "answers", "cut off", "no answer in",
              "tokens", "seconds"]]  # fmt: skip
    for arm, pairs in on.items():
        texts = [c for _, record in pairs for c in own(record)]
        paid = [spent(first) + (spent(r) if arm != FIRST else 0) for first, r in pairs]
        lines.append(
            [
                arm,
                f"{len(pairs)}",
                f"{sum(solved(r) for _, r in pairs)}",
                f"{fmean(best(r) for _, r in pairs):.3f}",
                f"{fmean(len(r['candidates']) for _, r in pairs):.1f}",
                percent(c["finish_reason"] == "length" for c in texts),
                percent(bool(c["error"]) for c in texts),
                f"{fmean(paid):.0f}",
                f"{fmean(r['seconds'] for _, r in pairs):.0f}",
            ]
        )
    return table(lines)


def about_budgets(on: dict[str, list[Pair]]) -> str:
    """Return the rows solved for at most so many tokens each, on the rows that all arms have."""
    others = [arm for arm in on if arm != FIRST]
    shared = set.intersection(*({r["row"] for _, r in on[arm]} for arm in others)) if others else {}
    if not shared:
        return "no row has all arms yet"
    lines = [["solved within tokens", *map(str, BUDGETS)]]
    for arm in others:
        trails = [trail(first, r) for first, r in on[arm] if r["row"] in shared]
        reached = [sum(best_within(t, k) >= 1 for t in trails) for k in BUDGETS]
        lines.append([f"{arm} ({len(trails)} rows)", *map(str, reached)])
    return table(lines)


def against(arm: str, rows: Sequence[tuple[Record, Record, Record]]) -> str:
    """Return an arm's paired differences to best-of-N, for equal texts and for equal tokens."""
    ours = [trail(first, record) for first, record, _ in rows]
    theirs = [trail(first, record) for first, _, record in rows]
    tokens = [min(a[-1].tokens, b[-1].tokens) for a, b in zip(ours, theirs, strict=True)]
    whole = [([t[-1].best for t in side]) for side in (ours, theirs)]
    same = [
        [best_within(t, k) for t, k in zip(side, tokens, strict=True)] for side in (ours, theirs)
    ]
    lines = [[f"{arm} - {BASE}, {len(rows)} rows", "solved", "95 %", "reward", "95 %", "better",
              "worse"]]  # fmt: skip
    for name, (a, b) in (("equal texts", whole), ("equal tokens", same)):
        full = difference([float(x >= 1) for x in a], [float(x >= 1) for x in b])
        part = difference(a, b)
        lines.append(
            [
                name,
                f"{full.mean:+.3f}",
                f"{full.low:+.3f} to {full.high:+.3f}",
                f"{part.mean:+.3f}",
                f"{part.low:+.3f} to {part.high:+.3f}",
                str(sum(x > y for x, y in zip(a, b, strict=True))),
                str(sum(x < y for x, y in zip(a, b, strict=True))),
            ]
        )
    return table(lines)


def about_rounds(on: dict[str, list[Pair]]) -> str:
    """Return a line per arm and round: how alike its answers are, and what they mend."""
    lines = [["arm, round", "rows", "alike", "near copies", "like the one before", "copies of it",
              "failed checks mended", "by the best", "passed checks broken"]]  # fmt: skip
    for arm, pairs in on.items():
        for now in sorted({c["round"] for _, r in pairs for c in own(r)}):
            lines.append([f"{arm}, {now}", *about_round([r for _, r in pairs], now)])
    return table(lines)


def about_round(records: Sequence[Record], now: int) -> list[str]:
    """Return the cells of one round of an arm."""
    rounds = [usable([c for c in own(r) if c["round"] == now]) for r in records]
    rounds = [group for group in rounds if group]
    spread = [found for group in rounds if (found := diversity([c["text"] for c in group]))]
    begun = [(b, a) for r in records for b, a in steps(r) if a[0]["round"] == now]
    close = [copied(b["text"], [c["text"] for c in a]) for b, a in begun]
    mends = [found for b, a in begun if (found := mended(b, a))]
    return [
        str(len(rounds)),
        mean(one[0] for one in spread),
        mean(one[1] for one in spread),
        mean(one[0] for one in close),
        mean(one[1] for one in close),
        mean(one.mends for one in mends),
        mean(one.best_mends for one in mends),
        mean(one.breaks for one in mends),
    ]


def about_moves(on: dict[str, list[Pair]]) -> str:
    """Return a line per arm and move of the adaptive search: what its answers came to."""
    lines = [["arm, move", "rows", "answers", "mean reward", "pass all checks"]]
    for arm, pairs in on.items():
        answers = [(r["row"], c) for _, r in pairs for c in own(r) if c.get("move")]
        for move in sorted({c["move"] for _, c in answers}):
            some = [(row, c) for row, c in answers if c["move"] == move]
            lines.append(
                [
                    f"{arm}, {move}",
                    str(len({row for row, _ in some})),
                    str(len(some)),
                    mean(c["reward"] for c in usable([c for _, c in some])),
                    percent(all(c["passed"]) for _, c in some),
                ]
            )
    return table(lines) if len(lines) > 1 else "no arm plans its rounds"


def best(record: Record) -> float:
    """Return the best reward of a record."""
    return max((float(c["reward"]) for c in usable(record["candidates"])), default=0.0)


def mean(values: Iterable[float]) -> str:
    """Return a mean, or a dash if there is nothing."""
    given = list(values)
    return f"{fmean(given):.2f}" if given else "-"


def percent(values: Iterable[bool]) -> str:
    """Return the share that is true."""
    given = list(values)
    return f"{100 * fmean(given):.0f} %" if given else "-"


def table(lines: Sequence[Sequence[str]]) -> str:
    """Return lines of cells as a Markdown table; the first line is its head."""
    head, *rest = lines
    rows = [head, ["---", *["--:"] * (len(head) - 1)], *rest]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
