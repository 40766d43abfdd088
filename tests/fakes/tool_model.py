"""A chat model that calls the tools it is given, and answers in words where it has none left.

What it says depends on what it is asked only: the same question, the same reply. It calls a
tool once: after a tool's result it answers. Structured output is LangChain's own, by a tool.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolCall
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr
from scripted_model import Ask, tokens

NAME = "tool-model-1"


class ToolModel(BaseChatModel):
    """Serialisable, because it holds nothing but settings."""

    temperature: float | None = None
    seed: int | None = None
    _asked: list[Any] = PrivateAttr(default_factory=list)

    @property
    def asked(self) -> list[tuple[list[BaseMessage], dict[str, Any]]]:
        """Every request: its messages, and what was bound."""
        return self._asked

    @property
    def model_name(self) -> str:
        return NAME

    @property
    def _llm_type(self) -> str:
        return "tool-model"

    @classmethod
    def is_lc_serializable(cls) -> bool:
        return True

    def bind_tools(self, tools: Sequence[Any], *, tool_choice: Any = None, **kwargs: Any) -> Any:
        bound = [convert_to_openai_tool(tool) for tool in tools]
        return self.bind(tools=bound, tool_choice=tool_choice, **kwargs)

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        self._asked.append((list(messages), {**kwargs, **({"stop": stop} if stop else {})}))
        tool = self._tool_for(messages, kwargs)
        calls = [call_of(tool, messages[-1].text, len(messages))] if tool else []
        said = "" if calls else answer_to(messages, self.seed)
        words, spoken = sum(tokens(m.text) for m in messages), tokens(said)
        message = AIMessage(
            said,
            tool_calls=calls,
            response_metadata={"model_name": NAME, "finish_reason": "stop"},
            usage_metadata={
                "input_tokens": words,
                "output_tokens": spoken,
                "total_tokens": words + spoken,
            },
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _agenerate(self, *args: Any, **kwargs: Any) -> ChatResult:
        return self._generate(*args, **kwargs)

    def _stream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Iterator[Any]:
        message = self._generate(messages, *args, **kwargs).generations[0].message
        fields = message.model_dump(exclude={"type"})
        yield ChatGenerationChunk(message=AIMessageChunk(**fields, chunk_position="last"))

    def _tool_for(self, messages: list[BaseMessage], bound: dict[str, Any]) -> Any:
        """Return the tool to call: the one chosen, else the first, unless there is a result."""
        tools = {tool["function"]["name"]: tool["function"] for tool in bound.get("tools") or []}
        choice = bound.get("tool_choice")
        if choice in tools:
            return tools[choice]
        wanted = choice == "any" or isinstance(messages[-1], HumanMessage)
        return next(iter(tools.values()), None) if wanted else None


def call_of(tool: dict[str, Any], query: str, number: int) -> ToolCall:
    """Call a tool with arguments that its schema allows, taken from the query where they are."""
    fields = tool.get("parameters", {}).get("properties", {})
    args = {name: _value(field, query) for name, field in fields.items()}
    return ToolCall(name=tool["name"], args=args, id=f"call-{number}", type="tool_call")


def _value(field: dict[str, Any], query: str) -> Any:
    if field.get("type") == "integer":
        return int((re.findall(r"\d+", query) or ["0"])[0])
    quoted = re.search(r"'(.+?)'", query)
    return quoted[1] if quoted else "cats"


def answer_to(messages: Sequence[BaseMessage], seed: int | None) -> str:
    """Answer as the step of the loop that asks, in words that depend on messages and seed."""
    step = Ask(messages, 1, {}).step
    key = "\n".join(m.text for m in messages) + str(seed)
    if "It is one JSON object" in (asked := messages[-1].text):  # with the keys that it names
        return json.dumps(dict.fromkeys(re.findall(r"'(\w+)'", asked), "cats"))
    said = f"{step} {hashlib.sha256(key.encode()).hexdigest()[:8]}"
    return f"<improved_answer>{said}</improved_answer>" if step == "update" else said
