"""A run that is to end ends, also if what it waits for swallows the cancellation, as code may."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import StateGraph
from typing_extensions import TypedDict

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


async def begin(database: Database, graph: Deaf) -> tuple[Worker, Any]:
    served: Any = SimpleNamespace(name="tpo", context=dict)
    served_models: Any = SimpleNamespace(graphs={"tpo": served})
    worker = Worker(
        Settings(), RunLimit(1), database, served_models, {"tpo": graph.app}, graph.app.checkpointer
    )
    thread = new_thread("", None, {})
    await database.add_thread(thread)
    asked = RunCreate(assistant_id="tpo", input={"messages": ["Why?"]})
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
