"""ChatTPO in a LangChain chain: it takes the place of the chat model, and shows what it finds.

    python examples/chat_model.py                              # offline, a canned model
    python examples/chat_model.py --policy openai:gpt-5-mini   # for real

docs/agents.md says when to take it, and when the middleware, the tool or a subgraph.
"""

from __future__ import annotations

import asyncio

from langchain_core.prompts import ChatPromptTemplate
from offline import options

import tpo


async def main() -> None:
    """Stream a chain: the course of the run as reasoning, then the answer."""
    chosen = options(__doc__)
    prompt = ChatPromptTemplate.from_messages(
        [("system", "You explain things in one sentence."), ("user", "Why is the {thing} blue?")]
    )
    chat = tpo.ChatTPO(policy=chosen.policy, reward=chosen.reward, **chosen.settings)
    whole = None
    async for chunk in (prompt | chat).astream({"thing": "sky"}):
        for block in chunk.content_blocks:
            if block["type"] == "reasoning":
                print(f"  {block['reasoning']}", end="")
            elif block["type"] == "text":
                print(block["text"])
        whole = chunk if whole is None else whole + chunk
    found = whole.response_metadata["tpo"]
    print(f"Reward {found['reward']:.2f}, the best of {len(found['candidates'])} answers")
    print(f"after {found['usage']['requests']} requests; stopped by: {found['stop_reason']}.")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except tpo.TPOError as error:
        raise SystemExit(str(error)) from None
