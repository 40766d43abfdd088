"""Where client libraries put what a provider's error says: the causes, the status, the body."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from inspect import getmro

from ...core.errors import StoreError, UserCodeError

# How langchain-openai tells of an error in a stream of the Responses API.
_CODED = re.compile(
    r"(?P<code>rate_limit_exceeded|server_error|[a-z_]*(?:timeout|overloaded|unavailable)[a-z_]*)"
    r": (?P<message>.*)",
    re.DOTALL,
)
_FAILED = re.compile(
    r"(?:ResponseError\()?code='(?P<code>\w+)',? "
    r"message=(?P<quote>['\"])(?P<message>.*?)(?P=quote)",
    re.DOTALL,
)
MOST_CAUSES = 4  # how far down a chain of causes is looked


def is_a(error: BaseException, *names: str) -> bool:
    """Return whether an error is of one of the kinds, by their names.

    Clients have taken their HTTP library along under another name (`httpx2`).
    """
    return any(kind.__name__ in names for kind in getmro(type(error)))


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it was raised from."""
    cause: BaseException | None = error
    for _ in range(MOST_CAUSES):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__


def is_ours(error: BaseException) -> bool:
    """Return whether its reply could not be kept, or the user's own code ended it: no server did.

    Client libraries wrap it like a lost connection.
    """
    return any(isinstance(one, StoreError | UserCodeError) for one in causes_of(error))


def status_beside(error: BaseException) -> int | None:
    """Return the status that the error carries; that of a good response says nothing."""
    response = getattr(error, "response", None)
    aws = response.get("ResponseMetadata") if isinstance(response, Mapping) else None
    for found in (
        getattr(error, "status_code", None),
        getattr(response, "status_code", None),
        aws.get("HTTPStatusCode") if isinstance(aws, Mapping) else None,
        getattr(error, "code", None),  # of Google
        getattr(error, "status", None),  # of aiohttp
    ):
        if isinstance(found, int) and not isinstance(found, bool) and 300 <= found < 600:
            return found
    return None


def body_of(error: BaseException) -> Mapping[str, object]:
    """Return the error object of an error inside a reply, or an empty one."""
    response = getattr(error, "response", None)
    said: object = error.args[0] if error.args else None
    body: object = getattr(error, "body", None) or said
    if isinstance(response, Mapping) and isinstance(aws := response.get("Error"), Mapping):
        return {"code": aws.get("Code"), "message": aws.get("Message")}
    if isinstance(body, str) and getattr(error, "body", None):
        return {"message": body}
    if isinstance(error, ValueError) and not isinstance(said, Mapping):
        coded = _CODED.match(str(said)) or _FAILED.match(str(said))
        return coded.groupdict() if coded else {}
    while isinstance(body, Mapping) and (inner := body.get("error")):
        body = inner if isinstance(inner, Mapping) else {"message": str(inner)}
    return body if isinstance(body, Mapping) else {}


def headers_of(error: BaseException) -> Mapping[str, str]:
    """Return the headers of the response that was an error."""
    response = getattr(error, "response", None)
    if isinstance(response, Mapping):
        response = response.get("ResponseMetadata") or {}
        found = response.get("HTTPHeaders")
    else:
        found = getattr(response, "headers", None) or getattr(error, "headers", None)
    return found if isinstance(found, Mapping) else {}
