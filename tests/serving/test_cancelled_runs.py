"""A run that is to end ends, also if what it waits for swallows the cancellation, as code may."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import StateGraph
from steps import prefer_later, says
from typing_extensions import TypedDict

from tpo import Context, build_tpo
from tpo.serving.agent_server.database import Database, open_database
from tpo.serving.agent_server.new_run import run_record
from tpo.serving.agent_server.records import new_thread, thread_config
from tpo.serving.agent_server.request_bodies import RunCreate
from tpo.serving.agent_server.worker import Worker
from tpo.serving.guard.run_limit import RunLimit
from tpo.serving.server_settings import Settings

LAST = 2  # the step after the last node


class State(TypedDict, total=False):
    messages: list[str]
    answer: str


class Deaf:
    """A graph of two steps; the named one waits for ever and goes on when it is cancelled."""

    def __init__(self, deaf: str) -> None:
        self.deaf, self.ran = deaf, list[str]()
        self.waiting = asyncio.Event()
        graph = StateGraph(State).add_node("first", self.first).add_node("last", self.last)
        graph.add_edge("__start__", "first").add_edge("first", "last")
        self.app: Any = graph.compile(checkpointer=InMemorySaver())

    async def first(self, state: State) -> State:
        return await self._step("first")

    async def last(self, state: State) -> State:
        return await self._step("last")

    async def _step(self, name: str) -> State:
        self.ran.append(name)
        if name == self.deaf:
            self.waiting.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        return {"answer": name}


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "runs.sqlite") as opened:
        yield opened


async def begin(database: Database, graph: Deaf, **given: Any) -> tuple[Worker, Any]:
    served: Any = SimpleNamespace(name="tpo", context=dict)
    served_models: Any = SimpleNamespace(graphs={"tpo": served})
    worker = Worker(
        Settings(), RunLimit(1), database, served_models, {"tpo": graph.app}, graph.app.checkpointer
    )
    thread = new_thread("", None, {})
    await database.add_thread(thread)
    asked = RunCreate(assistant_id="tpo", input=given or {"messages": ["Why?"]})
    run = run_record(asked, "tpo", thread["thread_id"], {}, temporary=False)
    return worker, await worker.start(run)


async def status(database: Database, live: Any) -> str:
    run = await database.run(live.run["run_id"])
    assert run is not None
    return run["status"]


@pytest.mark.parametrize(("deaf", "ran"), [("first", ["first"]), ("last", ["first", "last"])])
async def test_its_time_is_over(database, monkeypatch, deaf, ran):
    limits: list[asyncio.Timeout] = []
    timeout = asyncio.timeout
    monkeypatch.setattr(asyncio, "timeout", lambda s: limits.append(timeout(s)) or limits[-1])
    graph = Deaf(deaf)
    _, live = await begin(database, graph)
    await graph.waiting.wait()
    limits[0].reschedule(0.0)  # no clock: now, wherever the run is
    await live.wait()
    assert live.result["__error__"]["message"] == "the run took longer than 900 s"
    assert graph.ran == ran
    assert await status(database, live) == "timeout"


async def test_a_client_cancels_it(database):
    graph = Deaf("first")
    worker, live = await begin(database, graph)
    await graph.waiting.wait()
    await worker.cancel(live.run["run_id"])
    assert graph.ran == ["first"]
    assert await status(database, live) == "interrupted"


async def test_a_client_cancels_it_while_its_last_checkpoint_is_written(database, monkeypatch):
    graph = Deaf("nobody")
    aput = graph.app.checkpointer.aput

    async def stuck(config: Any, checkpoint: Any, metadata: Any, versions: Any) -> Any:
        if metadata["step"] == LAST:
            graph.waiting.set()
            await asyncio.Event().wait()
        return await aput(config, checkpoint, metadata, versions)

    monkeypatch.setattr(graph.app.checkpointer, "aput", stuck)
    worker, live = await begin(database, graph)
    await graph.waiting.wait()
    await worker.cancel(live.run["run_id"])
    state = await graph.app.aget_state(thread_config(live.run))
    assert (state.next, [task.name for task in state.tasks]) == ((), ["last"])
    thread = await database.thread(live.run["thread_id"])
    assert thread is not None
    assert thread["status"] == "interrupted"  # what is left is to write that it has ended


def fails_once(monkeypatch: pytest.MonkeyPatch, database: Database, name: str, **when: Any) -> None:
    """Let the first such write of the database fail."""
    write, failed = getattr(database, name), list[bool]()

    async def failing(*args: Any, **fields: Any) -> None:
        if not failed and when.items() <= fields.items():
            failed.append(True)
            raise sqlite3.OperationalError("database or disk is full")
        await write(*args, **fields)

    monkeypatch.setattr(database, name, failing)


@pytest.mark.parametrize("name", ["change_run", "change_thread"])
async def test_its_end_cannot_be_written_at_once(database, monkeypatch, name):
    graph = Deaf("nobody")
    fails_once(monkeypatch, database, name, status="success" if name == "change_run" else "idle")
    _, live = await begin(database, graph)
    await live.wait()
    assert live.result["answer"] == "last"
    assert await status(database, live) == "success"
    assert await database.open_runs() == []


async def test_its_beginning_cannot_be_written(database, monkeypatch):
    graph = Deaf("nobody")
    fails_once(monkeypatch, database, "change_run", status="running")
    _, live = await begin(database, graph)
    await live.wait()
    assert live.result["__error__"]["error"] == "StoreError"
    assert (graph.ran, await status(database, live)) == ([], "error")


@pytest.mark.parametrize("name", ["add_run", "change_thread"])
async def test_a_run_of_which_the_client_is_not_told_is_stopped(database, monkeypatch, name):
    graph = Deaf("first")
    fails_once(monkeypatch, database, name)
    with pytest.raises(sqlite3.OperationalError):
        await begin(database, graph)
    assert not [t for t in asyncio.all_tasks() if t.get_name().startswith("run ")]
    assert await database.open_runs() == []


async def test_a_run_that_another_one_has_followed_is_not_run_again(database):
    """A server was killed before it had written how the first had ended."""
    graph = Deaf("nobody")
    worker, first = await begin(database, graph, answer="none")
    await first.wait()
    asked = RunCreate(assistant_id="tpo", input={"answer": "none"})
    second = run_record(asked, "tpo", first.run["thread_id"], {}, temporary=False)
    await (await worker.start(second)).wait()
    await database.change_run(first.run["run_id"], status="running")
    await worker.resume_open_runs()
    assert worker.live == {}
    assert await status(database, first) == "success"
    assert len(graph.ran) == 4


async def test_an_open_run_whose_thread_cannot_be_read_does_not_keep_the_server_from_starting(
    database, monkeypatch
):
    graph = Deaf("nobody")
    worker, live = await begin(database, graph)
    await live.wait()
    await database.change_run(live.run["run_id"], status="running")

    async def damaged(config: Any) -> Any:
        raise ValueError("these are not the bytes of a checkpoint")

    monkeypatch.setattr(worker.saver, "aget_tuple", damaged)
    await worker.resume_open_runs()
    await worker.live[live.run["run_id"]].wait()
    assert await status(database, live) == "error"


async def test_a_question_follows_an_answer_whose_checkpoint_could_not_be_written(
    database, monkeypatch
):
    saver = InMemorySaver()
    graph = build_tpo(says(), prefer_later, defaults=Context(depth=0, width=2))
    given: Any = SimpleNamespace(app=graph.compile(checkpointer=saver))
    save, failed = given.app.checkpointer.aput, list[bool]()

    async def failing(config: Any, checkpoint: Any, metadata: Any, versions: Any) -> Any:
        if not failed and len(checkpoint["channel_values"].get("messages", [0])) == 2:
            failed.append(True)
            raise OSError("no space left on device")
        return await save(config, checkpoint, metadata, versions)

    monkeypatch.setattr(given.app.checkpointer, "aput", failing)
    worker, first = await begin(database, given, messages=[{"role": "user", "content": "One?"}])
    await first.wait()
    assert await status(database, first) == "error"
    asked = RunCreate(assistant_id="tpo", input={"messages": [{"role": "user", "content": "Two?"}]})
    second = run_record(asked, "tpo", first.run["thread_id"], {}, temporary=False)
    live = await worker.start(second)
    await live.wait()
    said = [message.text for message in live.result["messages"]]
    assert said[::2] == ["One?", "Two?"]
    assert all(answer.startswith("better") for answer in said[1::2])
