"""A task whose every answer and reward is a pure function of the prompt: the same in every run.

The query asks for twelve words. A first answer holds a few of them; the loss names those
it lacks, the gradient asks for them, and an update adds some. The reward is the share of
the words an answer holds, so an update can only help.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from langchain_core.messages import BaseMessage
from scripted_model import ScriptedModel

GOAL = "amber basil cedar dune ember fjord grove heath islet jetty knoll lagoon".split()  # noqa: SIM905
QUERY = "Name as many of the twelve words as you can."


def reward(query: str, answer: str) -> float:
    """Return the share of the goal's words in the answer, 0 to 1."""
    return len(held(answer)) / len(GOAL)


def held(text: str) -> set[str]:
    return {word for word in GOAL if re.search(rf"\b{word}\b", text)}


def pick(key: str, words: Sequence[str], most: int) -> list[str]:
    """Choose up to `most` of the words by a hash of `key`."""
    ranked = sorted(words, key=lambda w: hashlib.sha256(f"{key}/{w}".encode()).hexdigest())
    count = int(hashlib.sha256(key.encode()).hexdigest(), 16) % most + 1
    return ranked[:count]


def say(messages: Sequence[BaseMessage], index: int, seed: int | None) -> str:
    """Answer as the step that our prompts ask for."""
    last = messages[-1].text
    everything = "\n".join(m.text for m in messages)
    key = f"{index}/{seed}/{hashlib.sha256(everything.encode()).hexdigest()}"
    chosen = _block("chosen_answer", everything)
    if "improved_answer" in last:
        asked = _block("gradient", everything) or everything
        words = sorted(held(chosen)) + pick(key, sorted(held(asked)), 3)
        return f"Sure.\n<improved_answer>{' '.join(words)}</improved_answer>"
    if "the changes that would make" in last:
        return "Add: " + " ".join(sorted(set(GOAL) - held(chosen)))
    if "Do not write a new answer" in last:
        return "It lacks: " + " ".join(sorted(set(GOAL) - held(chosen)))
    return " ".join(pick(key, GOAL, 4))


def _block(tag: str, text: str) -> str:
    found = re.findall(rf"<{tag}>\n(.*?)\n</{tag}>", text, re.DOTALL)
    return found[-1] if found else ""


def say_apart(messages: Sequence[BaseMessage], index: int, seed: int | None) -> str:
    """Answer like `say`, but never the same text twice in a run."""
    said = say(messages, index, seed)
    everything = "\n".join(m.text for m in messages)
    mark = hashlib.sha256(f"{index}/{seed}/{everything}".encode()).hexdigest()[:8]
    return said.replace("</improved_answer>", f" {mark}</improved_answer>") + f" {mark}"


def model(**settings: object) -> ScriptedModel:
    """Return a fresh scripted model for the task."""
    return ScriptedModel(**{"script": say, **settings})
