"""An agent with two tools whose final answer is optimised; nothing else in it changes.

    python examples/agent.py                              # offline, a canned model
    python examples/agent.py --policy openai:gpt-5-mini   # for real

Lines that begin with | are the search, as a frontend sees it on the `custom` stream; r0c0 is the
draft, whose text no stream shows.
"""

from __future__ import annotations

import asyncio
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage
from offline import QUESTION, SAID, options

import tpo
from tpo.models.policy import resolve_policy

LINES = {  # what to print for an event; the names are its fields
    "tpo.notice": "{message}",
    "tpo.candidate": "{candidate[id]} = {candidate[text]}",
    "tpo.reward": "{candidate} scores {reward}",
    "tpo.gradient": "to change: {text}",
}


def encyclopedia(subject: str) -> str:
    """Look a subject up."""
    return f"{subject}: scattered by air, short waves most of all."


def dictionary(word: str) -> str:
    """Tell what a word means."""
    return f"{word}: the colour of short visible waves."


class Canned(GenericFakeChatModel):
    def bind_tools(self, *_: Any, **__: Any) -> Any:
        return self


def canned() -> BaseChatModel:
    """Return a model that says two tool calls, the draft, and what the search asks for."""
    calls = [("encyclopedia", {"subject": "light"}), ("dictionary", {"word": "blue"})]
    looks = [{"name": name, "args": args, "id": name} for name, args in calls]
    return Canned(messages=iter([*(AIMessage("", tool_calls=[c]) for c in looks), *SAID]))


async def main() -> None:
    """Build the agent, whose middleware is all there is to TPO; print what a turn streams."""
    chosen = options(__doc__)
    real = isinstance(chosen.policy, str)
    model = (await resolve_policy(chosen.policy)).model if real else canned()
    search = tpo.TPOMiddleware(chosen.reward, **chosen.settings)
    agent = create_agent(model, [encyclopedia, dictionary], middleware=[search])
    given = {"messages": [("user", QUESTION)]}
    async for part in agent.astream(given, stream_mode=["custom", "updates"], version="v2"):
        if part["type"] == "custom":
            if line := LINES.get(part["data"]["type"]):
                print("  |", line.format(**part["data"]))
            continue
        for message in (m for update in part["data"].values() for m in update["messages"]):
            print(f"{message.type}: {message.text or message.tool_calls[0]['name'] + '(...)'}")
            if trace := message.response_metadata.get("tpo"):
                print(f"({trace['outcome']}: {trace.get('reason') or trace['answer']})")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except tpo.TPOError as error:
        raise SystemExit(str(error)) from None
