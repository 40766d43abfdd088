"""A chat model around what LangChain runs in place of one: fallbacks, or a model by config."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import Context, copy_context
from typing import Any

from langchain_core.callbacks import (
    AsyncCallbackManagerForLLMRun,
    BaseCallbackHandler,
    CallbackManagerForLLMRun,
)
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable, RunnableConfig, ensure_config

from ..core.json_types import JsonObject

_LANGGRAPH = ("_", "checkpoint_", "thread_id")


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
        **kwargs: object,
    ) -> ChatResult:
        more = {**kwargs, **({"stop": stop} if stop else {})}
        asking = self.runnable.ainvoke(messages, callers_config(), **more)
        message = await asyncio.create_task(asking, context=without_callbacks())
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        more = {**kwargs, **({"stop": stop} if stop else {})}
        message = without_callbacks().run(self.runnable.invoke, messages, callers_config(), **more)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def bind_tools(
        self, tools: Sequence[object], *, tool_choice: str | None = None, **kwargs: object
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind tools to the runnable, as it does it.

        Args:
            tools: As the runnable takes them.
            tool_choice: As the runnable takes it.
            **kwargs: What else its `bind_tools` takes.
        """
        more = {**kwargs, **({"tool_choice": tool_choice} if tool_choice else {})}
        bound: Runnable[LanguageModelInput, AIMessage] = self.runnable.bind_tools(tools, **more)
        return bound

    def with_structured_output(
        self, schema: JsonObject | type, **kwargs: object
    ) -> Runnable[LanguageModelInput, Any]:
        """Return the runnable with structured output, as it does it.

        Args:
            schema: As the runnable takes it.
            **kwargs: What else its `with_structured_output` takes.
        """
        bound: Runnable[LanguageModelInput, Any]
        bound = self.runnable.with_structured_output(schema, **kwargs)
        return bound


def callers_config() -> RunnableConfig:
    """Return what the caller of the run has configured, without what LangGraph keeps there.

    A model whose every field can be configured would take that for fields of its own.
    """
    given = ensure_config().get("configurable") or {}
    kept = {k: v for k, v in given.items() if not k.startswith(_LANGGRAPH)}
    return RunnableConfig(callbacks=[], configurable=kept)


def without_callbacks() -> Context:
    """Return the current context without callbacks: the model around the call has counted it."""
    context = copy_context()
    for variable, value in context.items():
        if isinstance(value, BaseCallbackHandler):
            context.run(variable.set, None)
    return context
