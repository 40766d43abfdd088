"""Callbacks of the calls inside a call: under its run, and counted once.

The message of a run carries the sum of its usage. So LangChain's usage callback must not hear
of the requests beneath it: not through the run's callbacks, and not through the variable that
`get_usage_metadata_callback` sets.
"""

from __future__ import annotations

from contextvars import Context, copy_context

from langchain_core.callbacks import (
    AsyncCallbackManager,
    AsyncCallbackManagerForLLMRun,
    BaseCallbackHandler,
    BaseCallbackManager,
    CallbackManagerForLLMRun,
    Callbacks,
    UsageMetadataCallbackHandler,
)
from langchain_core.runnables import ensure_config

RunManager = AsyncCallbackManagerForLLMRun | CallbackManagerForLLMRun | None


def inner_callbacks(run: RunManager) -> Callbacks:
    """Return the callbacks of what runs inside a call of a chat model.

    Args:
        run: The call's own manager. LangChain gives none to a stream: then those of the
            chain or node around it.
    """
    if run is None:
        return _uncounted(ensure_config().get("callbacks"))
    inner = AsyncCallbackManager(
        handlers=[],
        inheritable_handlers=[h for h in run.inheritable_handlers if not _counts(h)],
        parent_run_id=run.run_id,
    )
    inner.add_tags(run.inheritable_tags)
    # Not which model this is: the metadata would be that of every step beneath.
    own = {k: v for k, v in run.inheritable_metadata.items() if not k.startswith("ls_")}
    inner.add_metadata(own)
    return inner


def uncounted_context() -> Context:
    """Return a copy of the current context in which no usage callback is active."""
    context = copy_context()
    for variable, value in context.items():
        if isinstance(value, UsageMetadataCallbackHandler):
            context.run(variable.set, None)
    return context


def _uncounted(callbacks: Callbacks) -> Callbacks:
    if isinstance(callbacks, BaseCallbackManager):
        copied = callbacks.copy()
        for handler in filter(_counts, callbacks.handlers):
            copied.remove_handler(handler)
        return copied
    return [handler for handler in callbacks or [] if not _counts(handler)]


def _counts(handler: BaseCallbackHandler) -> bool:
    return isinstance(handler, UsageMetadataCallbackHandler)
