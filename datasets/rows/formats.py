"""Results as other programs read them: AlpacaEval, Arena-Hard, Parquet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from ...core.errors import MissingDependencyError, StoreError
from ...core.json_types import JsonObject
from ...core.private_files import private_file
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
    lines = [json.dumps(arena_line(row, generator), ensure_ascii=False) for row in rows]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def arena_line(row: RowResult, generator: str) -> JsonObject:
    """Return one of these lines."""
    answer = row["answer"] or ""
    headers, items, bold = markdown_marks(answer)
    return {
        "uid": row["id"],
        "ans_id": hashlib.sha256(f"{generator} {row['id']}".encode()).hexdigest()[:22],
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


def to_parquet(rows: Sequence[RowResult], generator: str, path: Path) -> None:
    """Write a table; what is not a plain value is JSON in it.

    Raises:
        MissingDependencyError: pyarrow is not installed.
    """
    try:
        arrow: Any = import_module("pyarrow")
        files: Any = import_module("pyarrow.parquet")
    except ImportError:
        raise MissingDependencyError("writing Parquet needs pyarrow: pip install pyarrow") from None
    table = [{name: plain(value) for name, value in row.items()} for row in rows]
    named = [{**row, "generator": generator} for row in table]
    files.write_table(arrow.Table.from_pylist(named), path)


def plain(value: object) -> object:
    """Return a value that a column can hold."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


FORMATS: dict[str, tuple[str, Callable[[Sequence[RowResult], str, Path], None]]] = {
    "alpaca-eval": ("alpaca-eval.json", alpaca_eval),
    "arena-hard": ("arena-hard.jsonl", arena_hard),
    "parquet": ("results.parquet", to_parquet),
}


def write_format(name: str, rows: Iterable[RowResult], generator: str, folder: Path) -> Path:
    """Write the rows that have an answer in a format; return the file.

    Args:
        name: One of `FORMATS`.
        rows: The results.
        generator: What the format calls the model.
        folder: Where the file is put.

    Raises:
        MissingDependencyError: what it needs is not installed.
        StoreError: the file cannot be written.
    """
    file, write = FORMATS[name]
    try:
        private_file(folder / file)
        write([row for row in rows if row["error"] is None], generator, folder / file)
    except OSError as error:
        raise StoreError(f"{folder / file} cannot be written: {error.strerror}") from None
    return folder / file
