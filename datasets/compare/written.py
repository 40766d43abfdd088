"""A comparison in a folder: `comparison.json`, and the report to read."""

from __future__ import annotations

import json
from pathlib import Path

from ...core.errors import StoreError
from ...core.private_files import private_file, private_folder
from ..report.writing import write_report
from .comparison import Comparison

COMPARISON = "comparison.json"


def write_comparison(found: Comparison, folder: Path) -> Path:
    """Write what was found, with `report.html` and `report.md`; earlier ones are replaced.

    They hold prompts and answers, so their owner alone can read them.

    Args:
        found: The record.
        folder: Where; it is made if it is missing.

    Returns:
        The path of `comparison.json`.

    Raises:
        StoreError: the folder cannot be written.
    """
    path = folder / COMPARISON
    text = json.dumps(found, ensure_ascii=False, indent=1)
    try:
        private_folder(folder)
        private_file(path)
        path.write_text(text + "\n", encoding="utf-8", errors="replace")
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror}") from None
    write_report(found, folder)
    return path
