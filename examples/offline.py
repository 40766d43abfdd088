"""What the examples share: a canned model to run as they are, a flag to make them real."""

from __future__ import annotations

import argparse
from itertools import cycle
from typing import Any

from langchain_core.language_models import BaseChatModel, GenericFakeChatModel

QUESTION = "Why is the sky blue?"
SAID = [  # one request after the other: three samples, loss, gradient, three updates
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


def canned(*said: Any) -> BaseChatModel:
    """Return a model that says this over and over, by default `SAID`."""
    return GenericFakeChatModel(messages=cycle(said or SAID))


def explains(query: str, answer: str) -> float:
    """A toy reward: how many words of an explanation the answer adds to the query."""
    words = ("air", "scatters", "light", "wave", "short", "long", "red", "blue")
    wanted = [word for word in words if word not in query.lower()]
    return sum(word in answer.lower() for word in wanted) / len(wanted)


def options(about: str | None, *more: tuple[str, dict[str, Any]]) -> argparse.Namespace:
    """Read the command line.

    Args:
        about: The example's docstring.
        more: Arguments of its own, as name and keywords of `add_argument`.

    Returns:
        `policy` and `reward` (specs, or the canned model and a toy), and `settings` for a run.
    """
    parser = argparse.ArgumentParser(description=(about or "").partition("\n")[0])
    parser.add_argument("--policy", help="a spec; without it a canned model plays a short run")
    parser.add_argument("--reward", default="heuristic", help="a spec; for a real policy")
    for name, keywords in more:
        parser.add_argument(name, **keywords)
    chosen = parser.parse_args()
    chosen.settings = {"depth": 1, "width": 3}
    if chosen.policy is None:
        chosen.policy, chosen.reward = canned(), explains
        chosen.settings["max_concurrency"] = 1  # it answers in order
    return chosen
