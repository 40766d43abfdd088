"""What came back is not a whole reply, although no client library raised an error."""

from __future__ import annotations

import re

from ...core.errors import evidence

_PAGE = re.compile(r"\s*(?:<!doctype html|<html)", re.IGNORECASE)
_PAGE_STATUS = re.compile(r"\b(408|429|5\d\d)\b")  # "502 Bad Gateway" in its title
_READ_CHARS = 2_000


class BrokenReplyError(Exception):
    """The server answered, but not with a whole reply.

    Args:
        message: What came.
        passes: Whether the same request may well succeed the next time.
        status: The HTTP status that what came stands for, if it says so.
    """

    def __init__(self, message: str, *, passes: bool = True, status: int | None = None) -> None:
        super().__init__(message)
        self.passes = passes
        self.status_code = status


class NoReplyError(BrokenReplyError):
    """There is no text in what came."""


class UnfinishedStreamError(BrokenReplyError):
    """A stream ended and did not say that it is complete.

    It is not asked for again in the same way: only of a reply that comes whole, even a server
    that never says why it ended shows whether something is missing.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, passes=False)


class MixedTextsError(BrokenReplyError):
    """Several texts came in one stream, and it does not say which piece belongs to which."""

    def __init__(self, message: str) -> None:
        super().__init__(message, passes=False)


class OnlyStreamsError(BrokenReplyError):
    """A stream came, although a whole reply was asked for."""


def not_json(text: str) -> BrokenReplyError:
    """Return the error for a text that came in place of a reply: a web page, say."""
    if text.lstrip().startswith(("data:", "event:")):
        return OnlyStreamsError(
            "the server sent a stream, although a whole reply was asked for, and no word in it "
            f"of why the reply ended: {evidence(text)}"
        )
    if not _PAGE.match(text):
        return BrokenReplyError(f"the server sent no JSON: {evidence(repr(text))}")
    status = _PAGE_STATUS.search(text[:_READ_CHARS])
    why = "" if status else "; is the address right? It usually ends in /v1"
    return BrokenReplyError(
        f"the server sent a web page in place of a reply{why}: {evidence(text)}",
        passes=bool(status),
        status=int(status[1]) if status else None,
    )
