"""`tpo export`: pairs and texts from saved runs, batches and comparisons, for trainers."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ...core.errors import InputError
from ...core.number_format import count
from ...datasets.export.exporting import Exported, Wish, export_rows
from ...datasets.export.folders import sources_in
from ...datasets.export.source import Source
from ...datasets.export.writing import row_line, write_rows
from ..console import say
from ..saved.sources import saved_sources
from ..saved.store import store_path


def write_export(
    places: Sequence[str], wish: Wish, rewards: Sequence[str], db: str | None, out: str | None
) -> int:
    """Write what was asked for, and say what was left out; return the exit code.

    Args:
        places: Folders of batches and comparisons, and ids of saved runs; all saved runs, if
            there are none.
        wish: What to export.
        rewards: Names of the rewards whose runs are taken.
        db: The file of saved runs, as it was typed.
        out: Where to; default: stdout.

    Raises:
        InputError: nothing is left to export, or a file is there already.
    """
    if out is None and wish.trainer.info:
        raise InputError(f"{wish.trainer.name} wants a folder: name one with --out")
    found = export_rows(_sources(places, db), replace(wish, rewards=rewards))
    if not found.rows:
        why = f": {_left_out(found)}" if found.left_out else ""
        raise InputError(f"nothing to export from {count(found.runs, 'run')}{why}")
    if out is None:
        sys.stdout.writelines(f"{row_line(row)}\n" for row in found.rows)
    written = write_rows(found.rows, wish, Path(out)) if out else ["stdout"]
    where = ", ".join(map(str, written))
    say(f"{count(len(found.rows), 'row')} from {count(found.runs, 'run')}: {where}")
    if found.left_out:
        say(f"Left out: {_left_out(found)}")
    return 0


def _sources(places: Sequence[str], db: str | None) -> list[Source]:
    folders = [place for place in places if Path(place).is_dir()]
    ids = [place for place in places if place not in folders]
    found = [source for folder in folders for source in sources_in(Path(folder))]
    if ids and not (file := store_path(db)).exists():
        raise InputError(
            f"{ids[0]!r} is not a folder, and there are no saved runs: {file} does not exist"
        )
    if ids or not places:
        found += asyncio.run(saved_sources(db, ids))
    return found


def _left_out(found: Exported) -> str:
    reasons = found.left_out.items()
    return "; ".join(f"{count(number, noun)} {why}" for (noun, why), number in reasons)
