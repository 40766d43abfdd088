"""What an over-optimised reward looks like, and what the guard does about it.

A scripted policy and a reward that pays for length (tests/fakes/gaming_task.py): the reward
rises in every round, the truth rises and then falls. With the true reward held out and
`guard="stop"` the run ends there and returns the answer that was best.

    python benchmarks/overoptimisation.py [--rounds 8] [--svg overoptimisation.svg]
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import tpo

FAKES = Path(__file__).resolve().parents[1] / "tests" / "fakes"
LEFT, RIGHT, TOP, BOTTOM = 70, 640, 60, 330  # of the plot's area
REWARD, TRUTH, INK, FAINT = "#c2410c", "#1d4ed8", "#1f2937", "#e5e7eb"


def measure(task: Any, rounds: int, **knobs: Any) -> tuple[tpo.Aligned, list[tuple[float, ...]]]:
    """Run, and return for each round the chosen answer's reward, its true reward, its length."""
    result = tpo.align(
        task.QUERY, policy=task.model(), reward=task.proxy_reward, heldout=task.true_reward,
        depth=rounds, width=4, **knobs,
    )  # fmt: skip
    rows = [(r["reward"], r["heldout"], r["best_length"]) for r in result["rounds"]]
    return result, [tuple(float(value or 0) for value in row) for row in rows]


def drawing(rows: Sequence[Sequence[float]], stopped: int, kept: int) -> str:
    """Return an SVG of both rewards by round, and of where the guard stopped and what it kept."""
    values = [value for row in rows for value in row[:2]]
    low, high = min(values), max(values)

    def x(nth: float) -> float:
        return LEFT + (RIGHT - LEFT) * nth / (len(rows) - 1)

    def y(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low)

    def text(x: float, y: float, said: str, anchor: str = "start", ink: str = INK) -> str:
        return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" fill="{ink}">{said}</text>'

    def line(x1: float, y1: float, x2: float, y2: float, ink: str, more: str = "") -> str:
        return (
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{ink}" {more}/>'
        )

    step = next(s for s in (1, 2, 5, 10, 20, 50, 100) if (high - low) / s <= 7)
    marks = [step * k for k in range(-40, 400) if low <= step * k <= high]
    parts = [
        line(LEFT, y(v), RIGHT, y(v), FAINT) + text(LEFT - 10, y(v) + 4, f"{v}", "end")
        for v in marks
    ]
    parts += [text(x(nth), BOTTOM + 22, str(nth), "middle") for nth in range(len(rows))]
    parts.append(text((LEFT + RIGHT) / 2, BOTTOM + 46, "round", "middle"))
    parts.append(line(x(stopped), TOP, x(stopped), BOTTOM, INK, 'stroke-dasharray="4 4"'))
    parts.append(text(x(stopped), TOP - 8, f"guard stops, returns round {kept}", "middle"))
    curves: list[tuple[str, str, Callable[[Sequence[float]], float]]] = [
        ("reward", REWARD, lambda row: row[0]),
        ("truth (held out)", TRUTH, lambda row: row[1]),
    ]
    for name, ink, value in curves:
        points = " ".join(f"{x(nth):.1f},{y(value(row)):.1f}" for nth, row in enumerate(rows))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{ink}" stroke-width="2.5"/>')
        parts.append(text(RIGHT + 10, y(value(rows[-1])) + 4, name, ink=ink))
    parts.append(f'<circle cx="{x(kept):.1f}" cy="{y(rows[kept][1]):.1f}" r="5" fill="{TRUTH}"/>')
    body = "\n".join(parts)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 780 390" '
        'font-family="sans-serif" font-size="13">\n'
        f'<rect width="780" height="390" fill="white"/>\n{body}\n</svg>\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8, choices=range(4, 21), metavar="4-20")
    parser.add_argument("--svg", type=Path, default=Path("overoptimisation.svg"))
    options = parser.parse_args()
    sys.path.insert(0, str(FAKES))
    task = importlib.import_module("gaming_task")
    free, rows = measure(task, options.rounds)
    guarded, short = measure(task, options.rounds, guard="stop")
    print(f"{'round':>5}{'reward':>9}{'truth':>9}{'length':>9}")
    for nth, (reward, truth, length) in enumerate(rows):
        stops = "  the guard stops here" if nth == len(short) - 1 else ""
        print(f"{nth:5}{reward:9.2f}{truth:9.2f}{length:9.0f}{stops}")
    for name, result in (("without guard", free), ("with guard", guarded)):
        truth, paid = task.true_reward("", result["answer"]), result["usage"]["total"]["requests"]
        print(
            f"{name:14} truth of the answer {truth:6.2f}, {paid} requests, {result['stop_reason']}"
        )
    kept = max(range(len(short)), key=lambda nth: short[nth][1])
    options.svg.write_text(drawing(rows, len(short) - 1, kept), encoding="utf-8")
    print(f"plot: {options.svg}")


if __name__ == "__main__":
    main()
