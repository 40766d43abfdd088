"""When the phases of a run begin and end, by its events."""

from __future__ import annotations

from collections.abc import Callable

from ...core.events import AnyEvent

DRAWING = ("sample", "update")  # rank follows as soon as their requests have ended
ENDS = {"tpo.round", "tpo.stop", "tpo.final"}


class PhaseClock:
    """Follows one run.

    `rank` has no first event: it begins when the last request for candidates has ended. A human
    pick is not a phase.

    Args:
        begin: Called with the name of a phase that begins.
        end: Called when it ends.
    """

    def __init__(self, begin: Callable[[str], None], end: Callable[[], None]) -> None:
        self._begin, self._end = begin, end
        self._now, self._open = "", set[str]()

    def take(self, event: AnyEvent) -> None:
        """Follow one event."""
        if event["type"] == "tpo.request_started":
            self._open.add(event["request"])
            self._enter(event["phase"])
        elif event["type"] == "tpo.request_finished" or event["type"] == "tpo.request_failed":
            self._open.discard(event["request"])
            if not self._open and self._now in DRAWING:
                self._enter("rank")
        elif event["type"] in ENDS:
            self._enter("")

    def close(self) -> None:
        """End the phase that is open: the run has ended."""
        self._enter("")

    def _enter(self, phase: str) -> None:
        if phase == self._now:
            return
        if self._now:
            self._end()
        self._now = phase
        if phase:
            self._begin(phase)
