"""The data of an older version becomes today's, in place; that of a newer one is refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import httpx
import pytest
from serve_process import ServeProcess

from tpo.cli.app import main
from tpo.serving.agent_server.database import open_database
from tpo.serving.agent_server.schema import MIGRATIONS
from tpo.serving.agent_server.wanted_threads import WantedThreads

THREAD = "00000000-0000-4000-8000-000000000001"
RUN = "00000000-0000-4000-8000-000000000002"
WHEN = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database as it was before versions were counted, with a thread and a run that waits."""
    path = tmp_path / "data" / "runs.db"
    path.parent.mkdir()
    with sqlite3.connect(path) as db:
        db.executescript(MIGRATIONS[0])
        db.execute(
            "INSERT INTO threads VALUES (?, ?, ?, 'idle', ?, 'null')",
            (THREAD, WHEN, WHEN, '{"title": "old"}'),
        )
        db.execute(
            "INSERT INTO runs (run_id, thread_id, assistant_id, created_at, updated_at, status, "
            "metadata, kwargs, multitask_strategy, life) "
            "VALUES (?, ?, 'x', ?, ?, 'success', '{}', '{}', 'enqueue', 1)",
            (RUN, THREAD, WHEN, WHEN),
        )
    db.close()
    return path


async def test_old_threads_belong_to_the_one_who_started_the_server(old):
    for _ in "twice":
        async with open_database(old) as database:
            thread = await database.thread(THREAD)
            assert thread
            assert (thread["metadata"], thread["owner"]) == ({"title": "old"}, "")
            assert [run["owner"] for run in await database.runs(THREAD)] == [""]
            assert await database.count_threads(WantedThreads("")) == 1
            assert await database.count_threads(WantedThreads("ann")) == 0
    with sqlite3.connect(old) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    db.close()


async def test_a_step_that_fails_changes_nothing(old, monkeypatch):
    monkeypatch.setattr(
        "tpo.serving.agent_server.schema.MIGRATIONS",
        (*MIGRATIONS, "ALTER TABLE threads ADD COLUMN extra TEXT; SELECT nonsense;"),
    )
    with pytest.raises(sqlite3.OperationalError):
        async with open_database(old):
            pass
    monkeypatch.undo()
    async with open_database(old) as database:
        thread = await database.thread(THREAD)
        assert thread
        assert "extra" not in thread


def test_data_of_a_newer_version_is_refused(old, capsys):
    with sqlite3.connect(old) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    args = ["serve", "-p", "openai:x@http://127.0.0.1:9/v1", "--port", "0"]
    assert main([*args, "--data", str(old.parent)]) == 2
    assert "written by a newer tpo (version 99" in capsys.readouterr().err
    with sqlite3.connect(old) as db:
        assert db.execute("SELECT count(*) FROM threads").fetchone() == (1,)
    db.close()


@pytest.mark.loopback
def test_an_old_folder_is_served(old, models):
    with (
        ServeProcess(old.parents[1], "-p", f"openai:x@{models.base_url}") as server,
        httpx.Client(base_url=server.url, timeout=30) as client,
    ):
        (found,) = client.post("/threads/search", json={}).json()
        assert found["thread_id"] == THREAD
        (run,) = client.get(f"/threads/{THREAD}/runs").json()
        assert (run["run_id"], "owner" in run) == (RUN, False)
