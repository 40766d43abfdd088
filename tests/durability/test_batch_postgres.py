"""`--checkpoints postgresql://...`: rows of batches and comparisons go on in a database."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from loopback_server import LoopbackServer, message_text, shaped
from patience import PATIENCE, wait_until
from warm_start import WarmProcess

import tpo
from tpo.datasets.batch.json_lines import read_lines

pytestmark = [pytest.mark.loopback, pytest.mark.postgres]
ROWS, AT_ONCE, EACH = 5, 4, 7


def answer(body, index):
    last = message_text(body["messages"][-1])
    if "Do not write a new answer" in last or "the changes that would make" in last:
        return "Say more."
    return shaped(body, f"An answer {'word ' * (index + 3)}")


@pytest.fixture
def address(postgres_database):
    parts = dict(part.split("=") for part in postgres_database.split())
    return f"postgresql://{parts['user']}:secret@/{parts['dbname']}?host={parts['host']}"


def left(database: str) -> list[str]:
    """Return the threads that the database holds."""
    import psycopg  # an extra

    with psycopg.connect(database) as connection:
        tables = ("checkpoints", "checkpoint_writes", "tpo_paid", "tpo_replies")
        found = [connection.execute(f"SELECT thread_id FROM {name}").fetchall() for name in tables]
    return sorted({thread for rows in found for (thread,) in rows})


def begin(
    folder: Path, file: Path, server: LoopbackServer, *more: str, command: str = "batch"
) -> WarmProcess:
    return WarmProcess(
        [command, str(file), "-o", str(folder),
         "-p", f"openai:m@{server.base_url}", "-d", "2", "-w", "3", "--seed", "7",
         "--max-concurrency", str(AT_ONCE), *more],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def test_a_killed_batch_goes_on_in_postgresql(tmp_path, address, postgres_database):
    file, folder = tmp_path / "rows.jsonl", tmp_path / "out"
    rows = [json.dumps({"id": f"r{i}", "prompt": f"Question {i}?"}) for i in range(ROWS)]
    file.write_text("\n".join(rows), encoding="utf-8")
    with LoopbackServer(answer, delay=0.02) as server:
        child = begin(folder, file, server, "--checkpoints", address)
        wait_until(lambda: len(server.asked) >= 15 or child.poll() is not None)
        child.kill()
        said = child.communicate()[0].decode()
        about = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
        threads = left(postgres_database)
        assert threads, said
        assert all(thread.startswith(f"batch-{about['batch']}/r") for thread in threads)
        elsewhere = begin(folder, file, server)
        refused = elsewhere.communicate(timeout=PATIENCE)[0].decode()
        assert (elsewhere.returncode, "give --checkpoints postgresql://" in refused) == (2, True)
        child = begin(folder, file, server, "--checkpoints", address)
        said += child.communicate(timeout=PATIENCE * 5)[0].decode()
        assert child.returncode == 0, said
        assert len(server.asked) <= ROWS * EACH + AT_ONCE
    results = list(read_lines(folder / "results.jsonl"))
    assert sorted(r["id"] for r in results) == [f"r{i}" for i in range(ROWS)]
    assert {r["usage"]["total"]["requests"] for r in results} == {EACH}
    assert {len(pool["requests"]) for pool in read_lines(folder / "pools.jsonl")} == {EACH}
    assert left(postgres_database) == []
    written = "".join(p.read_text(encoding="utf-8") for p in folder.iterdir())
    assert "secret" not in said + refused + written
    assert not (folder / "runs.db").exists()


def test_a_killed_comparison_goes_on_in_postgresql(tmp_path, address, postgres_database):
    file, folder = tmp_path / "rows.jsonl", tmp_path / "out"
    file.write_text('{"prompt": "One?"}\n{"prompt": "Two?"}\n', encoding="utf-8")
    options = ("--arm", "plain:mode=best_of_n", "--arm", "tpo", "--checkpoints", address)
    with LoopbackServer(answer, delay=0.02) as server:
        child = begin(folder, file, server, *options, command="compare")
        wait_until(lambda: len(server.asked) >= 5 or child.poll() is not None)
        child.kill()
        said = child.communicate()[0].decode()
        assert left(postgres_database), said
        child = begin(folder, file, server, *options, command="compare")
        said += child.communicate(timeout=PATIENCE * 5)[0].decode()
    assert child.returncode == 0, said
    assert "secret" not in said
    assert left(postgres_database) == []
    assert (folder / "comparison.json").exists()
    assert not [*folder.rglob("runs.db")]


@pytest.mark.parametrize("typed", ["mysql://h/d", "host=h", "postgresql:///d?password=secret"])
async def test_what_is_not_an_address_is_refused_and_not_repeated(tmp_path, typed):
    with pytest.raises(tpo.ConfigError, match=r"--checkpoints wants postgresql://") as refused:
        async for _ in tpo.abatch(["One?"], folder=tmp_path / "out", checkpoints=typed):
            pass
    assert typed not in str(refused.value)
    assert "secret" not in str(refused.value)


async def test_a_database_that_is_away_is_said_without_its_login(tmp_path):
    away = f"postgresql://me:secret@/runs?host={tmp_path}"
    with pytest.raises(tpo.StoreError, match="cannot be used") as failed:
        async for _ in tpo.abatch(["One?"], folder=tmp_path / "out", checkpoints=away):
            pass
    assert "secret" not in str(failed.value)
