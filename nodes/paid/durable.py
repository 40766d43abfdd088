"""How a paid request is kept: a LangGraph task that writes its texts into the state itself.

A finished task survives a crash and is not run again. Its texts are written straight to
their channel, not returned through the node: returning them would store every text twice.
What they cost is small, goes through the node, and is seen by the edges that follow (they
do not see what a task wrote).
LangGraph has no public call for that, so this file is the only one that uses the writer
its own nodes use; tests/contract/test_langgraph.py fails if it changes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence, Set
from inspect import getmro
from typing import Any, NamedTuple

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.config import get_config
from langgraph.constants import CONFIG_KEY_CHECKPOINTER
from langgraph.pregel._write import ChannelWrite, ChannelWriteEntry
from langgraph.runtime import get_runtime

from ...core.errors import ConfigError, NoCandidateError
from ...core.failure import failure_of
from ...core.json_types import JsonObject
from ...core.state import Candidate

Key = tuple[int, str]  # turn and id of a candidate


def write(**channels: object) -> None:
    """Write values to channels from inside a task, as the last thing before it returns.

    A task cancelled between the two counts as finished, with no result: see `written`.
    """
    entries = [ChannelWriteEntry(name, value) for name, value in channels.items()]
    ChannelWrite.do_write(get_config(), entries)


def outline(candidate: Candidate) -> JsonObject:
    """Return what a node writes of a candidate that its task has written whole."""
    record: JsonObject = {k: candidate[k] for k in ("turn", "id", "round", "index")}
    if candidate["error"]:
        record |= {"error": candidate["error"], "failure": failure_of(candidate)}
    return record


def require_history(saver: object = None) -> None:
    """Refuse a saver that keeps the newest checkpoint only.

    The pool is written as changes, and read from the checkpoints that hold them.

    Args:
        saver: Not given: the one of the run that this is called in.

    Raises:
        ConfigError: it is one of those.
    """
    saver = saver or get_config()["configurable"].get(CONFIG_KEY_CHECKPOINTER)
    name = type(saver).__name__
    if any("Shallow" in kind.__name__ for kind in getmro(type(saver))):
        raise ConfigError(
            f"{name} keeps only the newest checkpoint, and a run is read from all of its own: "
            f"take {name.replace('Shallow', '')}"
        )


async def restore(pool: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates whose texts are missing from the pool, read from the saver.

    Killed after a node was saved and before the checkpoint that follows, a run resumes
    without what the node's tasks wrote: LangGraph does not run the node again, and so does
    not ask for its tasks. Their writes still stand beside the checkpoint before.

    Raises:
        NoCandidateError: they do not, and there is no other text.
    """
    lost = {(c["turn"], c["id"]): c for c in pool if not c["text"] and c["error"] is None}
    if not lost:
        return []
    found: dict[Key, Candidate] = {}
    async for whole in written(lost.keys()):
        found = whole | found
        if found.keys() == lost.keys():
            break
    if not found and not any(c["text"] for c in pool):
        raise NoCandidateError(
            "no text of this run was saved, so there is nothing to rank: go back to the checkpoint "
            "before its first samples (tpo fork ID --at CHECKPOINT), or begin another run"
        )
    gone = "lost: the interrupted run left no text"
    return [found.get(key) or {**c, "error": gone, "failure": "lost"} for key, c in lost.items()]


class Left(NamedTuple):
    """What the tasks of an interrupted step left; results by the marks of their calls."""

    candidates: dict[Key, Candidate]
    results: dict[str, Any]


async def left_behind() -> Left:
    """Return what the tasks of this step left; to be asked only if it was interrupted."""
    saver, here, checkpoint = saver_and_place()
    saved = saver and await saver.aget_tuple({"configurable": {**here, **checkpoint}})
    writes = [(channel, value) for _, channel, value in (saved and saved.pending_writes) or []]
    drawn = [r for channel, value in writes if channel == "candidates" for r in value]
    marked = {v["mark"]: v for _, v in writes if isinstance(v, dict) and v.get("mark")}
    return Left({(r["turn"], r["id"]): r for r in drawn if "text" in r}, marked)


async def written(keys: Set[Key]) -> AsyncIterator[dict[Key, Candidate]]:
    """Yield those of the candidates that tasks wrote beside each checkpoint, the newest first."""
    saver, here, _ = saver_and_place()
    place: RunnableConfig | None = {"configurable": here}
    while saver and place and (saved := await saver.aget_tuple(place)):
        values = [v for _, channel, v in saved.pending_writes or [] if channel == "candidates"]
        whole = {(r["turn"], r["id"]): r for value in values for r in value if "text" in r}
        yield {key: record for key, record in whole.items() if key in keys}
        place = saved.parent_config


def saver_and_place() -> tuple[BaseCheckpointSaver[Any] | None, JsonObject, JsonObject]:
    """Return the saver of the graph around this node, if any; its thread; the checkpoint."""
    saver = get_config()["configurable"].get(CONFIG_KEY_CHECKPOINTER)
    info = get_runtime().execution_info
    if not saver or not info:
        return None, {}, {}
    ns = info.checkpoint_ns.rpartition("|")[0]  # the node's own part comes last
    here = {"thread_id": info.thread_id, "checkpoint_ns": ns}
    return saver, here, {"checkpoint_id": info.checkpoint_id}
