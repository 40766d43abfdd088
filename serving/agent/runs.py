"""Runs: begun, streamed, joined, cancelled."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..as_json import JSON
from ..refusal import Refusal
from ..settings import Settings
from ..sse import event
from .assistants import Assistants
from .begin import Begin
from .fits import read_state
from .ledger import Ledger
from .payload import as_uuid
from .readers import MOST_DIGITS, Readers, place_after, places, wanted
from .records import OPEN, Run, place_of, shown
from .threads import Threads
from .wire import result_of
from .worker import Worker


class Runs:
    """The routes of runs.

    Args:
        settings: Limits.
        ledger: The runs.
        worker: Those under way.
        threads: What they belong to.
        assistants: The graphs by name.
    """

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        worker: Worker,
        threads: Threads,
        assistants: Assistants,
    ) -> None:
        self.ledger, self.worker, self.threads = ledger, worker, threads
        self.begin = Begin(settings, ledger, worker, assistants)
        self.readers = Readers(settings, ledger.events, worker)

    def routes(self) -> list[Route]:
        """Return the routes."""
        runs = "/threads/{thread_id}/runs"
        one = f"{runs}/{{run_id}}"
        post = ["POST"]
        return [
            Route("/runs", self.create, methods=post),
            Route("/runs/stream", self.stream, methods=post),
            Route("/runs/wait", self.wait, methods=post),
            Route(runs, self.create, methods=post),
            Route(runs, self.list),
            Route(f"{runs}/stream", self.stream, methods=post),
            Route(f"{runs}/wait", self.wait, methods=post),
            Route(one, self.get),
            Route(one, self.delete, methods=["DELETE"]),
            Route(f"{one}/join", self.join),
            Route(f"{one}/stream", self.join_stream),
            Route(f"{one}/cancel", self.cancel, methods=post),
        ]

    async def create(self, request: Request) -> Response:
        """Begin a run and return at once."""
        live, _ = await self.begin(request)
        return JSON(shown(live.run), headers=places(live.run))

    async def stream(self, request: Request) -> Response:
        """Begin a run and send its events."""
        live, asked = await self.begin(request)
        return self.readers.stream(live, None, cancel=asked.on_disconnect == "cancel")

    async def wait(self, request: Request) -> Response:
        """Begin a run and return its result."""
        live, asked = await self.begin(request)
        return self.readers.result(live, cancel=asked.on_disconnect == "cancel")

    async def list(self, request: Request) -> Response:
        """List the runs of a thread, the newest first."""
        thread = await self.threads.find(request)
        asked = request.query_params
        limit, offset = (_number(asked.get(k), d) for k, d in (("limit", 10), ("offset", 0)))
        found = await self.ledger.runs(thread["thread_id"], asked.get("status"), limit, offset)
        return JSON([shown(run) for run in found])

    async def get(self, request: Request) -> Response:
        """Show a run."""
        return JSON(shown(await self._find(request)))

    async def delete(self, request: Request) -> Response:
        """Forget a run that has ended."""
        run = await self._find(request)
        if run["status"] in OPEN:
            raise Refusal(409, "the run is under way; cancel it first")
        await self.ledger.delete_run(run["run_id"])
        return Response(status_code=204)

    async def cancel(self, request: Request) -> Response:
        """Stop a run; with `action=rollback`, forget it too."""
        run = await self._find(request)
        action = request.query_params.get("action", "interrupt")
        if action not in {"interrupt", "rollback"}:
            raise Refusal(422, "action is interrupt or rollback")
        if run["run_id"] not in self.worker.live:
            raise Refusal(409, f"the run has ended already ({run['status']})")
        wait = _is_true(request, "wait")
        if wait or action == "rollback":
            await self.worker.cancel(run["run_id"])
        else:
            self.worker.stop(run["run_id"])
        if action == "rollback":
            await self.ledger.delete_run(run["run_id"])
        return Response(status_code=204 if wait else 202)

    async def join(self, request: Request) -> Response:
        """Return the result of a run, once there is one."""
        run = await self._find(request)
        if live := self.worker.live.get(run["run_id"]):
            return self.readers.result(live, cancel=_is_true(request, "cancel_on_disconnect"))
        thread = await self.threads.find(request)
        if run["status"] in {"error", "timeout"} and thread["error"]:
            return JSON({"__error__": thread["error"]}, headers=places(run))
        state = await read_state(self.threads.app, place_of(run))
        return JSON(result_of(state), headers=places(run))

    async def join_stream(self, request: Request) -> Response:
        """Send the events of a run: from the one after Last-Event-ID, or from now on."""
        run = await self._find(request)
        last = request.headers.get("last-event-id")
        modes = [m for m in request.query_params.get("stream_mode", "").split(",") if m]
        if live := self.worker.live.get(run["run_id"]):
            after = None if last is None else place_after(last)
            cancel = _is_true(request, "cancel_on_disconnect")
            start = (run["life"], len(live.events)) if after is None else after
            return self.readers.stream(live, start, cancel=cancel, modes=modes)
        events = await self.ledger.events.after(run["run_id"], place_after(last)) if last else []

        async def pieces() -> AsyncGenerator[bytes]:
            for one in events:
                if wanted(one, modes):
                    yield event(one.name, one.data, one.id)

        return self.readers.respond(pieces(), run)

    async def _find(self, request: Request) -> Run:
        run_id = as_uuid(request.path_params["run_id"], "run")
        thread_id = as_uuid(request.path_params["thread_id"], "thread")
        run = await self.ledger.run(run_id)
        if run is None or run["thread_id"] != thread_id:
            raise Refusal(404, f"there is no run {run_id} on this thread")
        return run


def _is_true(request: Request, name: str) -> bool:
    return request.query_params.get(name, "").lower() in {"1", "true"}


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < MOST_DIGITS else default
