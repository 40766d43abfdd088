"""Batch folders made by hand: rows whose candidates, rounds and requests a test has chosen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

Record = dict[str, Any]


def candidate(round: int, index: int, reward: float | None, text: str = "", **more: Any) -> Record:
    return {
        "id": f"r{round}c{index}",
        "turn": 1,
        "round": round,
        "index": index,
        "text": text or f"answer {round} {index}",
        "reward": reward,
        "error": None,
        "finish_reason": "stop",
        "parent_round": None,
        **more,
    }


def round_record(round: int, chosen: str, reward: float, **more: Any) -> Record:
    return {
        "turn": 1,
        "round": round,
        "chosen": chosen,
        "rejected": None,
        "loss": f"loss {round}",
        "gradient": f"gradient {round}",
        "best": reward,
        "mean": reward,
        "std": 0.0,
        "spread": 0.0,
        "best_length": 10,
        "reward": reward,
        "heldout": None,
        "ranked_by": "checks",
        "malformed": 0,
        "picked_by": "reward",
        "error": None,
        **more,
    }


def request(phase: str, round: int, read: int, written: int, texts: int = 1, **more: Any) -> Record:
    return {
        "phase": phase,
        "round": round,
        "input_tokens": read,
        "cached_tokens": 0,
        "output_tokens": written,
        "texts": texts,
        **more,
    }


def result(id: str, pool: Record | None = None, **more: Any) -> Record:
    scored = [c for c in pool["candidates"] if c["reward"] is not None] if pool else []
    best = max(scored, key=lambda c: c["reward"], default=None)
    return {
        "id": id,
        "input": {"prompt": f"question {id}", "category": "math"},
        "messages": [{"role": "user", "content": f"question {id}"}],
        "answer": best["text"] if best else None,
        "reward": best["reward"] if best else None,
        "heldout": None,
        "stop_reason": "depth",
        "rounds": [],
        "usage": None,
        "seconds": 2.0,
        "error": None,
        "thread_id": id,
        **more,
    }


def best_of(id: str, rewards: Sequence[float], cost: float | None = None, **more: Any) -> Record:
    """One request for as many texts as there are rewards: 100 tokens in, 50 out for each."""
    texts = len(rewards)
    paid = {} if cost is None else {"cost_usd": cost}
    candidates = [candidate(0, i, r, f"sample {i} of {id}"[:40]) for i, r in enumerate(rewards)]
    top = max(range(texts), key=lambda i: rewards[i])
    return {
        "id": id,
        "candidates": candidates,
        "rounds": [round_record(0, f"r0c{top}", max(rewards), **more)],
        "requests": [request("sample", 0, 100, 50 * texts, texts, **paid)],
    }


def searched(id: str, *rounds: Sequence[float], **more: Any) -> Record:
    """First samples as `best_of`; each further round has a critique of 2 x 200 + 2 x 30 tokens."""
    pool = best_of(id, rounds[0], **more)
    best = max(rounds[0])
    for now, rewards in enumerate(rounds[1:], start=1):
        pool["candidates"] += [candidate(now, i, r) for i, r in enumerate(rewards)]
        best = max(best, *rewards)
        chosen = max(pool["candidates"], key=lambda c: c["reward"])["id"]
        pool["rounds"].append(round_record(now, chosen, best, **more))
        pool["requests"] += [
            request("loss", now - 1, 200, 30),
            request("gradient", now - 1, 200, 30),
            request("update", now, 150, 50 * len(rewards), len(rewards)),
        ]
    return pool


def write_batch(
    folder: Path, pools: Sequence[Record], results: Sequence[Record] | None = None, **settings: Any
) -> Path:
    """Write a finished batch; a result that is not given is that of its pool."""
    folder.mkdir(parents=True)
    rows = results or [result(pool["id"], pool) for pool in pools]
    for name, lines in (("results.jsonl", rows), ("pools.jsonl", pools)):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / name).write_text(text, encoding="utf-8")
    about = json.dumps({"settings": settings})
    (folder / "metadata.json").write_text(about, encoding="utf-8")
    return folder


def two_arms(root: Path, rows: int = 24, gain: float = 0.5, seed: int = 0) -> tuple[Path, Path]:
    """Write best-of-N and a search whose rounds gain so much each."""
    chance = Random(seed)
    plain, better = [], []
    for number in range(rows):
        first = [chance.gauss(0, 1) for _ in range(4)]
        second, third = (
            [max(first) + gain * nth + chance.gauss(-0.3, 0.3) for _ in range(4)] for nth in (1, 2)
        )
        plain.append(best_of(f"q{number}", [chance.gauss(0, 1) for _ in range(36)]))
        better.append(searched(f"q{number}", first, second, third))
    return (
        write_batch(root / "best_of_n", plain, mode="best_of_n", width=36, depth=2),
        write_batch(root / "tpo", better, mode="tpo", width=4, depth=2),
    )
