"""Killed with SIGKILL at random moments and begun again, a batch ends with every row once.

A request whose texts are found in the folder after a kill is finished, and is never asked again
(`marking.py`). TPO_KILLS and TPO_ROWS say how often and how much.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest
from loopback_server import LoopbackServer
from marking import Marking, key
from patience import PATIENCE, wait_until
from warm_start import WarmProcess

from tpo.datasets.batch.json_lines import read_lines

KILLS, ROWS = int(os.environ.get("TPO_KILLS", "3")), int(os.environ.get("TPO_ROWS", "5"))
pytestmark = pytest.mark.loopback


def begin(folder: Path, file: Path, server: LoopbackServer) -> WarmProcess:
    return WarmProcess(
        ["batch", str(file), "-o", str(folder),
         "-p", f"openai:m@{server.base_url}", "-d", "2", "-w", "3", "--seed", "7"],
        stderr=subprocess.PIPE,
    )  # fmt: skip


def test_every_row_is_there_once_and_nothing_finished_is_asked_again(tmp_path):
    file, folder, marking = tmp_path / "rows.jsonl", tmp_path / "out", Marking()
    turns = [[f"Question {i}?", "And then?"][: 1 + i % 2] for i in range(ROWS)]
    rows = [json.dumps({"id": f"r{i}", "turns": asked}) for i, asked in enumerate(turns)]
    file.write_text("\n".join(rows), encoding="utf-8")
    chance = random.Random(KILLS + 5)  # with three kills, the last one is in a second turn
    with LoopbackServer(marking.answer, delay=0.02) as server:
        for life in range(KILLS):
            saved = marking.saved(folder)
            before = len(server.asked)
            child = begin(folder, file, server)
            wanted = before + chance.randrange(1, max(2, 20 * ROWS // (KILLS + 1)))
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
        turns = result.get("turns", [result])
        assert len(searches) == len(turns) == len(result["input"]["turns"])
        assert [len(search["requests"]) for search in searches] == [7] * len(searches)
        assert [turn["usage"]["total"]["requests"] for turn in turns] == [7] * len(searches)
        assert result["usage"]["total"]["requests"] == 7 * len(searches)
        assert all(turn["answer"] for turn in turns)
    with closing(sqlite3.connect(folder / "runs.db")) as database:
        assert database.execute("SELECT count(*) FROM checkpoints").fetchone() == (0,)
        assert database.execute("SELECT count(*) FROM tpo_paid").fetchone() == (0,)
        assert database.execute("SELECT count(*) FROM tpo_replies").fetchone() == (0,)
