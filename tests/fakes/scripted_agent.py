"""An agent with two tools and a scripted model: it looks both up, then answers.

The model's reply to a question without all tool results is the next tool call, with fixed
ids, so that two agents can be compared byte by byte. The final answers are `first 0`,
`first 1`, ..., as in `steps`; the first of them is the draft.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from langchain.agents import create_agent
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGenerationChunk
from pydantic import PrivateAttr
from scripted_model import Ask, Said, ScriptedModel
from steps import USUAL, Told, prefer_later

import tpo

QUESTION = "Is it warm in Rome, and how many people live there?"
SYSTEM = "You know cities."
KNOBS: dict[str, Any] = {"depth": 1, "width": 3, "retries": 0}


def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"22 degrees in {city}"


def people(city: str) -> str:
    """Count the people of a city."""
    return f"2.7 million in {city}"


TOOLS = [weather, people]


class AgentModel(ScriptedModel):
    """A scripted model that takes tools, and streams in sync and async."""

    _bound: list[list[str]] = PrivateAttr(default_factory=list)

    @property
    def bound(self) -> list[list[str]]:
        """Return the tools each request was given; without any it was a candidate's."""
        return self._bound

    def bind_tools(self, tools: Sequence[Any], **options: Any) -> Any:
        names = [t.name if hasattr(t, "name") else t["function"]["name"] for t in tools]
        return self.bind(tools=names)

    def _generate(self, messages: list[BaseMessage], *args: Any, **options: Any) -> Any:
        self._bound.append(options.get("tools", []))
        return super()._generate(messages)

    async def _agenerate(self, messages: list[BaseMessage], *args: Any, **options: Any) -> Any:
        self._bound.append(options.get("tools", []))
        return await super()._agenerate(messages)

    def _stream(self, messages: list[BaseMessage], *args: Any, **options: Any) -> Iterator[Any]:
        manager = options.pop("run_manager", None)
        for chunk in _chunks(self._generate(messages, **options)):
            if manager:
                manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    async def _astream(
        self, messages: list[BaseMessage], *args: Any, **options: Any
    ) -> AsyncIterator[Any]:
        manager = options.pop("run_manager", None)
        for chunk in _chunks(await self._agenerate(messages, **options)):
            if manager:
                await manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk


def _chunks(result: Any) -> Iterator[ChatGenerationChunk]:
    """Cut a reply into words; its tool calls come in the last chunk."""
    message = result.generations[0].message
    words = message.text.split(" ")
    for i, word in enumerate(words):
        last = i == len(words) - 1
        calls = [
            {"name": c["name"], "args": str(c["args"]).replace("'", '"'), "id": c["id"], "index": n}
            for n, c in enumerate(message.tool_calls)
        ]
        chunk = AIMessageChunk(
            word if last else word + " ",
            id=message.id,
            tool_call_chunks=calls if last else [],
            usage_metadata=message.usage_metadata if last else None,
            response_metadata={"finish_reason": "stop"} if last else {},
            chunk_position="last" if last else None,
        )
        yield ChatGenerationChunk(message=chunk)


def agent_model(delay: float = 0.0, **steps: Told) -> AgentModel:
    """Return the model; a step of the loop can be told otherwise, as in `steps.says`."""
    told, spoken = {**USUAL, **steps}, Counter[str]()

    def script(messages: Sequence[BaseMessage], index: int, seed: int | None) -> Said:
        step = Ask(messages, 1, {}).step
        if step == "sample" and (call := _next_call(messages)):
            return call
        said = told[step]
        spoken[step] += 1
        said = said(spoken[step] - 1) if callable(said) else said
        if step == "sample" and isinstance(said, str):
            return AIMessage(said, id=f"said-{zlib.crc32(said.encode())}")
        return said

    return AgentModel(script=script, delay=delay)


def _next_call(messages: Sequence[BaseMessage]) -> AIMessage | None:
    """Return the call of the tool that was not called since the last question."""
    turn = []
    for message in messages:
        turn = [] if isinstance(message, HumanMessage) else [*turn, message]
    done = sum(m.type == "tool" for m in turn)
    if done >= len(TOOLS):
        return None
    questions = sum(isinstance(m, HumanMessage) for m in messages)
    name = TOOLS[done].__name__
    call = {"name": name, "args": {"city": "Rome"}, "id": f"call-{questions}-{name}"}
    return AIMessage("Let me look.", id=f"turn-{questions}-{name}", tool_calls=[call])


def agent(model: AgentModel | None = None, *middleware: Any, **options: Any) -> Any:
    """Return the agent, with these middlewares."""
    return create_agent(
        model or agent_model(),
        options.pop("tools", TOOLS),
        system_prompt=SYSTEM,
        middleware=middleware,
        **options,
    )


def optimised(**options: Any) -> Any:
    """Return our middleware with the usual reward and a short search."""
    return tpo.TPOMiddleware(options.pop("reward", prefer_later), **{**KNOBS, **options})


def asked(question: str = QUESTION) -> dict[str, Any]:
    """Return the input of a turn; the message has a fixed id."""
    return {"messages": [HumanMessage(question, id=f"human-{zlib.crc32(question.encode())}")]}
