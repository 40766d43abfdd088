"""Responses that follow a run: the stream of its events, or its result at the end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from starlette.responses import Response

from ..json_response import to_json
from ..server_settings import Settings
from ..sse import EventStream, event
from .event_log import EventLog, SentEvent
from .live_run import STOPPED, LiveRun
from .records import Run
from .worker import Worker

MAX_DIGITS = 15  # of a number that a client sends


class RunResponses:
    """Makes the responses that follow a run.

    Args:
        settings: Limits.
        log: The events from before a restart of the server.
        worker: Stops a run that is to end with its reader.
    """

    def __init__(self, settings: Settings, log: EventLog, worker: Worker) -> None:
        self.settings, self.log, self.worker = settings, log, worker

    def stream(
        self,
        live: LiveRun,
        after: tuple[int, int] | None,
        *,
        cancel: bool,
        modes: Sequence[str] = (),
    ) -> Response:
        """Return the stream of a run under way; `after` names the last event the client has."""
        run = live.run

        async def pieces() -> AsyncGenerator[bytes]:
            life, number = after or (run["life"], 0)
            if life < run["life"]:  # the run started before a restart of the server
                for one in await self.log.after(run["run_id"], (life, number)):
                    if one.life < run["life"] and is_wanted(one, modes):
                        yield event(one.name, one.data, one.id)
                number = 0
            async with aclosing(live.read(number)) as events:
                async for one in events:
                    if is_wanted(one, modes):
                        yield event(one.name, one.data, one.id)
            if live.result is STOPPED:  # without an id: who joins later has not missed it
                yield event("error", STOPPED["__error__"])

        return self.respond(pieces(), run, live if cancel else None)

    def respond(
        self, pieces: AsyncGenerator[bytes], run: Run, watched: LiveRun | None = None
    ) -> Response:
        """Return a stream of pieces; a `watched` run is stopped when this reader leaves."""
        return EventStream(
            pieces,
            heartbeat=self.settings.heartbeat_seconds,
            patience=self.settings.patience_seconds,
            afterwards=lambda: self._stop(watched),
            headers=location_headers(run, "stream"),
        )

    def result(self, live: LiveRun, *, cancel: bool) -> Response:
        """Return the result of a run under way; line breaks keep the connection open."""

        async def pieces() -> AsyncGenerator[bytes]:
            await live.wait()
            yield to_json(live.result)

        return EventStream(
            pieces(),
            heartbeat=self.settings.heartbeat_seconds,
            patience=self.settings.patience_seconds,
            afterwards=lambda: self._stop(live if cancel else None),
            headers=location_headers(live.run, "join"),
            media_type="application/json",
            beat=b"\n",
        )

    def _stop(self, live: LiveRun | None) -> None:
        if live and not live.over:
            self.worker.stop(live.run["run_id"])


def location_headers(run: Run, suffix: str = "") -> dict[str, str]:
    """Return the headers that say where a run is, and where to join it."""
    path = f"/threads/{run['thread_id']}/runs/{run['run_id']}"
    headers = {"content-location": path}
    return {**headers, "location": f"{path}/{suffix}"} if suffix else headers


def parse_last_event_id(last: str | None) -> tuple[int, int]:
    """Return the start and the number of an event id; any other text, such as -1, means (0, 0)."""
    life, _, number = (last or "").partition("-")
    if life.isdecimal() and number.isdecimal() and len(life) + len(number) < MAX_DIGITS:
        return int(life), int(number)
    return 0, 0


def is_wanted(one: SentEvent, modes: Sequence[str]) -> bool:
    """Return whether an event belongs to the stream modes asked for; no modes means all."""
    plain = {"messages-tuple": "messages"}
    names = {plain.get(mode, mode) for mode in modes}
    kind = one.name.partition("|")[0].partition("/")[0]
    return not modes or kind in {*names, "metadata", "error"}
