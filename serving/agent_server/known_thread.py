"""The thread that a request names, for those who may see it."""

from __future__ import annotations

from starlette.requests import Request

from ..error_responses import Refusal
from ..guard.callers import caller_of
from .database import Database
from .records import Thread


async def known_thread(database: Database, request: Request, thread_id: str) -> Thread | None:
    """Return the thread of this id, or `None` if there is none.

    Args:
        database: The threads.
        request: Says who asks.
        thread_id: The id.

    Raises:
        Refusal: it is someone else's; to those who ask, there is none (404).
    """
    thread = await database.thread(thread_id)
    if thread and caller_of(request).sees not in {None, thread["owner"]}:
        raise no_thread(thread_id)
    return thread


def no_thread(thread_id: str) -> Refusal:
    """Return the refusal of a request for a thread that is not there."""
    return Refusal(404, f"there is no thread {thread_id}")
