"""Marks on texts, which tell whether a request that was answered is in a folder after a kill."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

from loopback_server import message_text, shaped


class Marking:
    """Gives each text a mark, and remembers which request it belongs to."""

    def __init__(self) -> None:
        self.marks, self.number = dict[str, list[str]](), count()

    def answer(self, body: dict[str, Any], index: int) -> str:
        mark = f"mark{next(self.number):06d}"
        self.marks.setdefault(key(body), []).append(mark)
        last = message_text(body["messages"][-1])
        if "Do not write a new answer" in last or "the changes that would make" in last:
            return f"Say more. {mark}"
        return shaped(body, f"An answer. {mark}")

    def saved(self, folder: Path) -> set[str]:
        """Return the requests whose last texts are all in the folder."""
        texts = everything(folder)
        newest = {k: marks[-json.loads(k)["n"] :] for k, marks in self.marks.items()}
        return {k for k, marks in newest.items() if all(mark in texts for mark in marks)}


def key(body: dict[str, Any]) -> str:
    kept = {"messages": body["messages"], "seed": body.get("seed"), "n": body.get("n") or 1}
    return json.dumps(kept, sort_keys=True)


def everything(folder: Path) -> str:
    """Return all that a folder and those in it hold, as one text."""
    found = [p.read_text(encoding="utf-8") for p in folder.rglob("*.jsonl")]
    for path in folder.rglob("runs.db"):
        with closing(sqlite3.connect(path)) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
            if "writes" in tables:
                cells = [row[0] for row in database.execute("SELECT value FROM writes")]
                cells += [row[0] for row in database.execute("SELECT checkpoint FROM checkpoints")]
                found += [cell.decode("utf-8", "replace") for cell in cells if cell]
            if "tpo_replies" in tables:
                found += [row[0] for row in database.execute("SELECT reply FROM tpo_replies")]
    return "\n".join(found)
