"""One line, one count and one span per HTTP request, and an id that goes in and out."""

from __future__ import annotations

import logging
import re
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..error_responses import error_response, refusal_of
from ..guard.callers import PLACE, Caller
from .operations import Operations
from .request_record import CURRENT, RequestRecord, shown_name, usable_id

log = logging.getLogger("tpo.serving.requests")
QUIET = {"/health/live", "/health/ready", "/ok", "/metrics", "/v1/metrics", "/", "/app"}
PATH = re.compile(r"/threads/(?P<thread>[\w-]{1,64})(?:/runs/(?P<run>[\w-]{1,64}))?")
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
LEFT = 499  # the status of a request whose client did not wait, as nginx has it


class WatchRequests:
    """Watches every request under a path; an unexpected error is answered here, with its id.

    Args:
        app: The app that answers.
        operations: Takes what is seen.
        under: The paths that are watched begin with it; an engine logs those of its own.
    """

    def __init__(self, app: ASGIApp, operations: Operations, under: str = "/") -> None:
        self.app, self.operations, self.under = app, operations, under

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and watch."""
        if scope["type"] != "http" or not scope["path"].startswith(self.under):
            await self.app(scope, receive, send)
            return
        record = RequestRecord(usable_id(Headers(scope=scope).get("x-request-id", "")))
        seen = _Seen(self.operations, record, scope, send)
        before = CURRENT.set(record)
        try:
            await self.app(scope, receive, seen.send)
        except Exception as error:
            if seen.status:
                raise
            await error_response(refusal_of(error), scope["path"])(scope, receive, seen.send)
        finally:
            seen.tell()
            CURRENT.reset(before)


class _Seen:
    """What is seen of one request."""

    def __init__(
        self, operations: Operations, record: RequestRecord, scope: Scope, send: Send
    ) -> None:
        self.operations, self.record, self.scope, self._send = operations, record, scope, send
        self.began, self.status, self.whole, self.location = time.monotonic(), 0, False, ""
        record.span = operations.spans.request(scope)
        operations.metrics.http_running.inc()

    async def send(self, message: Message) -> None:
        """Pass a message on, with the id in the headers."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self.record.id
            self.location = headers.get("content-location", "")
            self.status = message["status"]
        await self._send(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self.whole = True

    def tell(self) -> None:
        """Log, count and end the span."""
        route, status = route_of(self.scope), self.status or LEFT
        seconds = time.monotonic() - self.began
        method = self.scope["method"] if self.scope["method"] in METHODS else "OTHER"
        failure = self.record.failure
        self.operations.metrics.http_running.dec()
        self.operations.metrics.requested(method, route, status, seconds, failure)
        spans = self.operations.spans
        spans.requested(self.record.span, method, route, status, self.record)
        about = {"request": self.record.id, "method": method, "path": route, "status": status}
        fields = {**about, "seconds": round(seconds, 3), **self.more_fields()}
        log.log(level_of(route, status, failed=bool(failure)), "request", extra={"fields": fields})

    def more_fields(self) -> dict[str, str]:
        """Return who asked, for what, and what went wrong."""
        where = PATH.search(self.location) or PATH.match(self.scope["path"])
        caller: Caller | None = self.scope.get(PLACE)
        failure = self.record.failure
        return {
            "key": shown_name(caller.name if caller else None),
            "thread": where["thread"] if where else "",
            "run": self.record.run or (where["run"] if where else "") or "",
            "left": "the client did not wait" if not self.whole else "",
            "failure": failure.kind if failure else "",
            "why": failure.sentence if failure else "",
        }


def level_of(route: str, status: int, *, failed: bool) -> int:
    """Return how loud a line is."""
    if route in QUIET:
        return logging.DEBUG
    return logging.WARNING if status >= 500 or (failed and status < 400) else logging.INFO


def route_of(scope: Scope) -> str:
    """Return the template of the route that answered: no ids, so that there are few of them."""
    path: str = getattr(scope.get("route"), "path", "")
    return path or "(none)"
