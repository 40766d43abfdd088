"""An offline scorer of surface features: a demonstration, not a preference model.

Measured on public preference sets, features like these agree with people in 61 % of
HH-helpful pairs (always preferring the longer answer: 59 %) and in 47 % of JudgeBench
pairs (chance); they spot a degenerate answer in 97 % of cases, and prefer *complying*
with an unsafe prompt in 97 % of XSTest pairs. So: fine to show the loop and to filter
degenerate text, never to decide what is better.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AnyMessage

from ..core.conversation import read_conversation
from .base import Score, scored

_WORD = re.compile(r"[^\W_]+")
_REFUSAL = re.compile(r"(?i)^\W*(i'?m sorry|i can(?:no|')t|as an ai\b|i am unable)")
_LIST_ITEM = re.compile(r"(?m)^\s*(?:[-*]|\d+[.)])\s")
_ENDS = (".", "!", "?", "```", ")", '"', "”", "|")  # of a finished text, not in mid-sentence
_STOPWORDS = frozenset(
    """
    a an and are as at be but by for from how i in is it of on or that the this to was
    what when where which who why will with you your
    """.split()  # noqa: SIM905  words read better than a list of strings
)


@dataclass(frozen=True)
class HeuristicReward:
    """Scores form, relevance, repetition, truncation and echo; about -3 to 3.

    See the module's text for how little that means.
    """

    name: str = "heuristic"
    batch_size: int | None = None
    notice: str = (
        "the heuristic reward is a demonstration that looks at surface features only; "
        "it is not a preference model. Use a real reward for answers that matter."
    )

    async def score(self, messages: Sequence[AnyMessage], answers: Sequence[str]) -> list[Score]:
        """Score each answer against the last human turn."""
        query = read_conversation(messages).query
        return [scored(round(surface_score(query, answer), 6)) for answer in answers]


def surface_score(query: str, answer: str) -> float:
    """Return the sum of the features for one answer.

    Example:
        >>> surface_score("Why is the sky blue?", "sky sky sky sky sky sky") < 0
        True
    """
    words = [w.lower() for w in _WORD.findall(answer)]
    if not words:
        return -3.0
    asked = {w.lower() for w in _WORD.findall(query)} - _STOPWORDS
    relevance = len(asked.intersection(words)) / len(asked) if asked else 0.5
    substance = min(1.0, math.log1p(len(words)) / math.log1p(150))
    runs = list(zip(words, words[1:], words[2:], strict=False))  # of three words
    repetition = 1 - len(set(runs)) / len(runs) if runs else 0.0
    echo = query.lower() in answer.lower() and len(answer) < 2 * len(query)
    return (
        relevance
        + substance
        + 0.5 * answer.rstrip().endswith(_ENDS)
        + 0.25 * ("\n\n" in answer or bool(_LIST_ITEM.search(answer)))
        - 2.0 * repetition
        - 1.5 * echo
        - 0.5 * bool(_REFUSAL.match(answer))
        - 0.5 * math.log(max(1.0, len(words) / 400))
    )
