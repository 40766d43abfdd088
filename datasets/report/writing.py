"""The report of a comparison as files in a folder."""

from __future__ import annotations

from pathlib import Path

from ...core.errors import StoreError
from ...core.private_files import private_file, private_folder
from ..compare.comparison import Comparison
from .markdown import report_markdown
from .page import report_html

REPORT_HTML = "report.html"
REPORT_MARKDOWN = "report.md"


def write_report(comparison: Comparison, folder: Path) -> Path:
    """Write `report.html` and `report.md`; earlier ones are replaced.

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
    texts = {page: report_html(comparison), folder / REPORT_MARKDOWN: report_markdown(comparison)}
    try:
        private_folder(folder)
        for path, text in texts.items():
            private_file(path)
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise StoreError(f"the report cannot be written to {folder}: {error.strerror}") from None
    return page
