"""In a terminal: a live screen, the answer in a frame, a person's choice."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from typing import Self

import pytest
from patience import PATIENCE

pty = pytest.importorskip("pty")
pytestmark = pytest.mark.loopback
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A command with a pseudo-terminal of 24 x 90 as its streams."""

    def __init__(self, *args: str) -> None:
        self._own, other = pty.openpty()
        environment = {"COLUMNS": "90", "LINES": "24", "TERM": "xterm-256color"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tpo.cli.app", *args],
            stdin=other,
            stdout=other,
            stderr=other,
            env={**os.environ, **environment},
        )
        os.close(other)
        self.raw = ""

    def read_until(self, words: str) -> None:
        end = time.monotonic() + PATIENCE
        while words not in self.text:
            assert time.monotonic() < end, self.text
            if select.select([self._own], [], [], 0.1)[0]:
                try:
                    self.raw += os.read(self._own, 65536).decode(errors="replace")
                except OSError:  # the other end is closed
                    assert words in self.text, self.text
                    return

    def type(self, text: str) -> None:
        os.write(self._own, text.encode())

    @property
    def text(self) -> str:
        return ESCAPES.sub("", self.raw).replace("\r", "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._own)


def test_live_screen_then_the_answer(policy, server, database):
    server.delay = 0.3
    with Terminal("run", "Name a river", "-p", policy, "-d", "1", "-w", "3") as terminal:
        terminal.read_until("tpo show ")
        assert terminal.process.wait(PATIENCE) == 0
    assert "\x1b[?25l" in terminal.raw  # the cursor is hidden while the screen is live,
    assert terminal.raw.rindex("\x1b[?25h") > terminal.raw.rindex("\x1b[?25l")  # then shown
    assert "round 0 of 1" in terminal.text
    assert "update" in terminal.text
    end = terminal.text[terminal.text.index("╭") :]
    assert "The Rhine, word0" in end
    assert "round  best so far  best  mean   std" in end
    assert "Finished: the only round was run." in end
    assert "Note: the heuristic reward is a demonstration" in terminal.text


PAUSING = ("run", "Name a river", "-d", "1", "-w", "2", "--human-pick", "-p")


def test_a_person_picks(policy, database):
    with Terminal(*PAUSING, policy) as terminal:
        terminal.read_until("show ID, stop.")
        terminal.type("r0c9\n")
        terminal.read_until("there is no scored answer 'r0c9'")
        terminal.type("show r0c0\n")
        terminal.read_until("The Rhine, word0 word1")
        terminal.type("r0c0 r0c1\n")
        terminal.read_until("Round 1: which answer should be improved?")
        terminal.type("stop\n")
        terminal.read_until("a person stopped the run")
        assert terminal.process.wait(PATIENCE) == 0


def test_leaving_the_question_leaves_the_run_waiting(policy, database):
    with Terminal(*PAUSING, policy) as terminal:
        terminal.read_until("show ID, stop.")
        terminal.type("\x04")
        terminal.read_until("[--stop]")
        assert "waiting for a person to choose" in terminal.text
        assert terminal.process.wait(PATIENCE) == 3
