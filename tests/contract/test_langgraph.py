"""What we rely on in LangGraph beyond its documented interface (see test_private_parts.py).

`nodes/paid/durable.py` lets a task write to a channel itself, with the writer that LangGraph's
own nodes use. If one of these tests fails after an upgrade, saved runs are no longer safe:
do not raise the upper bound before that file is mended.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import pytest
from langgraph._internal._constants import CONFIG_KEY_DURABILITY
from langgraph.channels import DeltaChannel
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.config import get_config
from langgraph.constants import CONFIG_KEY_CHECKPOINTER
from langgraph.func import task
from langgraph.graph import END, START, StateGraph
from langgraph.pregel.protocol import StreamProtocol
from langgraph.runtime import Runtime, get_runtime
from typing_extensions import TypedDict

from tpo.cli.saved.branch import RUNTIME
from tpo.cli.saved.store import TABLES
from tpo.nodes.paid.durable import write

CONFIG: Any = {"configurable": {"thread_id": "t"}}


def extend(state: Any, writes: Any) -> list[str]:
    return [*(state or []), *(text for texts in writes for text in texts)]


class State(TypedDict, total=False):
    texts: Annotated[list[str], DeltaChannel(extend, snapshot_frequency=1000)]
    count: int


class Graph:
    """A node whose tasks write texts to the state; what fails can be set."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.fails: set[str] = set()
        self.results: list[Any] = []

        @task
        async def draw(name: str) -> str:
            self.ran.append(name)
            write(texts=[f"text of {name}"])
            self.fail("after write " + name)
            return f"result of {name}"

        async def node(state: State) -> State:
            self.results = [await draw("a"), await draw("b")]
            self.fail("node")
            return {"count": len(self.results)}

        async def after(state: State) -> State:
            info = get_runtime().execution_info
            assert info is not None
            assert (info.thread_id, info.checkpoint_ns.partition(":")[0]) == ("t", "after")
            return {}

        graph = StateGraph(State).add_node("node", node).add_node("after", after)
        graph.add_edge(START, "node").add_edge("node", "after").add_edge("after", END)
        self.app: Any = graph.compile(checkpointer=InMemorySaver())

    def fail(self, where: str) -> None:
        if where in self.fails:
            raise ConnectionError(where)

    async def written(self) -> list[tuple[str, str, Any]]:
        """Return what tasks and nodes have written, of all checkpoints."""
        saved = [found async for found in self.app.checkpointer.alist(CONFIG)]
        return [entry for found in saved for entry in found.pending_writes or []]


async def test_a_task_s_own_write_is_applied():
    graph = Graph()
    result = await graph.app.ainvoke({"texts": []}, CONFIG)
    assert result["texts"] == ["text of a", "text of b"], "a task's own write is not applied"
    state = await graph.app.aget_state(CONFIG)
    assert state.values["texts"] == result["texts"], "a task's own write is not read back"


async def test_it_is_stored_once():
    graph = Graph()
    await graph.app.ainvoke({"texts": []}, CONFIG)
    stored = [value for _, channel, value in await graph.written() if channel == "texts" and value]
    assert stored == [["text of a"], ["text of b"]], "a task's own write is stored more than once"
    saved = [found async for found in graph.app.checkpointer.alist(CONFIG)]
    held = [str(found.checkpoint["channel_values"].get("texts", "")) for found in saved]
    assert not any("text of" in text for text in held), "checkpoints repeat the texts"


async def test_it_is_replayed_and_the_task_is_not_run_again():
    graph = Graph()
    graph.fails = {"node"}
    with pytest.raises(ConnectionError, match="node"):
        await graph.app.ainvoke({"texts": []}, CONFIG)
    graph.fails = set()
    result = await graph.app.ainvoke(None, CONFIG)
    assert graph.ran == ["a", "b"], "finished tasks were run again"
    assert graph.results == ["result of a", "result of b"], "results of tasks are not replayed"
    assert result["texts"] == ["text of a", "text of b"], "a replayed task's own write is lost"


async def test_updates_say_what_was_written_before_a_run_was_stopped():
    fails, saver = True, InMemorySaver()

    async def node(state: State) -> State:
        return {"texts": ["one"]}

    async def beside(state: State) -> State:
        while not saver.writes:
            await asyncio.sleep(0)
        if fails:
            raise ConnectionError
        return {"texts": ["two"]}

    graph = StateGraph(State).add_node("node", node).add_node("beside", beside)
    graph.add_edge(START, "node").add_edge(START, "beside")
    app: Any = graph.compile(checkpointer=saver)
    with pytest.raises(ConnectionError):
        await app.ainvoke({"texts": []}, CONFIG, durability="sync")
    fails = False
    updates = [one async for one in app.astream(None, CONFIG, stream_mode="updates")]
    old = [one for one in updates if "node" in one]
    assert old == [{"node": {"texts": ["one"]}, "__metadata__": {"cached": True}}]
    assert [one for one in updates if "beside" in one] == [{"beside": {"texts": ["two"]}}]


async def test_a_task_that_failed_after_its_write_counts_as_finished_without_a_result():
    """The `None` that `Received.take` (nodes/paid/candidates.py) stands in for."""
    graph = Graph()
    graph.fails = {"after write b"}
    with pytest.raises(ConnectionError, match="after write b"):
        await graph.app.ainvoke({"texts": []}, CONFIG)
    graph.fails = set()
    result = await graph.app.ainvoke(None, CONFIG)
    assert graph.ran == ["a", "b"]
    assert graph.results == ["result of a", None]
    assert result["texts"] == ["text of a", "text of b"]


