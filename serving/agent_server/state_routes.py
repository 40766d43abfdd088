"""The routes of a thread's state: read it, at any checkpoint, edit it, list its history."""

from __future__ import annotations

from langchain_core.runnables import RunnableConfig
from langgraph.errors import InvalidUpdateError
from langgraph.types import StateSnapshot
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import InputError
from ...core.json_types import JsonObject
from ...graphs.is_over import is_over
from ..error_responses import Refusal
from ..guard.read_body import read_json
from ..json_response import JsonResponse
from ..served_models import App
from ..server_settings import Settings
from .check_edit import check_edit
from .metadata import contains
from .read_state import read_state, unreadable, values_at
from .records import Thread
from .request_bodies import CheckpointAt, HistorySearch, StateAt, StateUpdate, parse_body
from .state_json import state_of
from .thread_routes import ThreadRoutes
from .worker import Worker

EDIT_ERRORS = (InputError, InvalidUpdateError, ValueError, TypeError, KeyError, AttributeError)


class StateRoutes:
    """The routes under `/threads` that are about state.

    Args:
        settings: Limits.
        threads: The threads.
        worker: The runs under way.
        app: Any graph with the saver, as all have the same state.
    """

    def __init__(self, settings: Settings, threads: ThreadRoutes, worker: Worker, app: App) -> None:
        self.settings, self.threads, self.worker, self.app = settings, threads, worker, app

    def routes(self) -> list[Route]:
        """Return the routes."""
        one = "/threads/{thread_id}"
        return [
            Route(f"{one}/state", self.state),
            Route(f"{one}/state", self.update, methods=["POST"]),
            Route(f"{one}/state/checkpoint", self.state_at, methods=["POST"]),
            Route(f"{one}/state/{{checkpoint_id}}", self.state),
            Route(f"{one}/history", self.history, methods=["GET", "POST"]),
        ]

    async def state(self, request: Request) -> Response:
        """Return the latest state, or the state at a checkpoint."""
        thread = await self.threads.find(request)
        place = request.path_params.get("checkpoint_id")
        return JsonResponse(state_of(await self._state(thread, CheckpointAt(checkpoint_id=place))))

    async def state_at(self, request: Request) -> Response:
        """Return the state at a checkpoint that the body names."""
        thread = await self.threads.find(request)
        asked = parse_body(StateAt, await read_json(request, self.settings))
        return JsonResponse(state_of(await self._state(thread, asked.checkpoint)))

    async def update(self, request: Request) -> Response:
        """Change the state, as a node would."""
        thread = await self.threads.find(request)
        asked = parse_body(StateUpdate, await read_json(request, self.settings))
        if self.worker.busy(thread["thread_id"]):
            raise Refusal(409, "a run of this thread is under way; cancel it first, or wait")
        place = asked.checkpoint or CheckpointAt(checkpoint_id=asked.checkpoint_id)
        config = _config(thread, place)
        try:
            check_edit(self.app, await values_at(self.app, config) or {}, asked.values)
            saved = await self.app.aupdate_state(config, asked.values, as_node=asked.as_node)
        except EDIT_ERRORS as error:
            raise Refusal(422, f"the state cannot be edited so: {error}"[:500]) from None
        state = await self._state(thread, CheckpointAt())
        status = "idle" if is_over(state) else "interrupted"
        await self.threads.database.change_thread(thread["thread_id"], status=status)
        return JsonResponse({"checkpoint": saved["configurable"], **saved})

    async def history(self, request: Request) -> Response:
        """List the checkpoints, the newest first."""
        thread = await self.threads.find(request)
        body = await read_json(request, self.settings) if request.method == "POST" else None
        asked = parse_body(HistorySearch, body or dict(request.query_params))
        wanted, found = asked.metadata or {}, list[JsonObject]()
        states = self.app.aget_state_history(
            _config(thread, CheckpointAt()),
            before=asked.before_config,
            limit=None if wanted else asked.limit,
        )
        try:
            async for state in states:
                if contains(state.metadata, wanted):  # SQLite's own filter fails at unusual keys
                    found.append(state_of(state))
                if len(found) == asked.limit:
                    break
        except Exception as error:  # noqa: BLE001  whatever its bytes or its reducers raise
            raise Refusal(409, unreadable(error)) from None
        return JsonResponse(found)

    async def _state(self, thread: Thread, place: CheckpointAt) -> StateSnapshot:
        return await read_state(self.app, _config(thread, place))


def _config(thread: Thread, place: CheckpointAt) -> RunnableConfig:
    named = {k: v for k, v in place.model_dump().items() if v is not None}
    return {"configurable": {**named, "thread_id": thread["thread_id"]}}
