"""Print a run as it happens: every event is one line, live text is written as it comes.

    python examples/stream_events.py                                # offline, a canned model
    python examples/stream_events.py --policy openai:gpt-5-mini     # for real
    python examples/stream_events.py "Why do cats purr?" --policy embedded:

docs/events.md is the list of events.
"""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from langchain_core.language_models import GenericFakeChatModel

import tpo

QUESTION = "Why is the sky blue?"
SAID = [  # what the canned model answers, one request after the other
    "Because of the ocean, which it reflects.",
    "The sky is blue.",
    "Air scatters blue light more than red light.",
    "The chosen answer names the cause. The rejected one is wrong. Neither says why blue.",
    "1. Say that blue light has the shorter wave. 2. Keep the rest.",
    "<improved_answer>Air scatters short waves most, and blue is short.</improved_answer>",
    "I would rather not.",
    "<improved_answer>Air scatters blue light, whose waves are short, more than red light, "
    "whose waves are long.</improved_answer>",
]


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


def explains(query: str, answer: str) -> float:
    """A toy reward: how many words of an explanation the answer adds to the query."""
    words = ("air", "scatters", "light", "wave", "short", "long", "red", "blue")
    wanted = [word for word in words if word not in query.lower()]
    return sum(word in answer.lower() for word in wanted) / len(wanted)


def line(event: dict[str, Any]) -> str:
    """Return what to print for an event; a type of a later version is skipped."""
    text = LINES.get(event["type"], "").format(**event)
    unusable = event["type"] == "tpo.candidate" and event["candidate"]["error"]
    return f"{text} ({unusable})" if unusable else text


async def show(prompt: str, policy: Any, reward: Any, **settings: Any) -> None:
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
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("prompt", nargs="?", default=QUESTION)
    parser.add_argument("--policy", help="a spec; without it a canned model plays a short run")
    parser.add_argument("--reward", default="heuristic", help="a spec; for a real policy")
    parser.add_argument("--depth", type=int, default=1)
    parser.add_argument("--width", type=int, default=3)
    options = parser.parse_args()
    if options.policy:
        size = {"depth": options.depth, "width": options.width}
        run = show(options.prompt, options.policy, options.reward, **size)
    else:
        canned = GenericFakeChatModel(messages=iter(SAID))
        run = show(QUESTION, canned, explains, depth=1, width=3, max_concurrency=1)
    try:
        asyncio.run(run)
    except tpo.TPOError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
