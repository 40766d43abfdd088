"""Who watches a run: a live screen, lines on stderr, lines of JSON, or nobody."""

from __future__ import annotations

import json
import time
from typing import IO, Protocol, Self

from rich.console import Console
from rich.live import Live

from ...core.events import AnyEvent
from ...core.number_format import seconds
from .apply_event import apply
from .live_lines import LiveView
from .progress_line import progress_line
from .run_view import View


class Watcher(Protocol):
    """Is called with every event. `wants_text` asks for text as it is written."""

    wants_text: bool

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(self, *raised: object) -> None:
        """End, however the run ended."""
        ...

    def __call__(self, event: AnyEvent) -> None:
        """Take in an event."""
        ...


class Nobody:
    """Shows nothing."""

    wants_text = False

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *raised: object) -> None:
        """End."""

    def __call__(self, event: AnyEvent) -> None:
        """Take in an event."""


class EventLines(Nobody):
    """Writes each event as one line of JSON."""

    wants_text = True

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def __call__(self, event: AnyEvent) -> None:
        """Write the event at once, so that a reader at the other end sees it."""
        print(json.dumps(event, ensure_ascii=False), file=self._stream, flush=True)


class ProgressLines(Nobody):
    """Writes a line for each step, for logs and pipes."""

    def __init__(self, stream: IO[str], view: View) -> None:
        self._stream = stream
        self._view = view

    def __enter__(self) -> Self:
        """Write the notices, which must not be missed."""
        for notice in self._view.notices:
            self._write(f"Note: {notice}")
        return self

    def __call__(self, event: AnyEvent) -> None:
        """Write a line, if the event is worth one."""
        before, self._view = self._view, apply(self._view, event)
        for notice in self._view.notices[len(before.notices) :]:
            self._write(f"Note: {notice}")
        line = progress_line(event, before)
        if line:
            clock = seconds(event["elapsed"])
            self._write(f"{clock:>8}  {line}")

    def _write(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


class LiveScreen:
    """Redraws the terminal while the run works, and leaves nothing behind."""

    wants_text = True

    def __init__(self, console: Console, view: View) -> None:
        self._view, self._at = view, time.monotonic()
        self._live = Live(
            console=console,
            get_renderable=lambda: LiveView(
                self._view, self._view.elapsed + time.monotonic() - self._at
            ),
            refresh_per_second=8,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        """Take over the lower part of the terminal."""
        self._at = time.monotonic()
        self._live.start()
        return self

    def __exit__(self, *raised: object) -> None:
        """Give the terminal back."""
        self._live.stop()

    def __call__(self, event: AnyEvent) -> None:
        """Take in an event; the next redraw shows it."""
        self._view, self._at = apply(self._view, event), time.monotonic()
