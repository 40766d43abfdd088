"""Those who read a run's events or wait for its result, from its begin or later."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from starlette.responses import Response

from ..as_json import to_json
from ..settings import Settings
from ..sse import EventStream, event
from .event_log import Event, EventLog
from .live import LiveRun
from .records import Run
from .worker import Worker

MOST_DIGITS = 15  # of a number that a client writes


class Readers:
    """Makes the responses that follow a run.

    Args:
        settings: Limits.
        log: The events from before a restart of the server.
        worker: Stops a run that was to end with its reader.
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
        """Return the stream of a run under way; `after` names the last event known."""
        run = live.run

        async def pieces() -> AsyncGenerator[bytes]:
            life, number = after or (run["life"], 0)
            if life < run["life"]:  # started before the server was restarted
                for one in await self.log.after(run["run_id"], (life, number)):
                    if one.life < run["life"] and wanted(one, modes):
                        yield event(one.name, one.data, one.id)
                number = 0
            async with aclosing(live.read(number)) as events:
                async for one in events:
                    if wanted(one, modes):
                        yield event(one.name, one.data, one.id)

        return self.respond(pieces(), run, live if cancel else None)

    def respond(
        self, pieces: AsyncGenerator[bytes], run: Run, watched: LiveRun | None = None
    ) -> Response:
        """Return a stream of pieces; a `watched` run ends when this reader leaves."""
        return EventStream(
            pieces,
            heartbeat=self.settings.heartbeat_seconds,
            patience=self.settings.patience_seconds,
            afterwards=lambda: self._left(watched),
            headers=places(run, "stream"),
        )

    def result(self, live: LiveRun, *, cancel: bool) -> Response:
        """Return the result of a run under way; blanks keep the connection open."""

        async def pieces() -> AsyncGenerator[bytes]:
            await live.wait()
            yield to_json(live.result)

        return EventStream(
            pieces(),
            heartbeat=self.settings.heartbeat_seconds,
            patience=self.settings.patience_seconds,
            afterwards=lambda: self._left(live if cancel else None),
            headers=places(live.run, "join"),
            media_type="application/json",
            beat=b"\n",
        )

    def _left(self, live: LiveRun | None) -> None:
        """Stop a run whose only reader left, where it was begun so."""
        if live and not live.over:
            self.worker.stop(live.run["run_id"])


def places(run: Run, what: str = "") -> dict[str, str]:
    """Return the headers that say where a run is, and where to join it."""
    there = f"/threads/{run['thread_id']}/runs/{run['run_id']}"
    where = {"content-location": there}
    return {**where, "location": f"{there}/{what}"} if what else where


def place_after(last: str | None) -> tuple[int, int]:
    """Read Last-Event-ID; any other value, such as -1, means the start."""
    life, _, number = (last or "").partition("-")
    if life.isdecimal() and number.isdecimal() and len(life) + len(number) < MOST_DIGITS:
        return int(life), int(number)
    return 0, 0


def wanted(one: Event, modes: Sequence[str]) -> bool:
    """Tell whether an event belongs to the modes asked for; none asked for means all."""
    plain = {"messages-tuple": "messages"}
    names = {plain.get(mode, mode) for mode in modes}
    kind = one.name.partition("|")[0].partition("/")[0]
    return not modes or kind in {*names, "metadata", "error"}
