"""What is printed: the result with progress, JSON, events, or the answer alone."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from .console import console_for
from .screen.run_view import View
from .screen.watchers import EventLines, LiveScreen, Nobody, ProgressLines, Watcher


@dataclass(frozen=True)
class OutputMode:
    """What `--json`, `--quiet` and `--events` ask for."""

    json: bool = False
    quiet: bool = False
    events: bool = False

    @property
    def talks(self) -> bool:
        """Whether anything besides the result is wanted."""
        return not self.quiet

    @property
    def asks(self) -> bool:
        """Whether a person is there to be asked: in a terminal, with nothing else printed."""
        plain = not (self.json or self.quiet or self.events)
        return plain and sys.stdin.isatty() and sys.stdout.isatty()

    def watcher(self, view: View) -> Watcher:
        """Return who watches the run."""
        if self.events:
            return EventLines(sys.stdout)
        if self.quiet:
            return Nobody()
        console = console_for()
        if console.is_terminal and not self.json:
            return LiveScreen(console, view)
        return ProgressLines(sys.stderr, view)
