"""A scripted model that is told what to say by step of the loop, and a run with it.

A step's reply is a text, a message, an error, or a function of how often the step spoke
before. Unless told otherwise the first answers are `first 0`, `first 1`, ..., the updates
`better 0`, ...; and the reward prefers the later one, and any update to any first answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.messages import BaseMessage
from scripted_model import Ask, Said, ScriptedModel

import tpo

Told = Said | Callable[[int], Said]
QUERY = "Why is the sky blue?"


def improved(text: str) -> str:
    return f"<improved_answer>{text}</improved_answer>"


USUAL: dict[str, Told] = {
    "sample": lambda k: f"first {k}",
    "loss": lambda k: f"loss {k}",
    "gradient": lambda k: f"gradient {k}",
    "update": lambda k: improved(f"better {k}"),
}


def prefer_later(query: str, answer: str) -> float:
    """Return the number of `first k`, and ten more for `better k`."""
    kind, _, number = answer.partition(" ")
    return int(number) + 10 * (kind == "better")


def says(settings: dict[str, Any] | None = None, **steps: Told) -> ScriptedModel:
    """Return a model that says what the steps are told, or the usual."""
    told, spoken = {**USUAL, **steps}, Counter[str]()

    def script(messages: Sequence[BaseMessage], index: int, seed: int | None) -> Said:
        step = Ask(messages, 1, {}).step
        said = told[step]
        spoken[step] += 1
        return said(spoken[step] - 1) if callable(said) else said

    return ScriptedModel(script=script, **(settings or {}))


def by_step(messages: Sequence[BaseMessage], *, sample: str, update: str) -> str:
    """Return an answer, the critique that is always the same, or a better answer, as asked."""
    critique = {"loss": "It is longer.", "gradient": "Say more."}
    return {**critique, "sample": sample, "update": improved(update)}[Ask(messages, 1, {}).step]


def run(model: Any = None, reward: Any = prefer_later, **knobs: Any) -> tpo.Aligned:
    """Align the usual query; no retries, so that no test waits."""
    options = {"depth": 1, "width": 3, "retries": 0, **knobs}
    return tpo.align(QUERY, policy=model or says(), reward=reward, **options)
