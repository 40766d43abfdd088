"""The state of threads: read, at any checkpoint, and edited."""

from __future__ import annotations

from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.errors import InvalidUpdateError
from langgraph.types import StateSnapshot
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import InputError
from ..as_json import JSON
from ..catalogue import App
from ..guard.body import read_json
from ..refusal import Refusal
from ..settings import Settings
from .fits import check_fit, read_state, unreadable, values_at
from .metadata import contains
from .payload import CheckpointAt, HistorySearch, StateAt, StateUpdate, checked
from .records import Thread
from .threads import Threads
from .wire import state_of
from .worker import Worker

UNFIT = (InputError, InvalidUpdateError, ValueError, TypeError, KeyError, AttributeError)


class States:
    """The routes under `/threads` that are about state.

    Args:
        settings: Limits.
        threads: The threads.
        worker: The runs under way.
        app: Any graph with the saver: they all have the same state.
    """

    def __init__(self, settings: Settings, threads: Threads, worker: Worker, app: App) -> None:
        self.settings, self.threads, self.worker, self.app = settings, threads, worker, app

    def routes(self) -> list[Route]:
        """Return the routes."""
        there = "/threads/{thread_id}"
        return [
            Route(f"{there}/state", self.state),
            Route(f"{there}/state", self.update, methods=["POST"]),
            Route(f"{there}/state/checkpoint", self.state_at, methods=["POST"]),
            Route(f"{there}/state/{{checkpoint_id}}", self.state),
            Route(f"{there}/history", self.history, methods=["GET", "POST"]),
        ]

    async def state(self, request: Request) -> Response:
        """Show the state, now or at a checkpoint."""
        thread = await self.threads.find(request)
        place = request.path_params.get("checkpoint_id")
        return JSON(state_of(await self._state(thread, CheckpointAt(checkpoint_id=place))))

    async def state_at(self, request: Request) -> Response:
        """Show the state at a checkpoint given in the body."""
        thread = await self.threads.find(request)
        asked = checked(StateAt, await read_json(request, self.settings))
        return JSON(state_of(await self._state(thread, asked.checkpoint)))

    async def update(self, request: Request) -> Response:
        """Edit the state, as a node."""
        thread = await self.threads.find(request)
        asked = checked(StateUpdate, await read_json(request, self.settings))
        if self.worker.busy(thread["thread_id"]):
            raise Refusal(409, "a run of this thread is under way; cancel it first, or wait")
        place = asked.checkpoint or CheckpointAt(checkpoint_id=asked.checkpoint_id)
        config = _config(thread, place)
        try:
            check_fit(self.app, await values_at(self.app, config) or {}, asked.values)
            saved = await self.app.aupdate_state(config, asked.values, as_node=asked.as_node)
        except UNFIT as error:
            raise Refusal(422, f"the state cannot be edited so: {error}"[:500]) from None
        state = await self._state(thread, CheckpointAt())
        status = "interrupted" if state.next else "idle"
        await self.threads.ledger.change_thread(thread["thread_id"], status=status)
        return JSON({"checkpoint": saved["configurable"], **saved})

    async def history(self, request: Request) -> Response:
        """List the checkpoints, the newest first."""
        thread = await self.threads.find(request)
        body = await read_json(request, self.settings) if request.method == "POST" else None
        asked = checked(HistorySearch, body or dict(request.query_params))
        wanted, found = asked.metadata or {}, list[Any]()
        states = self.app.aget_state_history(
            _config(thread, CheckpointAt()),
            before=_before(asked.before),
            limit=None if wanted else asked.limit,
        )
        try:
            async for state in states:
                if contains(state.metadata, wanted):  # SQLite's own filter fails at odd keys
                    found.append(state_of(state))
                if len(found) == asked.limit:
                    break
        except Exception as error:  # noqa: BLE001  whatever its bytes or its reducers raise
            raise Refusal(409, unreadable(error)) from None
        return JSON(found)

    async def _state(self, thread: Thread, place: CheckpointAt) -> StateSnapshot:
        return await read_state(self.app, _config(thread, place))


def _config(thread: Thread, place: CheckpointAt) -> RunnableConfig:
    named = {k: v for k, v in place.model_dump().items() if v is not None}
    return {"configurable": {**named, "thread_id": thread["thread_id"]}}


def _before(given: Any) -> RunnableConfig | None:
    if not given:
        return None
    if isinstance(given, str):
        return {"configurable": {"checkpoint_id": given}}
    place = given.get("configurable", given)
    if not isinstance(place, dict) or not isinstance(place.get("checkpoint_id"), str):
        raise Refusal(422, "before is a checkpoint, or the id of one")
    return {"configurable": {"checkpoint_id": place["checkpoint_id"]}}
