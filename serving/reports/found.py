"""The reports of a folder, found by the names of their files; nothing outside it is one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ...core.held_lock import is_held, is_own_file
from ...core.json_types import JsonObject
from ...core.strict_json import parse_json

PAGE, ABOUT = "report.html", "report.json"
DEEPEST, MOST = 3, 500  # folders below the one given; reports
MOST_ABOUT = 1_000_000  # bytes of a `report.json` that are read


@dataclass(frozen=True)
class FoundReport:
    """A report.

    Attributes:
        name: Its folder, seen from the one of all reports; "." is that one itself.
        folder: Where its files are.
        written: When the page was written, in seconds since 1970.
    """

    name: str
    folder: Path
    written: float

    @property
    def id(self) -> str:
        """What addresses call it."""
        return hashlib.sha256(self.name.encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def about(self) -> JsonObject:
        """Return what a list says of it; what its file does not say is left out."""
        said: JsonObject = {}
        path = self.folder / ABOUT
        try:
            if is_own_file(path) and path.stat().st_size <= MOST_ABOUT:
                read = parse_json(path.read_bytes())
                said = read if isinstance(read, dict) else {}
        except (OSError, ValueError):
            pass  # it is being written, or is something else
        when = datetime.fromtimestamp(self.written, UTC).isoformat(timespec="seconds")
        return {**said, "id": self.id, "name": self.name, "written": when, "running": self.running}

    @property
    def running(self) -> bool:
        """Whether a process is at work in the folder; the lock of one that was killed is free."""
        return is_held(self.folder)


def reports_in(root: Path) -> list[FoundReport]:
    """Return the reports of a folder, the newest first; links to elsewhere are passed over."""
    top = root.expanduser().resolve()
    found = list[FoundReport]()
    for folder in folders_of(top, DEEPEST):
        page = folder / PAGE
        try:
            if page.is_file() and page.resolve().is_relative_to(top):
                name = folder.relative_to(top).as_posix()
                found.append(FoundReport(name, folder, page.stat().st_mtime))
        except OSError:
            continue
    return sorted(found, key=lambda one: -one.written)[:MOST]


def folders_of(top: Path, deepest: int) -> Iterator[Path]:
    """Yield a folder and those in it."""
    yield top
    if not deepest:
        return
    try:
        inner = [one for one in top.iterdir() if one.is_dir() and not one.is_symlink()]
    except OSError:
        return
    for one in inner:
        if not one.name.startswith("."):
            yield from folders_of(one, deepest - 1)
