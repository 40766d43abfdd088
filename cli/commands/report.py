"""`tpo report`: write the report of a batch that was made before."""

from __future__ import annotations

from pathlib import Path

from ...datasets.report.batch_record import write_batch_report
from ..console import say


def report_folder(folder: str) -> int:
    """Write the report and say where it is; return the exit code."""
    say(f"written: {write_batch_report(Path(folder).expanduser())}")
    return 0
