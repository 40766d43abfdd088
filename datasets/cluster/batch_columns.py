"""The columns of a batch of Ray Data: as rows, and with what became of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ...core.json_types import JsonObject
from ..records import RowResult

COLUMNS = ("answer", "reward", "heldout", "stop_reason")
PREFIX = "tpo_"  # a column `answer` is often the expected one


def rows_in(columns: JsonObject) -> list[JsonObject]:
    """Return the rows of some columns.

    Example:
        >>> rows_in({"id": ["a", "b"], "prompt": ["One?", "Two?"]})
        [{'id': 'a', 'prompt': 'One?'}, {'id': 'b', 'prompt': 'Two?'}]
    """
    lists = [as_python(values) for values in columns.values()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*lists, strict=True)]


def columns_of(batch: Any) -> JsonObject:
    """Return the columns of a batch, in whichever of Ray Data's formats it comes."""
    if isinstance(batch, Mapping):
        return dict(batch)
    as_columns = batch.to_pydict() if hasattr(batch, "to_pydict") else batch.to_dict("list")
    return dict(as_columns)


def as_python(value: Any) -> Any:
    """Return a value of NumPy's as Python's own, and what is in it too."""
    found = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(found, Mapping):
        return {str(name): as_python(one) for name, one in found.items()}
    return [as_python(one) for one in found] if isinstance(found, list | tuple) else found


def result_columns(results: Sequence[RowResult]) -> JsonObject:
    """Return what is added to a batch."""
    columns: JsonObject = {
        f"{PREFIX}{name}": [row[name] for row in results]  # type: ignore[literal-required]
        for name in COLUMNS
    }
    columns["tpo_error"] = [row["error"] and row["error"]["message"] for row in results]
    columns["tpo_usage"] = [json.dumps(row["usage"]) for row in results]
    return columns
