"""The report of a comparison as files in a folder."""

from __future__ import annotations

import json
from pathlib import Path

from ...core.errors import StoreError
from ...core.private_files import private_folder, replaced_file
from ..compare.comparison import Comparison
from .about import report_about
from .markdown import report_markdown
from .page import finite, report_html

REPORT_HTML = "report.html"
REPORT_MARKDOWN = "report.md"
REPORT_JSON = "report.json"


def write_report(comparison: Comparison, folder: Path) -> Path:
    """Write `report.html`, `report.md` and `report.json`; earlier ones are replaced.

    They hold prompts and answers, so their owner alone can read them.

    Args:
        comparison: What was found.
        folder: Where; it is made if it is missing.

    Returns:
        The path of `report.html`.

    Raises:
        StoreError: the folder or a file cannot be written.

    Example:
        >>> write_report(comparison, Path("compared"))  # doctest: +SKIP
        PosixPath('compared/report.html')
    """
    page = folder / REPORT_HTML
    texts = {
        page: report_html(comparison),
        folder / REPORT_MARKDOWN: report_markdown(comparison),
        folder / REPORT_JSON: json.dumps(finite(report_about(comparison)), ensure_ascii=False),
    }
    try:
        private_folder(folder)
        for path, text in texts.items():
            with replaced_file(path) as new:  # who reads it meanwhile gets the old one, whole
                new.write_text(text, encoding="utf-8", errors="replace", newline="\n")
    except OSError as error:
        raise StoreError(f"the report cannot be written to {folder}: {error.strerror}") from None
    return page