async def test_what_tasks_wrote_is_not_brought_back_for_a_finished_node(monkeypatch):
    """Why there is `restore` (nodes/paid/durable.py). Once this fails, it is no longer needed."""
    graph = Graph()
    saver = graph.app.checkpointer
    aput = saver.aput

    async def failing(config: Any, checkpoint: Any, metadata: Any, versions: Any) -> Any:
        if metadata["step"] == 1:  # the checkpoint that follows `node`
            raise OSError("no space left on device")
        return await aput(config, checkpoint, metadata, versions)

    with monkeypatch.context() as patched:
        patched.setattr(saver, "aput", failing)
        with pytest.raises(OSError, match="no space"):
            await graph.app.ainvoke({"texts": []}, CONFIG, durability="sync")
    result = await graph.app.ainvoke(None, CONFIG)
    assert graph.ran == ["a", "b"]
    assert result["count"] == 2
    assert result["texts"] == []
    written = [value for _, channel, value in await graph.written() if channel == "texts"]
    assert ["text of a"] in written, "and it must still be in the database"


async def test_a_node_finds_the_saver_and_the_stream_of_its_graph():
    """Both in its config: `inner_run/` passes the one on and keeps the other back."""
    found: dict[str, Any] = {}

    async def node(state: State) -> State:
        found.update(get_config()["configurable"])
        return {}

    app: Any = ends(StateGraph(State).add_node("node", node).add_edge(START, "node"))
    async for _ in app.astream({"texts": []}, CONFIG, stream_mode="custom", subgraphs=True):
        pass
    assert found[CONFIG_KEY_CHECKPOINTER] is app.checkpointer
    assert any(isinstance(value, StreamProtocol) for value in found.values())


async def test_a_graph_without_a_saver_waits_for_the_checkpoints_of_its_parent_s_kind():
    """And fails. Once it does not, CONFIG_KEY_DURABILITY (`inner_run/`) is not needed."""
    inner: Any = StateGraph(State).add_node("node", lambda state: {}).add_edge(START, "node")
    unsaved = inner.compile(checkpointer=False)

    async def node(state: State) -> State:
        kept = {"configurable": {CONFIG_KEY_DURABILITY: how}} if how else {}
        await unsaved.ainvoke(state, kept)
        return {}

    app: Any = ends(StateGraph(State).add_node("node", node).add_edge(START, "node"))
    how = "async"
    await app.ainvoke({"texts": []}, CONFIG, durability="sync")
    how = ""
    with pytest.raises(AttributeError, match="_put_checkpoint_fut"):
        await app.ainvoke({"texts": []}, CONFIG, durability="sync")


def ends(graph: Any) -> Any:
    return graph.compile(checkpointer=InMemorySaver())


async def test_edges_after_an_update_see_the_settings_they_are_given():
    """Without the key they have none. Once that fails, RUNTIME (cli/saved/) is not needed."""
    seen: list[Any] = []

    def route(state: State) -> str:
        seen.append(getattr(get_runtime(), "context", None))
        return END

    graph = StateGraph(State, context_schema=dict).add_node("node", lambda state: {"count": 1})
    app = ends(graph.add_edge(START, "node").add_conditional_edges("node", route))
    await app.ainvoke({"texts": []}, CONFIG, context={"depth": 1})
    given = {**CONFIG["configurable"], RUNTIME: Runtime(context={"depth": 2})}
    await app.aupdate_state({"configurable": given}, {"count": 2}, as_node="node")
    await app.aupdate_state(CONFIG, {"count": 3}, as_node="node")
    assert seen == [{"depth": 1}, {"depth": 2}, None]


async def test_a_checkpoint_can_be_copied():
    """The copy becomes the thread's present one, with the same values, parent and next step."""
    app = Graph().app
    await app.ainvoke({"texts": []}, CONFIG)
    past = [state async for state in app.aget_state_history(CONFIG) if state.next == ("after",)]
    await app.aupdate_state(past[0].config, None, as_node="__copy__")
    present = await app.aget_state(CONFIG)
    assert (present.next, present.values) == (("after",), past[0].values)
    assert present.config != past[0].config
    assert present.parent_config == past[0].parent_config


async def test_the_sqlite_saver_has_the_tables_that_are_read(tmp_path: Path):
    """`cli/saved/store.py` reads which runs are there, `serving/agent_server/` copies a thread."""
    async with AsyncSqliteSaver.from_conn_string(str(tmp_path / "runs.db")) as saver:
        app: Any = Graph().app
        app.checkpointer = saver
        await app.ainvoke({"texts": []}, CONFIG)
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
        assert {name for (name,) in await saver.conn.execute_fetchall(query)} == TABLES
        latest = "SELECT thread_id FROM checkpoints WHERE checkpoint_ns = '' AND checkpoint_id = ?"
        place = (await app.aget_state(CONFIG)).config["configurable"]["checkpoint_id"]
        assert [tuple(row) for row in await saver.conn.execute_fetchall(latest, (place,))] == [
            ("t",)
        ]
