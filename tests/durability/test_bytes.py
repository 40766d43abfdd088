"""A saved run is about as large as its texts: each is stored once, not at every checkpoint.

Measured in bytes on a D5-N20 run whose 120 answers have 8 KB each (0.96 MiB of text).
A plain list in the state would take 13 times the texts.
"""

from __future__ import annotations

import base64
import hashlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import saved_run
from langgraph.checkpoint.memory import InMemorySaver
from scripted_model import ScriptedModel

import tpo

DEPTH, WIDTH, LENGTH = 5, 20, 8192
MOST = 1.3  # times the raw text


def noise(*key: object, length: int = LENGTH) -> str:
    """Return text that cannot be compressed much, the same for the same key."""
    seed = hashlib.sha256(repr(key).encode()).digest()
    return base64.b64encode(hashlib.shake_256(seed).digest(length)).decode()[:length]


def say(messages: Any, index: int, seed: int | None) -> str:
    last = messages[-1].text
    if "improved_answer" in last:
        return f"<improved_answer>{noise(index, seed)}</improved_answer>"
    if "the changes that would make" in last or "Do not write a new answer" in last:
        return noise(seed, length=1500)
    return noise(index, seed)


async def score(query: str, answer: str) -> float:
    """A function: called, and saved, once per answer."""
    return saved_run.score_of(answer)


class ScoreRound:
    """A reward that takes all answers of a round in one call, as reward models do."""

    name, batch_size, notice = "round", None, ""

    async def score(self, messages: Any, answers: Any) -> list[tpo.Score]:
        return [tpo.scored(saved_run.score_of(answer)) for answer in answers]


async def run(saver: Any, sampling: str, reward: Any = score) -> int:
    """Run D5-N20 and return the bytes of its texts."""
    app = tpo.build_tpo(ScriptedModel(script=say), reward).compile(checkpointer=saver)
    context = tpo.Context(depth=DEPTH, width=WIDTH, sampling=sampling, seed=1, live=False)
    config: Any = {"configurable": {"thread_id": "run"}}
    result = await app.ainvoke({"messages": [("user", "Write much.")]}, config, context=context)
    answers = [c["text"] for c in result["candidates"]]
    assert len(set(answers)) == WIDTH * (DEPTH + 1)
    assert {len(text) for text in answers} == {LENGTH}
    critiques = [r[step] for r in result["rounds"] for step in ("loss", "gradient") if r[step]]
    assert len(critiques) == 2 * DEPTH
    return sum(len(text.encode()) for text in [*answers, *critiques])


async def sqlite_sizes(
    path: Path, sampling: str, page: int = 4096, reward: Any = score
) -> tuple[int, int, int]:
    """Return the bytes of the texts, of the file, and of the values in it."""
    async with saved_run.open_saver(str(path)) as saver:
        await saver.conn.execute(f"PRAGMA page_size = {page}")  # before the first table
        raw = await run(saver, sampling, reward)
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA page_size").fetchone() == (page,)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (written,) = database.execute("SELECT sum(length(value)) FROM writes").fetchone()
    sums = "SELECT sum(length(checkpoint) + length(metadata)) FROM checkpoints"
    (checkpoints,) = database.execute(sums).fetchone()
    database.close()
    return raw, path.stat().st_size, written + checkpoints


# One 8 KB answer a row leaves much of SQLite's usual pages, of 4096 bytes, unused.
@pytest.mark.parametrize(
    ("sampling", "page", "reward", "most"),
    [
        ("native", 4096, score, MOST),
        ("native", 2048, score, MOST),
        ("parallel", 4096, score, 1.4),
        ("parallel", 2048, ScoreRound(), MOST),
    ],
)
async def test_sqlite(tmp_path, sampling, page, reward, most):
    raw, file, values = await sqlite_sizes(tmp_path / "runs.sqlite", sampling, page, reward)
    assert raw < values < 1.2 * raw
    assert raw < file < most * raw


@pytest.mark.parametrize("sampling", ["native", "parallel"])
async def test_memory(sampling):
    saver = InMemorySaver()
    raw = await run(saver, sampling)
    assert raw < memory_size(saver) < MOST * raw


def memory_size(saver: InMemorySaver) -> int:
    """Return the bytes of everything that the saver holds."""
    blobs = [value for _, value in saver.blobs.values()]
    writes = [value for task in saver.writes.values() for _, _, (_, value), _ in task.values()]
    saved = [
        s for places in saver.storage.values() for ids in places.values() for s in ids.values()
    ]
    checkpoints = [value for pair in saved for _, value in pair[:2]]
    return sum(map(len, [*blobs, *writes, *checkpoints]))


@pytest.mark.postgres
@pytest.mark.parametrize("sampling", ["native", "parallel"])
async def test_postgres(postgres_database, sampling):
    async with saved_run.open_saver(postgres_database) as saver:
        raw = await run(saver, sampling)
        size = await postgres_size(saver)
    assert raw < size < MOST * raw


async def postgres_size(saver: Any) -> int:
    """Return the bytes of everything in the saver's tables."""
    columns = {
        "checkpoint_writes": "octet_length(blob)",
        "checkpoint_blobs": "coalesce(octet_length(blob), 0)",
        "checkpoints": "octet_length(checkpoint::text) + octet_length(metadata::text)",
    }
    total = 0
    for table, column in columns.items():
        cursor = await saver.conn.execute(f"SELECT sum({column}) AS bytes FROM {table}")
        total += int((await cursor.fetchone())["bytes"])
    return total


async def test_every_text_is_stored_once_in_the_steps(tmp_path):
    """The chosen answer stands in the pool, and in the final checkpoint as the answer."""
    await sqlite_sizes(tmp_path / "runs.sqlite", "parallel")
    database = sqlite3.connect(tmp_path / "runs.sqlite")
    values = [value for (value,) in database.execute("SELECT value FROM writes")]
    values += [value for (value,) in database.execute("SELECT checkpoint FROM checkpoints")]
    database.close()
    async with saved_run.open_saver(str(tmp_path / "runs.sqlite")) as saver:
        app = tpo.build_tpo(ScriptedModel(script=say), score).compile(checkpointer=saver)
        state = await app.aget_state({"configurable": {"thread_id": "run"}})
    for candidate in state.values["candidates"]:
        stored = sum(value.count(candidate["text"].encode()) for value in values)
        answer = candidate["text"] == state.values["answer"]
        assert stored == (5 if answer else 1), candidate["id"]
