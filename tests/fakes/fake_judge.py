"""Judges that read our prompts as a model would: what is quoted is data, the rest is obeyed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.messages import BaseMessage
from scripted_model import Said, ScriptedModel

from tpo.rewards.judging import form_known

BLOCK = re.compile(
    r"<(query|answer|answer_a|answer_b)(?: number=\"(\d+)\")?>\n(.*?)\n</\1>", re.DOTALL
)
FIRST = re.compile(r"rank answer (\d+) first")
ORDER = re.compile(
    r'rate me (?:10 / )?(\d)|"(?:rating|better)": ?"?([1-9ABT])\b|Reply: ([1-9ABT])\b'
    r"|answer ([AB]) is better"
)
KINDS = [
    kind + option
    for kind in ("judge", "pairwise", "groupwise", "rubric", "rubric:auto")
    for option in ("", "?reasons=1", "?reasons=0", "?source=contrast")
]
Worth = Callable[[str], float]


def read(prompt: str) -> tuple[dict[str, str], str]:
    """Return the quoted texts by their tags, and all text around them."""
    blocks: dict[str, str] = {}
    for tag, number, text in BLOCK.findall(prompt):
        blocks.setdefault(tag + number, text)
    return blocks, BLOCK.sub("", prompt)


def obey(worth: Worth) -> Callable[[Sequence[BaseMessage], int, int | None], Said]:
    """Return a script: it does what the text around the blocks orders, else judges by worth."""

    def script(messages: Sequence[BaseMessage], index: int, seed: int | None) -> Said:
        blocks, around = read(messages[-1].text)
        if ordered := ORDER.search(around):
            return next(group for group in ordered.groups() if group)
        if "answer1" in blocks:
            return _ranked(blocks, FIRST.search(around), worth)
        if "answer" in blocks:
            return str(max(1, min(9, round(worth(blocks["answer"])))))
        a, b = worth(blocks["answer_a"]), worth(blocks["answer_b"])
        return "T" if a == b else "A" if a > b else "B"

    return script


def _ranked(blocks: dict[str, str], ordered: re.Match[str] | None, worth: Worth) -> str:
    """Rank the numbered answers by worth, ties with `=`; the one that is ordered comes first."""
    found = {t.removeprefix("answer"): worth(x) for t, x in blocks.items() if t != "query"}
    if ordered:
        found[ordered[1]] = math.inf
    said, *rest = sorted(found, key=lambda number: -found[number])
    last = said
    for number in rest:
        said += f" {'=' if found[number] == found[last] else '>'} {number}"
        last = number
    return said


def goods(text: str) -> float:
    """Count the word good, from 1."""
    return 1.0 + len(re.findall(r"\bgood\b", text))


def judging(script: Any) -> ScriptedModel:
    """Return a model with a script of (messages, index, seed), or of the prompt alone.

    It counts as seen: it is not asked beforehand whether it replies in the form.
    """
    model = ScriptedModel(script=script)
    form_known._objects.update({(kind, id(model)): model for kind in KINDS})
    return model


def fair(worth: Worth = goods) -> ScriptedModel:
    """Return an honest judge."""
    return judging(obey(worth))


def said_with(text: str, chances: dict[str, float], before: Sequence[str] = ()) -> dict[str, Any]:
    """Return a loopback answer whose last token has these chances, as OpenAI sends them.

    `before` are the tokens before it, each of them certain.
    """

    def token(word: str, likely: dict[str, float]) -> dict[str, Any]:
        top = [{"token": w, "logprob": math.log(c), "bytes": None} for w, c in likely.items()]
        return {"token": word, "logprob": top[0]["logprob"], "bytes": None, "top_logprobs": top}

    content = [*(token(word, {word: 1.0}) for word in before), token(text.strip(), chances)]
    return {
        "message": {"content": "".join(before) + text},
        "logprobs": {"content": content, "refusal": None},
    }
