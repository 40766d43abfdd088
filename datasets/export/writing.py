"""Exported rows as files: JSON lines, and what a trainer wants beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ...core.errors import InputError, StoreError
from ...core.json_types import JsonObject
from ...core.private_files import private_file, private_folder
from .exporting import Wish

INFO = "dataset_info.json"


def write_rows(rows: Sequence[JsonObject], wish: Wish, out: Path) -> list[Path]:
    """Write rows to a new file, and return the files that were written.

    Args:
        rows: The rows.
        wish: What they were made for.
        out: The file; for a family that wants a description beside it, the folder of both.

    Raises:
        InputError: the file is there already.
        StoreError: it cannot be written.
    """
    name = "tpo_critiques" if wish.critiques else f"tpo_{wish.task}"
    file = out / f"{name}.jsonl" if wish.trainer.info else out
    if file.exists():
        raise InputError(f"{file} is there already; name another with --out, or remove it")
    try:
        private_folder(file.parent)
        private_file(file)
        file.write_text("".join(f"{row_line(row)}\n" for row in rows), encoding="utf-8")
        return [file, *as_described(file, name, wish)]
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}") from None


def row_line(row: JsonObject) -> str:
    """Return a row as one line of JSON."""
    return json.dumps(row, ensure_ascii=False)


def as_described(file: Path, name: str, wish: Wish) -> list[Path]:
    """Add the file to the folder's description, if the trainer wants one."""
    if wish.trainer.info is None:
        return []
    path = file.with_name(INFO)
    known: JsonObject = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    described = {**known, **wish.trainer.info(name, file.name, wish.task)}
    private_file(path)
    path.write_text(f"{json.dumps(described, indent=2)}\n", encoding="utf-8")
    return [path]
