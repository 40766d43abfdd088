"""A chat model out of what LangChain wraps around one: bound arguments, a config, fallbacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeGuard

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.runnables import Runnable, RunnableBinding, RunnableConfig, ensure_config
from langchain_core.runnables.config import merge_configs
from langchain_core.runnables.configurable import DynamicRunnable

from ..core.json_types import JsonObject
from .runnable_chat import RunnableChat

ChatLike = Runnable[LanguageModelInput, object]
_OURS = {"n", "stream"}  # how many texts a request asks for, and how they come
_OF_TOOLS = {"tools", "tool_choice", "functions", "function_call", "parallel_tool_calls"}
_FUNCTION = {"name", "function", "function_declarations", "toolSpec"}


def is_chat_like(given: object) -> TypeGuard[ChatLike]:
    """Tell whether this is a chat model, or LangChain passes it off as one.

    What `with_structured_output` returns is a chain, and writes no texts.
    """
    if not isinstance(given, Runnable):
        return False
    inner = inner_of(given)
    return hasattr(given, "bind_tools") if inner is None else is_chat_like(inner)


def inner_of(given: object) -> object:
    """Return what one of LangChain's wrappers wraps; `None` if this is not one."""
    names = (name for name in ("bound", "default", "runnable") if name in vars(given))
    return next((getattr(given, name) for name in names), None)


def unwrap(given: ChatLike) -> tuple[BaseChatModel, JsonObject]:
    """Return the chat model in a binding, and the arguments that go with every request.

    An argument that the model has a field for is set on a copy, as if the model had been made
    with it. Tools that a program would have to run are left out: a candidate is a text.
    A model that the config chooses is the one that the current config names.

    Example:
        >>> from langchain_core.language_models import FakeListChatModel
        >>> unwrap(FakeListChatModel(responses=["a"]).bind(user="ada"))[1]
        {'user': 'ada'}
    """
    inner, config, own = given, ensure_config(), RunnableConfig()
    arguments: JsonObject = {}
    while not isinstance(inner, BaseChatModel):
        if isinstance(inner, DynamicRunnable):
            inner, config = inner.prepare(config)
        elif isinstance(inner, RunnableBinding):
            arguments = {**inner.kwargs, **arguments}
            own, config = merge_configs(inner.config, own), merge_configs(config, inner.config)
            inner = inner.bound
        else:
            return RunnableChat(runnable=given), {}
    kept = {name: value for name, value in arguments.items() if name not in _OURS | _OF_TOOLS}
    if served := [tool for tool in arguments.get("tools") or [] if is_served(tool)]:
        kept["tools"] = served
    fields = {name: value for name, value in kept.items() if name in type(inner).model_fields}
    fields |= {name: own[name] for name in ("callbacks", "tags", "metadata") if own.get(name)}
    model = inner.model_copy(update=fields) if fields else inner
    return model, {name: value for name, value in kept.items() if name not in fields}


def is_served(tool: object) -> bool:
    """Tell whether the provider runs a tool itself, such as a web search."""
    if not isinstance(tool, Mapping):
        return False
    kind = tool.get("type")
    return kind not in {"function", "custom"} if kind else not tool.keys() & _FUNCTION
