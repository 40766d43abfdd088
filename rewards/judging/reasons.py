"""Why a judge decided as it did: asked for with the verdict, kept beside it, said of each answer.

A verdict without a reason is kept as it always was: alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeAlias, cast

from typing_extensions import TypedDict, TypeVar

from ...core.json_types import JsonObject
from ...core.pool import reward_of
from ...core.read_feedback import MAX_LINE, read_feedback
from ...core.replies.reply import Reply
from ...prompts.reasons import WHY, reasoned_output, reasoned_schema
from ..base import Score
from ..planned_reward import Job
from .scores_from_wins import compared
from .unwrapped import entry
from .verdict import ROOM, Form

V = TypeVar("V")
Number: TypeAlias = "float | WithWhy[float]"
Said = tuple[int, float, str]
"""What one comparison says: of the answer at which place, how well it did, and the line."""
MOST_LINES = 4  # of what comparisons say of one answer; a prompt has no room for more


class WithWhy(TypedDict, Generic[V]):
    """A verdict and its reason: plain JSON, as it is saved and kept."""

    verdict: V
    why: str


@dataclass(frozen=True)
class Reasoned:
    """A verdict for which the judge says why, as far as it replies with JSON.

    Attributes:
        verdict: How it is asked for and read without a reason.
        verdict_first: Whether it stands before the reason, so that its probabilities count.
    """

    verdict: Form
    verdict_first: bool = False
    one_word: ClassVar[bool] = False
    bare_last: ClassVar[bool] = True
    room: int = ROOM

    @property
    def plain(self) -> str:
        """As bare text there is no reason; it is asked for only if all else fails."""
        return self.verdict.plain

    @property
    def as_json(self) -> str:
        """How to ask for both."""
        return reasoned_output(self.verdict.as_json, verdict_first=self.verdict_first)

    @property
    def schema(self) -> JsonObject:
        """The schema of both."""
        return reasoned_schema(self.verdict.schema, verdict_first=self.verdict_first)

    def read(self, reply: Reply) -> object:
        """Return the verdict, with its reason if there is one."""
        value, why = self.verdict.read(reply), entry(reply.text, WHY)
        if value is None or not isinstance(why, str) or not why.strip():
            return value
        return WithWhy(verdict=value, why=why.strip())


def parted(result: V | WithWhy[V]) -> tuple[V, str]:
    """Return a verdict and its reason, or "" if there is none.

    Example:
        >>> parted({"verdict": 7.0, "why": "It is brief."}), parted(7.0)
        ((7.0, 'It is brief.'), (7.0, ''))
    """
    if isinstance(result, dict):
        known = cast("WithWhy[V]", result)
        return known["verdict"], known["why"]
    return result, ""


def with_reasons(job: Job, scores: Sequence[Score], said: Iterable[Said]) -> list[Score]:
    """Return scores with what comparisons say of each answer, as the check "best of" all of them.

    It is a check because why the best answer is better does not say what is wrong with it.

    Args:
        job: The round.
        scores: Those of the new answers.
        said: What was said of them, and of the leader, which has its score from before.
    """
    lines: list[list[tuple[float, str]]] = [[] for _ in scores]
    for place, stood, line in said:
        if place < len(lines):
            lines[place].append((stood, line))
    rewards = [score["reward"] for score in scores if score["reward"] is not None]
    best = max([*rewards, *([reward_of(job.leader)] if job.leader else [])], default=None)
    done: list[Score] = []
    for score, own in zip(scores, lines, strict=True):
        check = {"criterion": f"best of {len(compared(job))}", "passed": score["reward"] == best}
        told = bool(own) and not score["error"]
        checks = [{**check, "why": worst_first(own)}] if told else []
        done.append({**score, **read_feedback(checks=checks)})
    return done


def worst_first(lines: Sequence[tuple[float, str]]) -> str:
    """Return as many lines as a check has room for, the worst of what they say first."""
    texts = [line for _, line in sorted(lines, key=lambda one: one[0])[:MOST_LINES]]
    while len(texts) > 1 and len("\n".join(texts)) > MAX_LINE:
        texts.pop()
    return "\n".join(texts)
