"""`tpo runs` and `tpo show` on the folder of a batch: its rows, also while it is at work."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from loopback_server import Fault, LoopbackServer
from patience import wait_until
from warm_start import WarmProcess

from tpo.datasets.batch.database_copy import copied_database

pytestmark = pytest.mark.loopback

WRITER = """
import sqlite3, sys
from itertools import count
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA locking_mode = EXCLUSIVE")
db.execute("PRAGMA journal_mode = WAL")
db.execute("PRAGMA wal_autocheckpoint = 50")
db.execute("CREATE TABLE t (n, filler)")
db.execute("BEGIN")
db.executemany("INSERT INTO t VALUES (0, ?)", [("x" * 900,)] * 200)
db.execute("COMMIT")
print("ready", flush=True)
for n in count(1):
    db.execute("UPDATE t SET n = ?", (n,))
"""
ROWS = [
    {"id": "Rhine", "prompt": "Name a river"},
    {"id": "Rhone", "prompt": "Name another", "settings": {"width": 3}},
    {"id": "[bold]", "prompt": "And another"},
]


@pytest.fixture
def typed(tmp_path: Path, policy: str) -> list[str]:
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    out = str(tmp_path / "out")
    return ["batch", str(file), "-p", policy, "-d", "1", "-w", "2", "-o", out, "--retries", "0"]


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(tmp_path / "out")


def files_of(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def test_rows_that_are_done_are_listed_and_shown_and_only_read(tpo, typed, folder):
    assert tpo(*typed).code == 0
    before = files_of(folder)
    rows = {row["id"]: row for row in tpo("runs", "--db", folder, "--json").records}
    assert {id: (row["status"], row["width"], row["requests"]) for id, row in rows.items()} == {
        "Rhine": ("finished", 2, 4),
        "Rhone": ("finished", 3, 4),
        "[bold]": ("finished", 2, 4),
    }
    table = tpo("runs", "--db", folder).out
    assert "[bold]" in table
    shown = tpo("show", "Rhi", "--db", folder, "--json").data
    assert (shown["id"], shown["query"]) == ("Rhine", "Name a river")
    assert shown["reward"] == rows["Rhine"]["reward"]
    assert len(shown["candidates"]) == 4
    page = tpo("show", "Rhone", "--db", folder).out
    assert shown["answer"].split(",")[0] in page
    assert "Pool" in page
    assert tpo("show", "Rhine", "--db", folder, "-c", "r0c0").out.startswith("The Rhine")
    assert files_of(folder) == before


def test_what_is_asked_in_vain_is_said(tpo, typed, folder):
    tpo(*typed, "--total-requests", "1")
    assert "no row 'x' of" in tpo("show", "x", "--db", folder).err
    tpo(*typed)
    assert "several rows begin with 'Rh': " in tpo("show", "Rh", "--db", folder).err
    assert "--keep-runs" in tpo("show", "Rhine", "--db", folder, "--history").err
    assert "--size is of a file of saved runs" in tpo("runs", "--db", folder, "--size").err
    assert "is a folder" in tpo("runs", "--db", folder, "--keep", "0", "--yes").err
    assert tpo("runs", "--db", folder, "-n", "1").err == (
        "Not listed: 2 older (all: tpo runs --limit 3)\n"
    )


def test_kept_runs_have_their_checkpoints(tpo, typed, folder):
    tpo(*typed, "--keep-runs")
    listed = tpo("show", "Rhine", "--db", folder, "--history", "--json").records
    assert listed
    assert tpo("show", "Rhine", "--db", folder, "--json").data["status"] == "finished"


def test_a_row_that_failed_says_why(tpo, typed, folder, server):
    server.script = [Fault(400, times=None)]
    assert tpo(*typed).code == 1
    assert {row["status"] for row in tpo("runs", "--db", folder, "--json").records} == {"failed"}
    assert "failed: NoCandidateError: " in tpo("show", "Rhine", "--db", folder).out
    assert "NoCandidateError" in tpo("show", "Rhine", "--db", folder, "--json").data["error"]


@pytest.fixture
def at_work(typed, server: LoopbackServer) -> Iterator[WarmProcess]:
    """A batch of another process; its first row ends, the others wait for their critiques."""
    server.delay = lambda body: 0.0 if "improved" not in str(body) and is_first(body) else 600.0
    child = WarmProcess(typed)
    yield child
    child.kill()
    child.wait()


def is_first(body: dict[str, Any]) -> bool:
    """Return whether a request is for first samples."""
    return body["messages"][-1]["content"] in {row["prompt"] for row in ROWS}


def test_rows_under_way_are_listed_and_shown_while_the_batch_works(tpo, folder, at_work):
    def rows() -> dict[str, Any]:
        ran = tpo("runs", "--db", folder, "--json")
        return {row["id"]: row for row in ran.records if row["reward"] is not None}

    wait_until(Path(folder, "runs.db").exists)
    wait_until(lambda: len(rows()) == len(ROWS))
    said = {id: (row["status"], row["round"], row["width"]) for id, row in rows().items()}
    assert said == {
        "Rhine": ("running", 0, 2),
        "Rhone": ("running", 0, 3),
        "[bold]": ("running", 0, 2),
    }
    shown = tpo("show", "Rhine", "--db", folder).out
    assert "running" in shown
    assert f" {rows()['Rhine']['reward']:.2f} " in shown
    assert tpo("show", "Rhine", "--db", folder, "--history").code == 0
    assert at_work.poll() is None
    at_work.kill()
    at_work.wait()
    assert {row["status"] for row in rows().values()} == {"interrupted"}


def test_a_database_is_copied_whole_while_it_is_written(tmp_path):
    """Each commit writes the same number into every row, and the log begins again all the time."""
    path = tmp_path / "rows.db"
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
    try:
        assert child.stdout.readline() == b"ready\n"
        for _ in range(30):
            with copied_database(path) as copy, closing(sqlite3.connect(copy)) as opened:
                assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                numbers = opened.execute("SELECT count(*), count(DISTINCT n) FROM t").fetchone()
                assert numbers == (200, 1)
    finally:
        child.kill()
        child.communicate()
