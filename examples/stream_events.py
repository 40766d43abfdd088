"""Print a run as it happens: every event is one line, live text is written as it comes.

    python examples/stream_events.py                                # offline, a canned model
    python examples/stream_events.py --policy openai:gpt-5-mini     # for real
    python examples/stream_events.py --policy embedded: "Why do cats purr?"

docs/events.md is the list of events.
"""

from __future__ import annotations

import asyncio
from typing import Any

from offline import QUESTION, options

import tpo

LINES = {  # what to print for an event; the names are its fields
    "tpo.run_started": "D{depth}-N{width} with {policy}: {query}",
    "tpo.notice": "{message}",
    "tpo.request_started": "asks for {sequences} text(s): {request}",
    "tpo.request_failed": "{request} failed: {error}",
    "tpo.candidate": "{candidate[id]} = {candidate[text]}",
    "tpo.reward": "{candidate} scores {reward}",
    "tpo.round": "the best is {selected[chosen]}, the worst is {selected[rejected]}",
    "tpo.loss": "the loss: {text}",
    "tpo.gradient": "the gradient: {text}",
    "tpo.stop": "stops: {reason}",
    "tpo.final": "the answer after {usage[total][requests]} requests: {answer}",
}


def line(event: dict[str, Any]) -> str:
    """Return what to print for an event; a type of a later version is skipped."""
    text = LINES.get(event["type"], "").format(**event)
    unusable = event["type"] == "tpo.candidate" and event["candidate"]["error"]
    return f"{text} ({unusable})" if unusable else text


async def show(prompt: str, policy: Any, reward: Any, settings: dict[str, Any]) -> None:
    """Run and print."""
    app = tpo.build_tpo(policy, reward).compile()
    question = {"messages": [("user", prompt)]}
    writing = None
    async for event in app.astream(question, context=settings, stream_mode="custom"):
        if event["type"].endswith("_delta"):
            if event["request"] != writing:
                print("\n" * (writing is not None) + f"{'':8} | ", end="")
                writing = event["request"]
            print(event["text"], end="", flush=True)
        elif text := line(event):
            print("\n" * (writing is not None) + f"{event['elapsed']:6.2f} s {text}")
            writing = None


def main() -> None:
    """Read the command line."""
    chosen = options(__doc__, ("prompt", {"nargs": "?", "default": QUESTION}))
    try:
        asyncio.run(show(chosen.prompt, chosen.policy, chosen.reward, chosen.settings))
    except tpo.TPOError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
