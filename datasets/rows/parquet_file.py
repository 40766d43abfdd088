"""Results as a Parquet table; needs pyarrow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from ..records import RowResult


def to_parquet(rows: Sequence[RowResult], generator: str, path: Path) -> None:
    """Write a table; what is not a plain value is JSON in it."""
    arrow: Any = import_module("pyarrow")
    files: Any = import_module("pyarrow.parquet")
    names = dict.fromkeys(name for row in rows for name in row)  # some rows have more than others
    table = [{name: plain(row.get(name)) for name in names} for row in rows]
    named = [{**row, "generator": generator} for row in table]
    files.write_table(arrow.Table.from_pylist(named), path)


def plain(value: object) -> object:
    """Return a value that a column can hold."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
