"""What we rely on in LangGraph beyond its documented interface, and nothing else.

`nodes/paid/durable.py` lets a task write to a channel itself, with the writer that LangGraph's
own nodes use. If one of these tests fails after an upgrade, saved runs are no longer safe:
do not raise the upper bound before that file is mended.
"""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from langgraph.channels import DeltaChannel
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_config
from langgraph.constants import CONFIG_KEY_CHECKPOINTER
from langgraph.func import task
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import get_runtime
from source_tree import imports, modules
from typing_extensions import TypedDict

from tpo.nodes.paid.durable import write

ALLOWED = {
    ("tpo.nodes.paid.durable", "langgraph.pregel._write.ChannelWrite"),
    ("tpo.nodes.paid.durable", "langgraph.pregel._write.ChannelWriteEntry"),
}
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
            assert get_config()["configurable"][CONFIG_KEY_CHECKPOINTER] is self.app.checkpointer
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


async def test_a_task_that_failed_after_its_write_counts_as_finished_without_a_result():
    """The `None` that `draw` (nodes/paid/draw.py) stands in for."""
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


def test_nothing_else_of_langgraph_s_private_parts_is_imported():
    private = {
        (name, imported)
        for name, path in modules().items()
        for imported, _ in imports(name, path)
        if imported.startswith(("langgraph", "langchain"))
        and any(part.startswith("_") for part in imported.split("."))
    }
    assert private == ALLOWED
