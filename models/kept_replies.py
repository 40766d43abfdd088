"""Replies that are kept until what they led to is saved: a run that was killed asks nobody again.

A task is saved when it has ended, some milliseconds after its reply was there. Whoever keeps runs
may keep the replies until then. A run that goes on finds each by what it answers.
"""

from __future__ import annotations

import hashlib
import json
from asyncio import AbstractEventLoop, CancelledError
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from typing import Any

from langgraph.runtime import get_runtime

from ..core.replies.reply import Reply
from ..core.usage import brief, cost
from .kept_http import HTTP_REPLIES, HttpReplies
from .request import OnText, Request, Response
from .wire.wire_file import GivePlace, Place, no_place

Begin = Callable[[], OnText]


class Asking:
    """Where a request is sent from.

    Attributes:
        task: The id under which the graph saves what is done there, or "".
        step: The checkpoint that the step began with.
    """

    def __init__(self) -> None:
        try:
            info = get_runtime().execution_info
        except RuntimeError:
            info = None
        self.task = info.task_id if info else ""
        self.step = info.checkpoint_id if info else ""


@dataclass(frozen=True)
class KeptReply:
    """A reply that is kept.

    Attributes:
        task: Who asked: once that task is saved, the reply is not needed.
        request: What it answers, as `request_digest` gives it.
        reply: What came, as JSON.
    """

    task: str
    request: str
    reply: str


@dataclass
class RunReplies:
    """The kept replies of one run, in one process.

    Attributes:
        keep: Keeps another one.
        reader: The event loop that reads and keeps what servers reply, or `None`.
        place: Gives a place to read a reply to, for a task and a request.
        before: Those that an earlier process left, by what they answer; each is taken once.
    """

    keep: Callable[[KeptReply], Awaitable[None]]
    reader: AbstractEventLoop | None = None
    place: GivePlace = no_place
    before: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def left(
        cls,
        keep: Callable[[KeptReply], Awaitable[None]],
        found: Iterable[KeptReply],
        reader: AbstractEventLoop | None = None,
        place: GivePlace = no_place,
    ) -> RunReplies:
        """Return them with what an earlier process left, in the order in which it came."""
        replies = cls(keep, reader, place)
        for one in found:
            replies.before.setdefault(one.request, []).append(one.reply)
        return replies

    def take(self, request: str) -> str | None:
        """Take the reply to a request, if there is one."""
        there = self.before.get(request)
        return there.pop(0) if there else None

    def http(self, task: str, digest: str, asked: str) -> HttpReplies | None:
        """Return what keeps the replies of servers to a request of a task.

        Args:
            task: Who asks.
            digest: The request's.
            asked: Its last text.
        """
        if not self.reader:
            return None

        async def keep(name: str, written: str) -> None:
            await self.keep(KeptReply(task, f"{digest}/{name}", written))

        def place(name: str) -> AbstractContextManager[Place | None]:
            return self.place(task, f"{digest}/{name}")

        def take(name: str) -> str | None:
            return self.take(f"{digest}/{name}")

        return HttpReplies(self.reader, asked, take, keep, place)


REPLIES: ContextVar[RunReplies | None] = ContextVar("tpo_run_replies", default=None)


async def kept_or_sent(
    request: Request, begin: Begin | None, send: Callable[[], Awaitable[Response]]
) -> Response:
    """Return the reply that was kept, or send the request and keep what comes.

    Args:
        request: What to ask.
        begin: Says that the request begins; for a kept one too, since events tell its cost.
        send: Sends it.
    """
    replies, asking = REPLIES.get(), Asking()
    if replies is None or not asking.task:
        return await send()
    digest = request_digest(request, asking.step)
    if there := replies.take(digest):
        response = from_kept_form(there)
        if begin:
            begin()
        request.budget.pay(response.cost, response.cost["requests"])
        return response
    http = replies.http(asking.task, digest, request.messages[-1].text)
    token = HTTP_REPLIES.set(http)
    try:
        response = await send()
    finally:
        HTTP_REPLIES.reset(token)
    if not (http and http.kept) and response.replies and (written := kept_form(response)):
        await replies.keep(KeptReply(asking.task, digest, written))
    return response


def request_digest(request: Request, step: str) -> str:
    """Return what tells a request from all others of a run, in this process and the next.

    What its server is known to refuse is not in it: that is learnt again.
    """
    messages = [(one.type, one.content) for one in request.messages]
    about = (step, request.label, request.policy.name, request.n, request.parameters)
    told = json.dumps([*about, request.schema, messages], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def kept_form(response: Response) -> str:
    """Return a response as JSON; "" if it holds what JSON does not, as log-probabilities may."""
    replies = [asdict(reply) for reply in response.replies]
    try:
        return json.dumps([replies, brief(response.cost), sorted(response.refused)])
    except (TypeError, ValueError):
        return ""


def from_kept_form(written: str) -> Response:
    """Return the response that was written."""
    replies, paid, refused = json.loads(written)
    return Response([Reply(**one) for one in replies], cost(**paid), frozenset(refused))


def has_ended(writes: Sequence[tuple[str, Any]]) -> bool:
    """Return whether writes of a task say that it has ended, and was not cancelled."""
    return not any(isinstance(value, CancelledError) for _, value in writes)
