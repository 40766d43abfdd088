"""Durability modes give the same run; what is stored needs no import and no pickle to be read."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import saved_run
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from synthetic_run import Run, outcome, whole

FAKES = Path(__file__).parents[1] / "fakes"


@pytest.mark.parametrize("durability", ["exit", "async", "sync"])
@pytest.mark.parametrize("sampling", ["native", "parallel"])
async def test_every_durability_gives_the_same_run(saver, config, durability, sampling):
    expected, other = await whole(sampling=sampling)
    run = Run(saver, sampling=sampling)
    assert outcome(await run.start(config, durability=durability)) == expected
    assert run.asked == other.asked
    reader = Run(saver)
    assert outcome((await reader.app.aget_state(config)).values) == expected
    history = [state async for state in reader.app.aget_state_history(config)]
    assert len(history) == 13 if durability != "exit" else len(history) < 4


@pytest.mark.parametrize("durability", ["exit", "async", "sync"])
async def test_a_second_turn_and_its_history(saver, config, durability):
    run = Run(saver)
    await run.start(config, durability=durability)
    result = await run.start(config, durability=durability)
    assert {c["turn"] for c in result["candidates"]} == {2}
    assert len(result["candidates"]) == 9
    reader = Run(saver)
    state = (await reader.app.aget_state(config)).values
    assert state["candidates"] == result["candidates"]
    assert [message.type for message in state["messages"]] == ["human", "ai"] * 2


SCRIPT = """
import asyncio, logging, sys
logging.basicConfig(level=logging.WARNING)
sys.path.insert(0, sys.argv[1])
import saved_run
from synthetic_run import Run

async def main():
    config = {"configurable": {"thread_id": "run"}}
    async with saved_run.open_saver(sys.argv[2]) as saver:
        async def fail(number):
            raise ConnectionError("no reward server")
        run = Run(saver)
        run.before_score = fail
        try:
            await run.start(config)
        except Exception as error:
            print(type(error).__name__)
        run.before_score = None
        await run.resume(config)
    async with saved_run.open_saver(sys.argv[2]) as saver:
        run = Run(saver)
        result = await run.start(config)
        states = [state async for state in run.app.aget_state_history(config)]
    print(len(result["candidates"]), len(states) > 20)

asyncio.run(main())
"""


@pytest.mark.parametrize("strict", ["true", "false"])
def test_nothing_is_logged_and_nothing_pickled(tmp_path, strict):
    """A run that breaks off, its resume, a second turn and the history, in a fresh process."""
    database = tmp_path / "runs.sqlite"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, str(FAKES), str(database)],
        env={**os.environ, "LANGGRAPH_STRICT_MSGPACK": strict},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.split() == ["RewardError", "9", "True"]
    assert types_in(database) == {"msgpack", "null"}


def types_in(path: Path) -> set[str]:
    database = sqlite3.connect(path)
    kinds = "SELECT type FROM writes UNION SELECT type FROM checkpoints"
    found = {kind for (kind,) in database.execute(kinds)}
    database.close()
    return found


async def test_a_serializer_without_pickle_and_without_our_types_is_enough(tmp_path, config):
    strict = JsonPlusSerializer(pickle_fallback=False, allowed_msgpack_modules=None)
    async with saved_run.open_saver(str(tmp_path / "runs.sqlite")) as saver:
        saver.serde = strict
        result = await Run(saver).start(config)
    async with saved_run.open_saver(str(tmp_path / "runs.sqlite")) as saver:
        saver.serde = strict
        state = (await Run(saver).app.aget_state(config)).values
    assert state["candidates"] == result["candidates"]
    assert only_plain(state["candidates"])
    assert only_plain(state["rounds"])
    assert only_plain(state["usage"])


def only_plain(value: Any) -> bool:
    """Return whether a value is made of what JSON has."""
    if type(value) is dict:
        return all(type(key) is str and only_plain(item) for key, item in value.items())
    if type(value) is list:
        return all(only_plain(item) for item in value)
    return type(value) in {str, int, float, bool, type(None)}
