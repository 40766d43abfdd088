"""A chat model around what LangChain runs in place of one: fallbacks, or a model by config."""

from __future__ import annotations

import asyncio
from contextvars import Context, copy_context
from typing import Any

from langchain_core.callbacks import (
    AsyncCallbackManagerForLLMRun,
    BaseCallbackHandler,
    CallbackManagerForLLMRun,
)
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableConfig


class RunnableChat(BaseChatModel):
    """Asks the runnable, whose own settings hold: it has no fields for ours.

    Args:
        runnable: Takes messages and returns one.
    """

    runnable: Any

    @property
    def _llm_type(self) -> str:
        return "runnable"

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        more = {**kwargs, **({"stop": stop} if stop else {})}
        asking = self.runnable.ainvoke(messages, RunnableConfig(callbacks=[]), **more)
        message = await asyncio.create_task(asking, context=uncounted())
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        more = {**kwargs, **({"stop": stop} if stop else {})}
        config = RunnableConfig(callbacks=[])
        message = uncounted().run(self.runnable.invoke, messages, config, **more)
        return ChatResult(generations=[ChatGeneration(message=message)])


def uncounted() -> Context:
    """Return the current context without callbacks: the model around the call has counted it."""
    context = copy_context()
    for variable, value in context.items():
        if isinstance(value, BaseCallbackHandler):
            context.run(variable.set, None)
    return context
