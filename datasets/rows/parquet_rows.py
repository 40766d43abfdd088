"""Rows of a Parquet file; needs pyarrow."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import IO, Any

from ...core.errors import InputError, MissingDependencyError, evidence
from .csv_rows import require_different
from .json_form import json_form

AT_ONCE = 1000  # rows in memory


def parquet_rows(file: IO[bytes]) -> Iterator[tuple[int, object]]:
    """Yield the number of each row, and the row; what JSON has no form for becomes text.

    Raises:
        InputError: it is not a Parquet file.
        MissingDependencyError: pyarrow is not installed.
    """
    try:
        parquet: Any = import_module("pyarrow.parquet")
        errors: Any = import_module("pyarrow").ArrowException
    except ImportError:
        raise MissingDependencyError("reading Parquet needs pyarrow: pip install pyarrow") from None
    number = 0
    try:
        table = parquet.ParquetFile(file)
        require_different(table.schema_arrow.names)
        for part in table.iter_batches(batch_size=AT_ONCE):
            for row in part.to_pylist():
                number += 1
                yield number, json_form(row)
    except (errors, OSError, ValueError) as error:
        raise InputError(f"not a Parquet file that can be read: {evidence(error)}") from None
