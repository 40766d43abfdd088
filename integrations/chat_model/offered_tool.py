"""A tool that is bound to the chat model: a schema for those who read it, itself for the policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from ...core.json_types import JsonObject

ToolLike = JsonObject | type | Callable[..., Any] | BaseTool


class OfferedTool(JsonObject):
    """The schema of a tool, as other chat models keep it in what `bind_tools` returns.

    Attributes:
        tool: The tool as it was given, for the policy's own `bind_tools`.
    """

    tool: ToolLike


def offered(tool: ToolLike) -> JsonObject:
    """Return a tool in the form in which it is bound; one that is a schema already stays so.

    Example:
        >>> offered({"type": "web_search"})
        {'type': 'web_search'}
    """
    if isinstance(tool, dict):
        return tool
    schema = OfferedTool(convert_to_openai_tool(tool))
    schema.tool = tool
    return schema


def as_given(tool: ToolLike) -> ToolLike:
    """Return a tool as it was given to `offered`."""
    return tool.tool if isinstance(tool, OfferedTool) else tool
