"""A task whose reward can be gamed: it likes what is true, and it likes length too much.

An answer holds facts and filler. Truly, a fact counts 1 and a word of filler -0.05; the
reward that steers gives +0.10 a word of filler. The policy's first updates add facts; once
the answer is padded, its updates pad it more and lose facts. So the reward rises from round
to round, and the truth rises first and then falls.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from langchain_core.messages import BaseMessage
from scripted_model import ScriptedModel

QUERY = "Tell me what you know."
FILLER = "indeed"
PADDED = 40  # words of filler from which the policy only pads


def true_reward(query: str, answer: str) -> float:
    """Return what the answer is worth."""
    return facts(answer) - 0.05 * padding(answer)


def proxy_reward(query: str, answer: str) -> float:
    """Return what the reward model says: the truth and a bonus for length."""
    return true_reward(query, answer) + 0.15 * padding(answer)


def facts(answer: str) -> int:
    return len(set(re.findall(r"fact\d+", answer)))


def padding(answer: str) -> int:
    return answer.split().count(FILLER)


def write(number: int, filler: int) -> str:
    return " ".join([f"fact{i}" for i in range(number)] + [FILLER] * filler)


def say(messages: Sequence[BaseMessage], index: int, seed: int | None) -> str:
    """Answer as the step that our prompts ask for."""
    last, everything = messages[-1].text, "\n".join(m.text for m in messages)
    if "improved_answer" in last:
        chosen = re.findall(r"<chosen_answer>\n(.*?)\n</chosen_answer>", everything, re.DOTALL)[-1]
        number, filler = facts(chosen), padding(chosen)
        more = index + 1
        if filler < PADDED:
            text = write(number + more, filler + 4 * more)
        else:
            text = write(max(0, number - 1), filler + 8 * more)
        return f"<improved_answer>{text}</improved_answer>"
    if "the changes that would make" in last or "Do not write a new answer" in last:
        return "Say more."
    return write(index + 1, 2 * index)


def model() -> ScriptedModel:
    """Return a fresh model for the task."""
    return ScriptedModel(script=say)
