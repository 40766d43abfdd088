"""Parts of documents that a program writes, between two marks; `make snapshots` writes them."""

from __future__ import annotations

import os
from pathlib import Path

from source_tree import ROOT


def check_generated(document: str, name: str, wanted: str) -> None:
    """Compare a generated part with what the program writes now, or write it.

    Args:
        document: The file, from the root of the repository.
        name: What the marks call the part.
        wanted: The part as it ought to be, without a line break at its ends.
    """
    begin, end = f"<!-- {name}:begin (generated: make snapshots) -->", f"<!-- {name}:end -->"
    path: Path = ROOT / document
    text = path.read_text(encoding="utf-8")
    before, found, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    assert found, f"{document} has no part {name}"
    assert after, f"the part {name} of {document} has no end"
    made = f"{before}{begin}\n{wanted}\n{end}{after}"
    if os.environ.get("TPO_WRITE_SNAPSHOTS"):
        path.write_text(made, encoding="utf-8")
    else:
        assert made == text
