"""The routes of runs: start, stream, join, cancel and delete them."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..error_responses import Refusal
from ..json_response import JsonResponse
from ..server_settings import Settings
from ..sse import event
from .assistant_routes import AssistantRoutes
from .database import Database
from .new_run import RunStarter
from .read_state import read_state
from .records import OPEN_STATUSES, Run, public_run, thread_config
from .request_bodies import as_uuid
from .run_responses import (
    MAX_DIGITS,
    RunResponses,
    is_wanted,
    location_headers,
    parse_last_event_id,
)
from .state_json import run_result
from .thread_routes import ThreadRoutes
from .worker import Worker


class RunRoutes:
    """The routes of runs.

    Args:
        settings: Limits.
        database: The runs.
        worker: The runs under way.
        threads: The threads they belong to.
        assistants: The graphs by name.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        worker: Worker,
        threads: ThreadRoutes,
        assistants: AssistantRoutes,
    ) -> None:
        self.database, self.worker, self.threads = database, worker, threads
        self.start_run = RunStarter(settings, database, worker, assistants)
        self.responses = RunResponses(settings, database.events, worker)

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
        """Start a run and return at once."""
        live, _ = await self.start_run(request)
        return JsonResponse(public_run(live.run), headers=location_headers(live.run))

    async def stream(self, request: Request) -> Response:
        """Start a run and send its events."""
        live, asked = await self.start_run(request)
        return self.responses.stream(live, None, cancel=asked.on_disconnect == "cancel")

    async def wait(self, request: Request) -> Response:
        """Start a run and return its result."""
        live, asked = await self.start_run(request)
        return self.responses.result(live, cancel=asked.on_disconnect == "cancel")

    async def list(self, request: Request) -> Response:
        """List the runs of a thread, the newest first."""
        thread = await self.threads.find(request)
        asked = request.query_params
        limit, offset = (
            int(text) if text.isdecimal() and len(text) < MAX_DIGITS else default
            for text, default in ((asked.get("limit", ""), 10), (asked.get("offset", ""), 0))
        )
        found = await self.database.runs(thread["thread_id"], asked.get("status"), limit, offset)
        return JsonResponse([public_run(run) for run in found])

    async def get(self, request: Request) -> Response:
        """Return a run."""
        return JsonResponse(public_run(await self._find(request)))

    async def delete(self, request: Request) -> Response:
        """Delete a run that has ended."""
        run = await self._find(request)
        if run["status"] in OPEN_STATUSES:
            raise Refusal(409, "the run is under way; cancel it first")
        await self.database.delete_run(run["run_id"])
        return Response(status_code=204)

    async def cancel(self, request: Request) -> Response:
        """Stop a run; with `action=rollback`, delete it too."""
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
            await self.database.delete_run(run["run_id"])
        return Response(status_code=204 if wait else 202)

    async def join(self, request: Request) -> Response:
        """Return the result of a run, once there is one."""
        run = await self._find(request)
        if live := self.worker.live.get(run["run_id"]):
            return self.responses.result(live, cancel=_is_true(request, "cancel_on_disconnect"))
        thread = await self.threads.find(request)
        if run["status"] in {"error", "timeout"} and thread["error"]:
            return JsonResponse({"__error__": thread["error"]}, headers=location_headers(run))
        state = await read_state(self.threads.app, thread_config(run))
        return JsonResponse(run_result(state), headers=location_headers(run))

    async def join_stream(self, request: Request) -> Response:
        """Send the events of a run: from the one after Last-Event-ID, or from now on."""
        run = await self._find(request)
        last = request.headers.get("last-event-id")
        after = parse_last_event_id(last)
        modes = [m for m in request.query_params.get("stream_mode", "").split(",") if m]
        if live := self.worker.live.get(run["run_id"]):
            cancel = _is_true(request, "cancel_on_disconnect")
            start = (run["life"], len(live.events)) if last is None else after
            return self.responses.stream(live, start, cancel=cancel, modes=modes)
        events = await self.database.events.after(run["run_id"], after) if last else []

        async def pieces() -> AsyncGenerator[bytes]:
            for one in events:
                if is_wanted(one, modes):
                    yield event(one.name, one.data, one.id)

        return self.responses.respond(pieces(), run)

    async def _find(self, request: Request) -> Run:
        run_id = as_uuid(request.path_params["run_id"], "run")
        thread = await self.threads.find(request)
        run = await self.database.run(run_id)
        if run is None or run["thread_id"] != thread["thread_id"]:
            raise Refusal(404, f"there is no run {run_id} on this thread")
        return run


def _is_true(request: Request, name: str) -> bool:
    return request.query_params.get(name, "").lower() in {"1", "true"}
