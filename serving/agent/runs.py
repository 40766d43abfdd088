"""Runs: begun, streamed, joined, cancelled."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any
from uuid import uuid4

from langchain_core.runnables import RunnableConfig
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import ConfigError
from ..guard.body import read_json
from ..refusal import Refusal
from ..settings import Settings
from ..sse import EventStream, event, to_json
from .assistants import Assistants, assistant_id
from .ledger import Event, Ledger
from .live import LiveRun
from .payload import RunCreate, as_uuid, checked
from .records import OPEN, Run, now, shown
from .threads import JSON, Threads, new_thread
from .wire import result_of
from .worker import Worker

MOST_DIGITS = 15  # of a number that a client writes


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
        self.settings, self.ledger, self.worker = settings, ledger, worker
        self.threads, self.assistants = threads, assistants

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
        live, _ = await self._begin(request)
        return JSON(shown(live.run), headers=_places(live.run))

    async def stream(self, request: Request) -> Response:
        """Begin a run and send its events."""
        live, asked = await self._begin(request)
        return self._sent(live, None, cancel=asked.on_disconnect == "cancel")

    async def wait(self, request: Request) -> Response:
        """Begin a run and return its result."""
        live, asked = await self._begin(request)
        return self._result(live, cancel=asked.on_disconnect == "cancel")

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
        wait = request.query_params.get("wait", "0").lower() in {"1", "true"}
        self.worker.stop(run["run_id"])
        if wait or action == "rollback":
            await self.worker.cancel(run["run_id"])
        if action == "rollback":
            await self.ledger.delete_run(run["run_id"])
        return Response(status_code=204 if wait else 202)

    async def join(self, request: Request) -> Response:
        """Return the result of a run, once there is one."""
        run = await self._find(request)
        if live := self.worker.live.get(run["run_id"]):
            return self._result(live, cancel=_is_true(request, "cancel_on_disconnect"))
        thread = await self.threads.find(request)
        if run["status"] in {"error", "timeout"} and thread["error"]:
            return JSON({"__error__": thread["error"]}, headers=_places(run))
        here: RunnableConfig = {"configurable": {"thread_id": run["thread_id"]}}
        return JSON(result_of(await self.threads.app.aget_state(here)), headers=_places(run))

    async def join_stream(self, request: Request) -> Response:
        """Send the events of a run: from the one after Last-Event-ID, or from now on."""
        run = await self._find(request)
        last = request.headers.get("last-event-id")
        modes = [m for m in request.query_params.get("stream_mode", "").split(",") if m]
        if live := self.worker.live.get(run["run_id"]):
            after = None if last is None else _place(last)
            cancel = _is_true(request, "cancel_on_disconnect")
            start = (run["life"], len(live.events)) if after is None else after
            return self._sent(live, start, cancel=cancel, modes=modes)
        events = await self.ledger.events(run["run_id"], _place(last)) if last else []

        async def pieces() -> AsyncGenerator[bytes]:
            for one in events:
                if _wanted(one, modes):
                    yield event(one.name, one.data, one.id)

        return self._stream_of(pieces(), run)

    async def _begin(self, request: Request) -> tuple[LiveRun, RunCreate]:
        """Check what is asked, then begin it; nothing is paid for a wrong request."""
        asked = checked(RunCreate, await read_json(request, self.settings))
        served = self.assistants.find(asked.assistant_id)
        context = self._context(asked, served.schema.model_fields)
        try:
            served.context(**context)
        except ConfigError as error:
            raise Refusal(422, f"context: {error}") from None
        self._check_size(asked.input)
        thread_id, temporary = await self._thread(request, asked, served.name)
        if asked.multitask_strategy == "reject" and self.worker.busy(thread_id):
            raise Refusal(409, "a run of this thread is under way; cancel it, or enqueue this one")
        run = _run(asked, served.name, thread_id, context, temporary=temporary)
        return await self.worker.begin(run), asked

    async def _thread(self, request: Request, asked: RunCreate, name: str) -> tuple[str, bool]:
        """Return the thread of a new run, and whether it is there for that run only."""
        about = {"graph_id": name, "assistant_id": assistant_id(name)}
        given = request.path_params.get("thread_id")
        if given is None:
            made = new_thread(None, about)
            await self.ledger.add_thread(made)
            return made["thread_id"], True
        thread_id = as_uuid(given, "thread")
        known = await self.ledger.thread(thread_id)
        if known is None:
            if asked.if_not_exists == "reject":
                raise Refusal(404, f"there is no thread {thread_id}")
            await self.ledger.add_thread(new_thread(thread_id, about))
        elif not about.items() <= known["metadata"].items():
            metadata = {**known["metadata"], **about}
            await self.ledger.change_thread(thread_id, metadata=metadata)
        return thread_id, False

    def _context(self, asked: RunCreate, known: Any) -> dict[str, Any]:
        """Return the settings given, also those that older clients put into `configurable`."""
        configurable = asked.config.get("configurable")
        older = configurable if isinstance(configurable, dict) else {}
        return {**{k: v for k, v in older.items() if k in known}, **(asked.context or {})}

    def _check_size(self, given: Any) -> None:
        size = len(to_json(given)) if given else 0
        if size > 2 * self.settings.max_prompt_chars:
            raise Refusal(413, f"the input holds {size} bytes, more than this server takes")

    async def _find(self, request: Request) -> Run:
        run_id = as_uuid(request.path_params["run_id"], "run")
        thread_id = as_uuid(request.path_params["thread_id"], "thread")
        run = await self.ledger.run(run_id)
        if run is None or run["thread_id"] != thread_id:
            raise Refusal(404, f"there is no run {run_id} on this thread")
        return run

    def _sent(
        self,
        live: LiveRun,
        after: tuple[int, int] | None,
        *,
        cancel: bool,
        modes: Sequence[str] = (),
    ) -> Response:
        """Return the stream of a run under way; `after` names the last event known."""
        run = live.run

        async def pieces() -> AsyncGenerator[bytes]:
            life, number = after or (run["life"], 0)
            if life < run["life"]:  # begun before the server was started anew
                for one in await self.ledger.events(run["run_id"], (life, number)):
                    if one.life < run["life"] and _wanted(one, modes):
                        yield event(one.name, one.data, one.id)
                number = 0
            async with aclosing(live.read(number)) as events:
                async for one in events:
                    if _wanted(one, modes):
                        yield event(one.name, one.data, one.id)

        return self._stream_of(pieces(), run, live if cancel else None)

    def _stream_of(
        self, pieces: AsyncGenerator[bytes], run: Run, watched: LiveRun | None = None
    ) -> Response:
        return EventStream(
            pieces,
            heartbeat=self.settings.heartbeat_seconds,
            patience=self.settings.patience_seconds,
            afterwards=lambda: self._left(watched),
            headers=_places(run, "stream"),
        )

    def _result(self, live: LiveRun, *, cancel: bool) -> Response:
        """Return the result of a run under way; blanks keep the connection open."""

        async def pieces() -> AsyncGenerator[bytes]:
            await live.wait()
            yield to_json(live.result)

        return EventStream(
            pieces(),
            heartbeat=self.settings.heartbeat_seconds,
            patience=self.settings.patience_seconds,
            afterwards=lambda: self._left(live if cancel else None),
            headers=_places(live.run, "join"),
            media_type="application/json",
            beat=b"\n",
        )

    def _left(self, live: LiveRun | None) -> None:
        """Stop a run whose only reader left, where it was begun so."""
        if live and not live.over:
            self.worker.stop(live.run["run_id"])


def _run(
    asked: RunCreate, graph_id: str, thread_id: str, context: dict[str, Any], *, temporary: bool
) -> Run:
    made, run_id = now(), str(uuid4())
    place = asked.checkpoint.checkpoint_id if asked.checkpoint else None
    kwargs = {
        "graph_id": graph_id,
        "input": asked.input,
        "command": asked.command.model_dump() if asked.command else None,
        "context": context,
        "config": {k: v for k, v in asked.config.items() if k in {"tags", "recursion_limit"}},
        "checkpoint_id": place or asked.checkpoint_id,
        "stream_mode": asked.modes,
        "stream_subgraphs": asked.stream_subgraphs,
        "stream_resumable": asked.stream_resumable,
        "interrupt_before": asked.interrupt_before,
        "interrupt_after": asked.interrupt_after,
        "durability": asked.durability,
        "temporary": temporary,
    }
    return Run(
        run_id=run_id,
        thread_id=thread_id,
        assistant_id=assistant_id(graph_id),
        created_at=made,
        updated_at=made,
        status="pending",
        metadata={**asked.metadata, "graph_id": graph_id, "assistant_id": assistant_id(graph_id)},
        kwargs=kwargs,
        multitask_strategy=asked.multitask_strategy,
        life=1,
    )


def _places(run: Run, what: str = "") -> dict[str, str]:
    there = f"/threads/{run['thread_id']}/runs/{run['run_id']}"
    where = {"content-location": there}
    return {**where, "location": f"{there}/{what}"} if what else where


def _place(last: str | None) -> tuple[int, int]:
    """Read Last-Event-ID; what is none of ours, as -1, means the start."""
    life, _, number = (last or "").partition("-")
    if life.isdecimal() and number.isdecimal() and len(life) + len(number) < MOST_DIGITS:
        return int(life), int(number)
    return 0, 0


def _wanted(one: Event, modes: Sequence[str]) -> bool:
    plain = {"messages-tuple": "messages"}
    names = {plain.get(mode, mode) for mode in modes}
    kind = one.name.partition("|")[0].partition("/")[0]
    return not modes or kind in {*names, "metadata", "error"}


def _is_true(request: Request, name: str) -> bool:
    return request.query_params.get(name, "").lower() in {"1", "true"}


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < MOST_DIGITS else default
