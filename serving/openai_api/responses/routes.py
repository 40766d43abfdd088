"""The routes of responses: make one, read it, delete it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.json_types import JsonObject
from ...agent_server.live_run import LiveRun
from ...agent_server.records import OPEN_STATUSES, Run
from ...cancel_on_disconnect import ClientLeft, cancel_on_disconnect
from ...error_responses import NO_RETRY, Refusal, refusal_of
from ...guard.read_body import read_json
from ...guard.run_refusals import STOPPING
from ...hidden_parts import for_clients
from ...json_response import JsonResponse
from ...sse import EventStream
from .event_writer import EventWriter
from .events import Steps, answer_events, steps_of, with_steps
from .ids import RESPONSE, public_id
from .new_response import ResponseStarter
from .reply import ended_response, failed_response, response_of
from .request import read_response_request

PATH = "/v1/responses"
CANCELLED = "the run was cancelled"


@dataclass(frozen=True)
class ResponseRoutes:
    """The routes under `/v1/responses`.

    Attributes:
        start: Starts the run of a response.
    """

    start: ResponseStarter

    def routes(self) -> list[Route]:
        """Return the routes; all need the key."""
        one = f"{PATH}/{{response_id}}"
        return [
            *(Route(path, self.create, methods=["POST"]) for path in (PATH, f"{PATH}/")),
            Route(one, self.get),
            Route(one, self.delete, methods=["DELETE"]),
        ]

    async def create(self, request: Request) -> Response:
        """Answer, as a turn of a thread."""
        settings = self.start.stored.agent.settings
        asked = read_response_request(await read_json(request, settings))
        live = await self.start(request, asked)
        if asked.stream:
            return EventStream(
                self._pieces(live),
                afterwards=lambda: self._stop(live),
                heartbeat=settings.heartbeat_seconds,
                patience=settings.patience_seconds,
            )
        try:
            await cancel_on_disconnect(request.receive, live.wait())
        except ClientLeft:
            self._stop(live)
            return Response(status_code=499)
        return JsonResponse(with_steps(live, self._ended(live), settings))

    async def get(self, request: Request) -> Response:
        """Return a response as it is now."""
        stored = self.start.stored
        if request.query_params.get("stream", "").lower() in {"1", "true"}:
            raise Refusal(400, "a stream cannot be resumed: read it whole", param="stream")
        run = await stored.find(request, request.path_params["response_id"])
        if run["status"] in OPEN_STATUSES:
            return JsonResponse(response_of(run, "in_progress"))
        ended = await stored.ended(run) if run["status"] == "success" else None
        shown = ended_response(run, ended.values) if ended else None
        return JsonResponse(shown or await self._without_answer(run))

    async def delete(self, request: Request) -> Response:
        """Delete a response."""
        run = await self.start.stored.find(request, request.path_params["response_id"])
        await self.start.stored.delete(run)
        gone = {"id": public_id(RESPONSE, run["run_id"]), "object": "response", "deleted": True}
        return JsonResponse(gone)

    async def _pieces(self, live: LiveRun) -> AsyncGenerator[bytes]:
        settings = self.start.stored.agent.settings
        steps = Steps(live.run, EventWriter())
        async with aclosing(steps_of(live, steps, settings)) as pieces:
            async for piece in pieces:
                yield piece
        try:
            response = self._ended(live)
        except Refusal as refusal:
            refusal.detail = for_clients(refusal.detail, settings)
            yield steps.write("failed", response=failed_response(live.run, refusal))
            return
        for piece in answer_events(live.run, response, steps):
            yield piece

    def _ended(self, live: LiveRun) -> JsonObject:
        """Return the response of a run that is over.

        Raises:
            Refusal: it failed, or was stopped.
        """
        if live.cause:
            raise refusal_of(live.cause)
        said = [json.loads(one.data) for one in live.events if one.name == "custom"]
        settings = self.start.stored.agent.settings
        notices = [
            for_clients(one["message"], settings) for one in said if one["type"] == "tpo.notice"
        ]
        if response := ended_response(live.run, live.result, notices):
            return response
        message = (
            cut_off_by_stop(live.run) if self.start.stored.agent.worker.draining else CANCELLED
        )
        raise Refusal(503, message, kind="server_error", headers=NO_RETRY)

    async def _without_answer(self, run: Run) -> JsonObject:
        """Return a response that failed or was cancelled; its thread may know why."""
        if run["status"] == "interrupted":
            return response_of(run, "cancelled")
        thread = await self.start.stored.agent.worker.database.thread(run["thread_id"])
        said = (thread["error"] if thread else None) or {}
        why = str(said.get("message") or "the run failed")
        return failed_response(run, Refusal(502, why))

    def _stop(self, live: LiveRun) -> None:
        if not live.over:
            self.start.stored.agent.worker.stop(live.run["run_id"])


def cut_off_by_stop(run: Run) -> str:
    """Return what becomes of a response when the server stops: nothing if it is not kept."""
    if run["kwargs"]["temporary"]:
        return STOPPING
    one = f"{PATH}/{public_id(RESPONSE, run['run_id'])}"
    return f"the server is stopping; it finishes this response after its next start: GET {one}"
