"""The store of benchmarks/real_model.py: one JSON line per row and arm that is finished."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class Store:
    """Finished records by row and arm, in a file that only grows.

    A process that is killed loses what it was at and nothing else: a last line that was cut
    off is skipped.

    Args:
        path: The JSONL file; made if it does not exist.
        setup: What the records depend on (model, limits, seeds). A file with another setup is
            refused, because its records cannot be compared.
    """

    def __init__(self, path: Path, setup: Record) -> None:
        self.path = path
        self.records: dict[tuple[str, str], Record] = {}
        lines = read_lines(path)
        for line in lines:
            if "setup" not in line:
                self.records[line["row"], line["arm"]] = line
        known = next((line["setup"] for line in lines if "setup" in line), None)
        if known is not None and known != setup:
            changed = {k for k in known.keys() | setup.keys() if known.get(k) != setup.get(k)}
            raise ValueError(f"{path} was begun with another {', '.join(sorted(changed))}")
        if known is None:
            append(path, {"setup": setup})

    def get(self, row: str, arm: str) -> Record | None:
        """Return a finished record, or `None`."""
        return self.records.get((row, arm))

    def add(self, record: Record) -> None:
        """Keep a finished record, on disk before this returns."""
        append(self.path, record)
        self.records[record["row"], record["arm"]] = record


def append(path: Path, line: Record) -> None:
    """Write one line, after the one that was cut off if there is such a one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        file.seek(0, os.SEEK_END)
        if file.tell():
            file.seek(-1, os.SEEK_END)
            file.write(b"" if file.read() == b"\n" else b"\n")
        file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_lines(path: Path) -> list[Record]:
    """Return the whole lines of a store."""
    if not path.exists():
        return []
    lines = []
    for line in path.read_bytes().splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:  # cut off when a process was killed
            continue
    return lines
