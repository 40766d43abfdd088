"""What is known of the request under way: its id, and why it failed."""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

if TYPE_CHECKING:  # the extra `telemetry`
    from opentelemetry.trace import Span

ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
QUOTE = re.compile(r"""(?<!\w)(['"])(.*?)(?:\1|$)""")
REFERENCE = re.compile(r"(?<=verify:)(?:exact|math|command):.*")
NAME = re.compile(r"[\w.:/@+-]{0,80}", re.ASCII)  # of a model, say: it may be quoted
MAX_SENTENCE = 300  # characters


class Failure(NamedTuple):
    """Why a request or a run failed: a word for programs, and a sentence for people."""

    kind: str
    sentence: str


@dataclass
class RequestRecord:
    """One request, while it is answered.

    Attributes:
        id: The client's `X-Request-Id`, or one that was made.
        failure: Why it failed; the first reason stays.
        run: The run that it began, if it did.
        query: Of that run: not to be told.
        span: Of OpenTelemetry, if that is on.
    """

    id: str = field(default_factory=lambda: uuid4().hex)
    failure: Failure | None = None
    run: str = ""
    query: str = ""
    span: Span | None = None


CURRENT: ContextVar[RequestRecord | None] = ContextVar("tpo_request", default=None)


def usable_id(sent: str) -> str:
    """Return the id that a client sent, or a new one if it is too long or could break a line.

    Example:
        >>> usable_id("abc-1"), len(usable_id("a b"))
        ('abc-1', 32)
    """
    return sent if ID.fullmatch(sent) else uuid4().hex


def note_failure(kind: str, sentence: str) -> None:
    """Remember why the request under way fails; the first reason stays."""
    record = CURRENT.get()
    if record and not record.failure:
        record.failure = Failure(kind, sentence_for_log(sentence, record.query))


def sentence_for_log(sentence: str, query: str = "") -> str:
    """Return a message without what a client sent, in one short line.

    Args:
        sentence: What happened. It is cut off where it quotes what may be a client's text.
        query: What was asked; a server behind the run may have sent it back.

    Example:
        >>> sentence_for_log("depth: too large (got 99)")
        'depth: too large'
    """
    line = REFERENCE.sub("[a text]", " ".join(sentence.split()).partition(" (got ")[0])
    start = " ".join(query.split())[:24]
    if len(start) >= 8 and start in line:
        line = f"{line.partition(start)[0]}[the query]"
    if quoted := next((q for q in QUOTE.finditer(line) if not NAME.fullmatch(q[2])), None):
        line = f"{line[: quoted.start()]}[a text]"
    return line if len(line) <= MAX_SENTENCE else f"{line[: MAX_SENTENCE - 1]}…"


def shown_name(name: str | None) -> str:
    """Return whose key it was: "" for none, and the operator's, which has no name, in brackets."""
    return "" if name is None else name or "(operator)"
