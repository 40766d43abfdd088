"""Results as a log that `inspect view` opens; needs inspect-ai, which writes it.

Source:
    https://inspect.aisi.org.uk/eval-logs.html: `EvalLog` and what it is made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from ...core.json_types import JsonObject
from ...core.usage import add_costs, cost
from ..batch.metadata import read_metadata
from ..records import METADATA, RowResult
from .inspect_sample import REWARDS, inspect_usage, sample_of

TASK = "tpo batch"


def inspect_log(rows: Sequence[RowResult], generator: str, path: Path) -> None:
    """Write a log: each row is a sample, its reward and held-out reward are its scores.

    Args:
        rows: The results, failed ones too.
        generator: What the model is called.
        path: The file, in the folder of the batch: `metadata.json` there says how it was made.
    """
    log: Any = import_module("inspect_ai.log")
    about = read_metadata(path.parent / METADATA) or {}
    written = log.EvalLog.model_validate(log_of(rows, generator, about))
    log.write_eval_log(written, path, format="eval")


def log_of(rows: Sequence[RowResult], generator: str, about: JsonObject) -> JsonObject:
    """Return a log as inspect's own fields, all of them plain JSON."""
    begun, ended = about.get("begun") or "", about.get("ended") or ""
    return {
        "status": "cancelled" if about.get("stopped") else "success",
        "eval": spec_of(rows, generator, about),
        "results": {
            "total_samples": len(rows),
            "completed_samples": sum(row["error"] is None for row in rows),
            "scores": [score for name in REWARDS if (score := mean_score(name, rows))],
        },
        "stats": {
            "started_at": begun,
            "completed_at": ended,
            "model_usage": {generator: total_usage(rows)},
        },
        "samples": [sample_of(row, generator, about.get("verify_field") or "") for row in rows],
    }


def spec_of(rows: Sequence[RowResult], generator: str, about: JsonObject) -> JsonObject:
    """Return what was run: the file of rows, the model, the settings."""
    source = str((about.get("rows") or {}).get("from") or "rows")
    ids = [row["id"] for row in rows]
    return {
        "created": about.get("begun") or "1970-01-01T00:00:00+00:00",
        "task": TASK,
        "task_id": str((about.get("rows") or {}).get("digest") or TASK)[:22],
        "dataset": {
            "name": Path(source).name,
            "location": source,
            "samples": len(rows),
            "sample_ids": ids,
        },
        "model": generator,
        "config": {},
        "packages": about.get("versions") or {},
        "metadata": about.get("settings") or {},
    }


def mean_score(name: str, rows: Sequence[RowResult]) -> JsonObject | None:
    """Return the mean of a reward over the answers that have one; `None` if none has."""
    found = [float(value) for row in rows if (value := row.get(name)) is not None]  # type: ignore[arg-type]
    if not found:
        return None
    metrics = {"mean": fmean(found)}
    if len(found) > 1:
        metrics["stderr"] = stdev(found) / len(found) ** 0.5
    return {
        "name": name,
        "scorer": name,
        "scored_samples": len(found),
        "unscored_samples": len(rows) - len(found),
        "metrics": {key: {"name": key, "value": value} for key, value in metrics.items()},
    }


def total_usage(rows: Sequence[RowResult]) -> JsonObject:
    """Return what all rows have cost."""
    total = cost()
    for row in rows:
        total = add_costs(total, row["usage"]["total"]) if row["usage"] else total
    return inspect_usage(total)
