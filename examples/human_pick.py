"""A person confirms or changes each choice, and may write the critique; the run waits meanwhile.

    python examples/human_pick.py                              # offline, a canned model
    python examples/human_pick.py --policy openai:gpt-5-mini   # for real

The pause is an interrupt: with a saver on disk it may last for days, and end in another process.
"""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from offline import QUESTION, options

import tpo


def ask_person(pause: dict[str, Any]) -> dict[str, Any]:
    """Show the candidates, the best first, and return what the person answers."""
    print(f"\nRound {pause['round']}. The reward chose {pause['chosen']}:")
    for candidate in pause["candidates"]:
        print(f"  {candidate['id']}  {candidate['reward']:.2f}  {candidate['text']}")
    known = [candidate["id"] for candidate in pause["candidates"]]
    return {
        "chosen": ask("Improve on which? (Enter: the reward's choice) ", known),
        "gradient": ask("What is to change? (Enter: let the model say) "),
        "stop": ask("Stop here? (y: yes) ") == "y",
    }


def ask(question: str, known: list[str] | None = None) -> str | None:
    """Return what is typed; nothing, or the end of the input, leaves it to the run."""
    while True:
        try:
            typed = input(question).strip()
        except EOFError:
            print()
            return None
        if not typed or not known or typed in known:
            return typed or None
        print(f"There is no {typed}.")


async def main() -> None:
    """Run until the next pause, again and again."""
    chosen = options(__doc__)
    app = tpo.build_tpo(chosen.policy, chosen.reward).compile(checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": str(uuid4())}}
    settings = {**chosen.settings, "human_pick": True}
    given: Any = {"messages": [("user", QUESTION)]}
    while True:
        result = await app.ainvoke(given, thread, context=settings, version="v2")
        if not result.interrupts:
            break
        given = Command(resume=ask_person(result.interrupts[0].value))
    print(f"\n{result.value['answer']}\n({result.value['stop_reason']})")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except tpo.TPOError as error:
        raise SystemExit(str(error)) from None
