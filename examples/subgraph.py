"""TPO as one node of a larger graph: it shares `messages`, and its events stream with the rest.

    python examples/subgraph.py                              # offline, a canned model
    python examples/subgraph.py --policy openai:gpt-5-mini   # for real

The parent's saver keeps the node's work too: a killed run goes on where it was.
"""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.messages import SystemMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from offline import QUESTION, options

import tpo


def look_up(state: MessagesState) -> dict[str, Any]:
    """Stand for what comes before: a search, a router, another agent."""
    return {"messages": [SystemMessage("Known: air scatters light.", id="known")]}


def build(policy: Any, reward: Any, settings: tpo.Context) -> Any:
    """Return the larger graph; TPO is its node `answer`."""
    answer = tpo.build_tpo(policy, reward, defaults=settings)
    graph = StateGraph(MessagesState)
    graph.add_node("look_up", look_up)
    graph.add_node("answer", answer.compile())
    graph.add_edge(START, "look_up")
    graph.add_edge("look_up", "answer")
    return graph.compile(checkpointer=InMemorySaver())


async def main() -> None:
    """Stream events of the node, and the larger graph's own reply."""
    chosen = options(__doc__)
    app = build(chosen.policy, chosen.reward, tpo.Context(**chosen.settings))
    config: Any = {"configurable": {"thread_id": "sky"}}
    async for part in app.astream(
        {"messages": [("user", QUESTION)]},
        config,
        stream_mode=["custom", "values"],
        subgraphs=True,
        version="v2",
    ):
        if part["type"] == "custom":
            event, (node, *_) = part["data"], part["ns"]
            if event["type"] in {"tpo.reward", "tpo.loss", "tpo.gradient", "tpo.stop"}:
                said = event.get("text") or event.get("reward", event.get("reason"))
                print(f"{node.partition(':')[0]:8}{event['type']:14}{said}")
    messages = (await app.aget_state(config)).values["messages"]
    print(f"\n{len(messages)} messages; the reply: {messages[-1].text}")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except tpo.TPOError as error:
        raise SystemExit(str(error)) from None
