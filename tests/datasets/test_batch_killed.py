"""Killed with SIGKILL at random moments and begun again, a batch ends with every row once.

Every text of the server has a mark of its own. A request whose texts are found in the folder after
a kill is finished, and is never asked again. TPO_KILLS and TPO_ROWS say how often and how much.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from loopback_server import LoopbackServer, message_text, shaped
from patience import PATIENCE, wait_until

from tpo.datasets.batch.json_lines import read_lines

KILLS, ROWS = int(os.environ.get("TPO_KILLS", "3")), int(os.environ.get("TPO_ROWS", "5"))
pytestmark = pytest.mark.loopback


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
    """Return all that a folder holds, as one text."""
    found = [p.read_text(encoding="utf-8") for p in folder.glob("*.jsonl")]
    if (folder / "runs.db").exists():
        with closing(sqlite3.connect(folder / "runs.db")) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
            if "writes" in tables:
                cells = [row[0] for row in database.execute("SELECT value FROM writes")]
                cells += [row[0] for row in database.execute("SELECT checkpoint FROM checkpoints")]
                found += [cell.decode("utf-8", "replace") for cell in cells if cell]
    return "\n".join(found)


def begin(folder: Path, file: Path, server: LoopbackServer) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "tpo.cli.app", "batch", str(file), "-o", str(folder),
         "-p", f"openai:m@{server.base_url}", "-d", "2", "-w", "3", "--seed", "7"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_every_row_is_there_once_and_nothing_finished_is_asked_again(tmp_path):
    file, folder, marking = tmp_path / "rows.jsonl", tmp_path / "out", Marking()
    turns = [[f"Question {i}?", "And then?"][: 1 + i % 2] for i in range(ROWS)]
    rows = [json.dumps({"id": f"r{i}", "turns": asked}) for i, asked in enumerate(turns)]
    file.write_text("\n".join(rows), encoding="utf-8")
    chance = random.Random(KILLS)
    with LoopbackServer(marking.answer, delay=0.02) as server:
        for life in range(KILLS):
            saved = marking.saved(folder)
            before = len(server.asked)
            child = begin(folder, file, server)
            wanted = before + chance.randrange(1, max(2, 10 * ROWS // (KILLS + 1)))
            wait_until(lambda: len(server.asked) >= wanted or child.poll() is not None)  # noqa: B023
            time.sleep(chance.random() * 0.05)
            child.kill()
            child.communicate()
            again = saved & {key(one.body) for one in server.asked[before:]}
            assert not again, f"life {life}"
        saved, before = marking.saved(folder), len(server.asked)
        child = begin(folder, file, server)
        said = child.communicate(timeout=PATIENCE * 5)[1].decode()
        assert child.returncode == 0, said
        assert not saved & {key(one.body) for one in server.asked[before:]}
    results = list(read_lines(folder / "results.jsonl"))
    assert sorted(r["id"] for r in results) == sorted(f"r{i}" for i in range(ROWS))
    assert all(r["error"] is None and len(r["rounds"]) == 3 for r in results)
    pools = list(read_lines(folder / "pools.jsonl"))
    assert [p["id"] for p in pools] == [r["id"] for r in results]
    for pool, result in zip(pools, results, strict=True):
        searches = [*pool.get("earlier", []), pool]
        assert len(searches) == len(result.get("turns", [result])) == len(result["input"]["turns"])
        assert [len(search["requests"]) for search in searches] == [7] * len(searches)
        assert result["usage"]["total"]["requests"] == 7 * len(searches)
    with closing(sqlite3.connect(folder / "runs.db")) as database:
        assert database.execute("SELECT count(*) FROM checkpoints").fetchone() == (0,)
        assert database.execute("SELECT count(*) FROM tpo_paid").fetchone() == (0,)
