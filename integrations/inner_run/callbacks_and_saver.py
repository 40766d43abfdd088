"""What a call passes on to the calls inside it: its callbacks and its saver.

The message of a run carries the sum of its usage, so the usage callbacks of LangChain and its
community must not count the requests inside it too. They could see them through the run's
callbacks, and through the variables that `get_usage_metadata_callback` and
`get_openai_callback` set.
"""

from __future__ import annotations

import asyncio
from contextvars import Context, copy_context
from inspect import getmro
from typing import Literal, cast

from langchain_core.callbacks import (
    AsyncCallbackManager,
    AsyncCallbackManagerForLLMRun,
    BaseCallbackManager,
    CallbackManagerForLLMRun,
    Callbacks,
)
from langchain_core.runnables import RunnableConfig, ensure_config
from langchain_core.runnables.config import var_child_runnable_config
from langgraph._internal._constants import CONFIG_KEY_DURABILITY
from langgraph.checkpoint.base import BaseCheckpointSaver

from ...core.json_types import JsonObject
from ...core.sync_saver import SyncSaver

# How the saver of the graph around a call saves the run inside it. "own": by its async methods.
# "sync": by its sync ones, because the call is made on another event loop than the saver's.
# "none": not at all.
Saving = Literal["own", "sync", "none"]
# LangChain's usage callback and those of langchain-community.
COUNTING = frozenset(
    {
        "UsageMetadataCallbackHandler",
        "OpenAICallbackHandler",
        "BedrockAnthropicTokenUsageCallbackHandler",
    }
)
RunManager = AsyncCallbackManagerForLLMRun | CallbackManagerForLLMRun | None


def inner_callbacks(run: RunManager) -> Callbacks:
    """Return the callbacks of what runs inside a call of a chat model.

    Args:
        run: The call's own manager. LangChain gives none to a stream; then the callbacks are
            those of the chain or node around it.
    """
    if run is None:
        around = ensure_config().get("callbacks")
        if not isinstance(around, BaseCallbackManager):
            return [handler for handler in around or [] if not _counts(handler)]
        copied = around.copy()
        for handler in filter(_counts, around.handlers):
            copied.remove_handler(handler)
        return copied
    inner = AsyncCallbackManager(handlers=[], parent_run_id=run.run_id)
    inner.set_handlers([h for h in run.inheritable_handlers if not _counts(h)])
    inner.add_tags(run.inheritable_tags)
    # Without the name of this model: every step inside would carry it as its own.
    own = {k: v for k, v in run.inheritable_metadata.items() if not k.startswith("ls_")}
    inner.add_metadata(own)
    return inner


def inner_context(callbacks: Callbacks, saving: Saving) -> Context:
    """Return a copy of the current context for what runs inside a call.

    Args:
        callbacks: They replace the ones around the call, because LangGraph would only add them;
            and no usage callback is active. `None` leaves everything as it is.
        saving: How the saver of the graph around the call is used.
    """
    context = copy_context()
    around: JsonObject = {**(var_child_runnable_config.get() or {})}
    inherited: JsonObject = around.get("configurable") or {}
    if saving == "sync":
        around["configurable"] = {
            key: SyncSaver(value) if isinstance(value, BaseCheckpointSaver) else value
            for key, value in inherited.items()
        }
    elif saving == "none":  # else LangGraph may wait for a checkpoint that nobody writes
        around["configurable"] = {**inherited, CONFIG_KEY_DURABILITY: "async"}
    if callbacks is not None:
        around["callbacks"] = callbacks
        for variable, value in context.items():
            if _counts(value):
                context.run(variable.set, None)
    context.run(var_child_runnable_config.set, cast("RunnableConfig", around))
    return context


def saving_of_sync_call() -> Saving:
    """Return how a sync call saves: not at all if it blocks a loop that the saver may need."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return "sync"
    return "none"


def _counts(handler: object) -> bool:
    """Return whether a handler adds up usage; by name, as langchain-community may be missing."""
    return any(kind.__name__ in COUNTING for kind in getmro(type(handler)))
