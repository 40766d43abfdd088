"""The data folder is copied while runs are at work, and a server starts from the copy."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from billing_server import BillingServer, varied
from langgraph_sdk import get_client
from serve_process import ServeProcess

from tpo.cli.app import main
from tpo.core.errors import ConfigError, StoreError
from tpo.serving.operations import backup
from tpo.serving.operations.backup import back_up

ASK = {"messages": [{"role": "user", "content": "Why is the sky blue?"}]}
CONTEXT = {"depth": 1, "width": 2}


@pytest.mark.loopback
async def test_a_copy_made_under_load_is_whole_and_is_served(tmp_path: Path):
    with BillingServer(varied, delay=0.02) as models:
        options = ("-p", f"openai:x@{models.base_url}")
        with ServeProcess(tmp_path, *options) as server:
            data = server.folder / "data"
            assert main(["serve", "keys", "add", "ann", "--by-header", "--data", str(data)]) == 0
            (data / "keys.json").rename(data / "people.json")  # else a key is needed here
            async with get_client(url=server.url, api_key=None, timeout=60) as client:
                first = (await client.threads.create())["thread_id"]
                answer = await client.runs.wait(first, "tpo", input=ASK, context=CONTEXT)

                async def one() -> str:
                    thread = (await client.threads.create())["thread_id"]
                    await client.runs.wait(thread, "tpo", input=ASK, context=CONTEXT)
                    return thread

                load = [asyncio.create_task(one()) for _ in range(12)]
                await asyncio.wait(load, return_when=asyncio.FIRST_COMPLETED)
                to = tmp_path / "restored" / "data"
                command = ["serve", "backup", "--data", str(data), "--to", str(to)]
                assert await asyncio.to_thread(main, command) == 0
                assert sum(not task.done() for task in load) > 0, "nothing was at work any more"
                await asyncio.gather(*load)
        names = {path.name for path in to.rglob("*")}
        assert names >= {"runs.db", "checkpoints.db", "people.json"}
        assert "lock" not in names
        assert {path.stat().st_mode & 0o777 for path in to.rglob("*")} == {0o600}
        assert to.stat().st_mode & 0o777 == 0o700
        with ServeProcess(to.parent, *options) as restored:
            async with get_client(url=restored.url, api_key=None, timeout=60) as client:
                threads = await client.threads.search(limit=50)
                state = await client.threads.get_state(first)
                assert state["values"]["answer"] == answer["answer"]
                for thread in threads:  # those that were at work are taken up again
                    for run in await client.runs.list(thread["thread_id"]):
                        await client.runs.join(thread["thread_id"], run["run_id"])
                    after = await client.threads.get(thread["thread_id"])
                    assert after["status"] == "idle"
                    assert after["values"] is None or after["values"]["answer"]


def test_what_is_there_is_not_overwritten_and_what_fails_leaves_nothing(tmp_path: Path):
    data, to = tmp_path / "data", tmp_path / "copy"
    with pytest.raises(ConfigError, match=r"there is no runs\.db"):
        back_up(data, to)
    data.mkdir()
    with closing(sqlite3.connect(data / "runs.db")) as db:
        db.execute("CREATE TABLE t (a)")
    (data / "notes").mkdir()
    (data / "notes" / "one.txt").write_text("mine")
    (data / "lock").touch()
    with pytest.raises(ConfigError, match="is inside"):
        back_up(data, data / "copy")
    copies = back_up(data, to)
    assert [path.relative_to(to).as_posix() for path in copies] == ["runs.db", "notes/one.txt"]
    with pytest.raises(ConfigError, match="is not empty"):
        back_up(data, to)
    (data / "checkpoints.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="could not be copied"):
        back_up(data, tmp_path / "another")
    assert not (tmp_path / "another").exists()


def test_a_database_on_another_disk_is_copied_and_what_vanishes_meanwhile_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    data, other, to = tmp_path / "data", tmp_path / "disk", tmp_path / "copy"
    data.mkdir()
    other.mkdir()
    with closing(sqlite3.connect(other / "mine.db")) as db:
        db.execute("CREATE TABLE t (a)")
    (data / "runs.db").symlink_to(other / "mine.db")
    (data / "keys.json.new").write_text("{}")

    def vanish(source: Path, to: Path) -> None:
        source.unlink()
        raise FileNotFoundError(source)

    monkeypatch.setattr(backup.shutil, "copyfile", vanish)
    assert back_up(data, to) == [to / "runs.db"]
    assert [path.name for path in to.iterdir()] == ["runs.db"]
    assert not (to / "runs.db").is_symlink()
    with closing(sqlite3.connect(to / "runs.db")) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("t",)]
