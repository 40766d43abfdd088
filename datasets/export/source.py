"""What an export reads of a run: what was asked, the pool, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...core.json_types import JsonObject
from ...core.message_text import text_in
from ...core.overoptimisation import drift
from ...core.pool import with_reward
from ...core.replies.finish_reason import ending
from ...core.state import Candidate, Round

ROLES = {"system", "developer", "user", "assistant"}
CUT = {"length", "content_filter"}


@dataclass(frozen=True)
class Source:
    """A run, wherever it was saved.

    Attributes:
        id: The run's id, or that of a batch's row.
        origin: The file or folder it was read from.
        messages: What was asked, as `{"role", "content"}` each.
        candidates: The pool.
        rounds: The rounds.
        gamed: Whether it stopped because the reward was gamed.
        settings: Its settings, without logins.
        version: The version of this package that made it; "" if it is not known.
    """

    id: str
    origin: str
    messages: Sequence[JsonObject]
    candidates: Sequence[Candidate]
    rounds: Sequence[Round]
    gamed: bool
    settings: Mapping[str, object]
    version: str = ""

    @property
    def ranked_by(self) -> str:
        """The reward whose scale the pool is on."""
        return self.rounds[-1].get("ranked_by", "") if self.rounds else ""

    @property
    def prompt(self) -> list[JsonObject] | None:
        """System prompt, history and query as texts; `None` if there is more than texts.

        The last message is the user's.
        """
        turns = [(str(m.get("role")), text_alone(m.get("content"))) for m in self.messages]
        known = all(role in ROLES and text is not None for role, text in turns)
        more = any(m.get("tool_calls") for m in self.messages)
        if not known or more or not turns or turns[-1][0] != "user":
            return None
        return [{"role": role, "content": text} for role, text in turns]

    @property
    def usable(self) -> list[Candidate]:
        """The candidates to learn from: scored, ranked, and not cut off, one of each text.

        Of a run whose reward was gamed, those of the rounds up to the one that the held-out
        reward liked best.
        """
        last = self.rounds[-1]["round"] if self.rounds else -1
        if self.gamed:
            last = drift(self.rounds)["best_round"] or 0
        kept: dict[str, Candidate] = {}
        for candidate in with_reward(self.candidates):
            whole = ending(candidate.get("finish_reason")) not in CUT
            if candidate["round"] <= last and whole and candidate["text"].strip():
                kept.setdefault(candidate["text"].strip(), candidate)
        return list(kept.values())


def text_alone(content: object) -> str | None:
    """Return the text of a message's content; `None` if there is anything else in it.

    Example:
        >>> text_alone([{"type": "text", "text": "Why?"}]), text_alone([{"type": "image_url"}])
        ('Why?', None)
    """
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    texts = [text_in(block) for block in content]
    return None if None in texts else "".join(text or "" for text in texts)
