"""The folder of a batch, made up: what `tpo batch` leaves there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tpo.core.usage import cost


def result(number: int, **more: Any) -> dict[str, Any]:
    """Return the line of a row in results.jsonl."""
    paid = cost(requests=3, sequences=4, input_tokens=100, output_tokens=50, exact=True)
    rounds = [
        {"round": r, "best": r, "mean": 0, "reward": float(r), "best_length": 9, "heldout": None}
        for r in range(1 + number % 3)
    ]
    return {
        "id": f"row {number}",
        "input": {"prompt": "Why?", "category": "science" if number % 2 else "letters"},
        "messages": [{"role": "user", "content": f"Why {number}?"}],
        "answer": f"answer {number}",
        "reward": float(number % 3),
        "heldout": None,
        "stop_reason": "depth",
        "rounds": rounds,
        "usage": {"turn": 1, "total": paid, "phases": {}},
        "seconds": 2.0,
        "error": None,
        "thread_id": str(number),
        **more,
    }


def pool(number: int) -> dict[str, Any]:
    """Return the line of a row in pools.jsonl."""
    checks = [{"criterion": "is short", "passed": number != 1}]
    return {
        "id": f"row {number}",
        "candidates": [
            {"text": "another", "round": 0},
            {"text": f"answer {number}", "round": number % 3, "checks": checks, "feedback": "good"},
        ],
        "rounds": [{"loss": "too long", "gradient": "cut it"}, {"loss": None, "gradient": None}],
        "requests": [],
    }


def written(folder: Path, results: list[Any], pools: list[Any]) -> Path:
    """Return the folder, with these lines."""
    for name, lines in (("results", results), ("pools", pools)):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder
