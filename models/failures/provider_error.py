"""What an error of a provider says, wherever its client library puts it: status, pause, words.

Besides HTTP's own, servers send errors inside a reply with status 200, or in the middle of a
stream; those name a status, a type, or only say it in words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from langchain_core.exceptions import (
    ModelAPIError,
    ModelAuthenticationError,
    ModelInvalidRequestError,
    ModelNotFoundError,
    ModelPermissionDeniedError,
    ModelRateLimitError,
)

from ...core.errors import cause_of, evidence
from .broken_reply import BrokenReplyError
from .error_parts import body_of, causes_of, status_beside

_BY_CLASS = (
    (ModelRateLimitError, 429),
    (ModelAuthenticationError, 401),
    (ModelPermissionDeniedError, 403),
    (ModelNotFoundError, 404),
    (ModelInvalidRequestError, 400),
    (ModelAPIError, 500),
)
_BY_WORD = (  # in what an error is called, or in what it says
    (429, r"rate.?limit|too.?many.?requests|throttl|resource.?exhausted|tokens per (?:min|day)"),
    (529, r"overload"),
    (502, r"bad.?gateway|upstream"),
    (504, r"time.?out|timed.?out|deadline.?exceeded"),
    (503, r"unavailable|model is (?:currently )?loading|at capacity|temporarily|try again later"),
    (401, r"unauthenticated|authentication.?error|invalid.?api.?key"),
    (403, r"permission.?(?:denied|error)|forbidden"),
    (404, r"not.?found"),
    (400, r"invalid.?request|invalid.?argument|validation.?(?:error|exception)|content.?filter"),
    (500, r"server.?error|internal.?error|\bapi.?error|internal$"),
)
_WORDS = [(status, re.compile(words, re.IGNORECASE)) for status, words in _BY_WORD]
_AZURE = "ResponsibleAIPolicyViolation"
_CODE = re.compile(r"\bcode['\"]?\s*[:=]\s*['\"]?([45]\d\d)\b")


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status of an error, or the one that its words stand for, if any."""
    for one in causes_of(error):
        for found in (status_beside(one), status_inside(one)):
            if found is not None:
                return found
    classes = (status for kind, status in _BY_CLASS if isinstance(error, kind))
    return next(classes, None)


def lacks_choices(error: BaseException) -> bool:
    """Return whether a client found no choices in a reply, which is all that it says then."""
    return isinstance(error, KeyError | TypeError) and "'choices'" in str(error)


def is_blocked(error: BaseException) -> bool:
    """Return whether a filter of the provider stopped the request."""
    body = body_of(error)
    inner = body.get("innererror")  # of Azure
    codes = (body.get("code"), inner.get("code") if isinstance(inner, Mapping) else None)
    return bool({"content_filter", "content_policy_violation", _AZURE} & {str(c) for c in codes})


def sentence_of(error: BaseException) -> str:
    """Return what happened, in a line: for an error inside a reply, what that says."""
    if isinstance(error, BrokenReplyError):
        return evidence(str(error))
    body = body_of(error)
    beside = status_beside(error)
    if not body or beside is not None:
        return cause_of(error)
    said = body.get("message") or body.get("detail") or body
    status = status_of(error) or body.get("code") or body.get("type")
    about = f" ({status})" if status else ""
    return evidence(f"the server sent an error in place of a reply: {said}{about}")


def status_inside(error: BaseException) -> int | None:
    """Return the status that an error inside a reply names, by number or by name."""
    body = body_of(error)
    names = [body.get(name) for name in ("code", "status", "status_code", "type")]
    for name in names:
        if str(name).isdigit() and 400 <= int(str(name)) < 600:
            return int(str(name))
    texts = [*(str(name) for name in names if name), str(body.get("message") or "")]
    found = (status for text in texts for status, words in _WORDS if words.search(text))
    if body:
        return next(found, None)
    code = _CODE.search(str(error)) if isinstance(error, ValueError) else None
    return int(code[1]) if code else None
