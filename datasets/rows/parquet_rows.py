"""Rows of a Parquet file; needs pyarrow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from typing import IO, Any

from ...core.errors import InputError, MissingDependencyError, evidence

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
        for part in parquet.ParquetFile(file).iter_batches(batch_size=AT_ONCE):
            for row in part.to_pylist():
                number += 1
                yield number, json.loads(json.dumps(row, default=str))
    except (errors, OSError, ValueError) as error:
        raise InputError(f"not a Parquet file that can be read: {evidence(error)}") from None
