"""Answers as the programs of benchmarks read them: AlpacaEval, Arena-Hard, MT-bench."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from ...core.json_types import JsonObject
from ..batch.json_lines import json_line
from ..compare.style_control import CHARACTERS, markdown_marks
from ..records import RowResult


def alpaca_eval(rows: Sequence[RowResult], generator: str, path: Path) -> None:
    """Write a list of `instruction`, `output`, `generator` and `dataset`, one for each row.

    Source:
        https://github.com/tatsu-lab/alpaca_eval, "Evaluating a model".
    """
    written = [
        {
            "dataset": str(row["input"].get("dataset") or ""),
            "instruction": row["input"].get("instruction") or row["messages"][-1]["content"],
            "output": row["answer"],
            "generator": generator,
        }
        for row in rows
    ]
    path.write_text(json.dumps(written, ensure_ascii=False, indent=2), encoding="utf-8")


def arena_hard(rows: Sequence[RowResult], generator: str, path: Path) -> None:
    """Write a line for each row, for a folder `model_answer`.

    What its style control counts is in `metadata`: four characters count as one token, since
    its tokenizer is not at hand.

    Source:
        https://github.com/lmarena/arena-hard-auto: `gen_answer.py` writes these lines,
        `gen_judgment.py` and `show_result.py` read them.
    """
    write_lines((arena_line(row, generator) for row in rows), path)


def arena_line(row: RowResult, generator: str) -> JsonObject:
    """Return one of these lines."""
    answer = row["answer"] or ""
    headers, items, bold = markdown_marks(answer)
    return {
        "uid": row["id"],
        "ans_id": answer_id(row, generator),
        "model": generator,
        "messages": [*row["messages"], {"role": "assistant", "content": {"answer": answer}}],
        "tstamp": 0.0,
        "metadata": {
            "token_len": max(1, len(answer) // CHARACTERS),
            "header_count": {"h1": headers},
            "list_count": {"unordered": items},
            "bold_count": {"**": bold},
        },
    }


def mt_bench(rows: Sequence[RowResult], generator: str, path: Path) -> None:
    """Write a line for each row with the answers to its turns, for a folder `model_answer`.

    Source:
        https://github.com/lm-sys/FastChat, `fastchat/llm_judge`: `gen_api_answer.py` writes these
        lines, `gen_judgment.py` reads them.
    """
    write_lines((mt_bench_line(row, generator) for row in rows), path)


def mt_bench_line(row: RowResult, generator: str) -> JsonObject:
    """Return one of these lines; the number of the question is a number, as in its file."""
    turns = [turn["answer"] for turn in row.get("turns", [])] or [row["answer"] or ""]
    return {
        "question_id": row["input"].get("question_id", row["id"]),
        "answer_id": answer_id(row, generator),
        "model_id": generator,
        "choices": [{"index": 0, "turns": turns}],
        "tstamp": 0.0,
    }


def answer_id(row: RowResult, generator: str) -> str:
    """Return what names an answer of a model: the same each time it is written."""
    return hashlib.sha256(f"{generator} {row['id']}".encode()).hexdigest()[:22]


def write_lines(records: Iterable[JsonObject], path: Path) -> None:
    """Write each record as a line of JSON."""
    with path.open("wb") as file:
        file.writelines(json_line(record) for record in records)
