"""A comparison in a folder: `comparison.json` and `comparison.md`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ...core.errors import StoreError
from ...core.private_files import private_file, private_folder
from .comparison import Comparison
from .figures import arm_lines, difference_lines, smaller_lines, win_lines

JSON_FILE, MARKDOWN_FILE = "comparison.json", "comparison.md"
MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>|#"})


def write_comparison(found: Comparison, folder: Path) -> Path:
    """Write what was found; earlier files of the same names are replaced.

    They hold prompts and answers, so their owner alone can read them.

    Args:
        found: The record.
        folder: Where; it is made if it is missing.

    Returns:
        The path of `comparison.json`.

    Raises:
        StoreError: the folder cannot be written.
    """
    texts = {
        JSON_FILE: json.dumps(found, ensure_ascii=False, indent=1),
        MARKDOWN_FILE: comparison_markdown(found),
    }
    try:
        private_folder(folder)
        for name, text in texts.items():
            private_file(folder / name)
            (folder / name).write_text(text + "\n", encoding="utf-8", errors="replace")
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror}") from None
    return folder / JSON_FILE


def comparison_markdown(found: Comparison) -> str:
    """Return what a comparison means and its figures as Markdown."""
    verdict, *more = found["sentences"]
    parts = [f"# {escaped_words(found['title'])}", f"**{escaped_words(verdict)}**"]
    parts += ["\n".join(f"- {escaped_words(words)}" for words in more)] if more else []
    parts.append(f"Next: `{found['recommended'].replace('`', '')}`")
    tables = (arm_lines(found), difference_lines(found), win_lines(found), smaller_lines(found))
    parts += [table_of(lines) for lines in tables if len(lines) > 1]
    return "\n\n".join(parts)


def table_of(lines: Sequence[Sequence[str]]) -> str:
    """Return lines of cells as a table; the first line is its head."""
    head, *rest = lines
    drawn = [head, ["---", *["--:"] * (len(head) - 1)], *rest]
    return "\n".join("| " + " | ".join(map(escaped_words, line)) + " |" for line in drawn)


def escaped_words(text: str) -> str:
    """Return a text on one line in which Markdown finds no marks of its own."""
    return " ".join(text.split()).translate(MARKS)
