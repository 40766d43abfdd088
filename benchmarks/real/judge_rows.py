"""Rows for benchmarks/judges.py from texts that a program has checked: which of two passes more?

The texts are those of a store of `benchmarks/real_model.py`; the checks of IFEval stand in each row
as its `criteria`. Pairs of a prompt share no text, and always differ in the share they pass.

    python benchmarks/real/judge_rows.py ifeval.jsonl store.jsonl [store.jsonl ...] > rows.jsonl
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from row_store import read_lines
from task_rows import Row, read_rows

Record = dict[str, Any]


def texts_by_row(stores: Iterable[Path]) -> dict[str, dict[str, bool]]:
    """Return the usable texts that there are for each row."""
    found: dict[str, dict[str, bool]] = {}
    for line in (line for store in stores for line in read_lines(store) if "row" in line):
        for candidate in line["candidates"]:
            if candidate["text"].strip() and not candidate["error"]:
                found.setdefault(line["row"], {})[candidate["text"]] = True
    return found


def pairs(texts: Sequence[str], row: Row, most: int) -> Iterator[tuple[str, str]]:
    """Yield pairs of a better and a worse text, each text in one pair only."""
    share = {text: sum(row.passed(text)) for text in texts}
    left = sorted(texts, key=lambda text: share[text])
    while most and len(left) > 1 and share[left[-1]] > share[left[0]]:
        yield left.pop(), left.pop(0)
        most -= 1


def judge_rows(
    rows: Mapping[str, Row], texts: Mapping[str, Iterable[str]], seed: int, most: int
) -> list[Record]:
    """Return the rows, in a seeded order; the better text comes first in half of them."""
    rng, made = random.Random(seed), list[Record]()
    for key in sorted(texts.keys() & rows.keys()):
        shuffled = sorted(texts[key])
        rng.shuffle(shuffled)
        for better, worse in pairs(shuffled, rows[key], most):
            label = 1 + len(made) % 2
            shown = (better, worse) if label == 1 else (worse, better)
            made.append({"input": rows[key].prompt, "output_1": shown[0], "output_2": shown[1],
                         "label": label, "row": key,
                         "criteria": [check.criterion for check in rows[key].checks],
                         "passed": [rows[key].passed(text) for text in shown]})  # fmt: skip
    return rng.sample(made, len(made))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("ifeval", type=Path, help="IFEval's rows")
    parser.add_argument("stores", type=Path, nargs="+", help="stores of real_model.py")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most", type=int, default=3, help="pairs of one prompt")
    given = parser.parse_args()
    rows = read_rows("ifeval", given.ifeval, seed=0, most_words=10_000)
    made = judge_rows({r.key: r for r in rows}, texts_by_row(given.stores), given.seed, given.most)
    for row in made:
        print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main()
