"""A cluster in this process: parts are run one after the other in a thread, without Ray.

A part may be killed as a node would be: its passage ends in the middle, and it is run again.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tpo.datasets.cluster import on_cluster, opened
from tpo.datasets.cluster.ledger import Ledger, Line
from tpo.datasets.cluster.part_run import run_part
from tpo.datasets.cluster.parts import part_folder
from tpo.graphs.background import result_of


class Handle:
    """Answers `handle.method.remote(...)` at once."""

    def __init__(self, actor: Any) -> None:
        self.actor = actor

    def __getattr__(self, name: str) -> Any:
        return SimpleNamespace(remote=getattr(self.actor, name))


class Killed(BaseException):
    """A node has died."""


@dataclass
class Answered:
    said: str

    def ready(self) -> bool:
        return True

    def value(self) -> str:
        return self.said


@dataclass
class InProcess:
    """What the cluster has done.

    Attributes:
        nodes: How many it has.
        kills: The numbers of the looks at the ledger at which a node dies.
        passages: The parts that were begun, in order; one that was killed is there again.
    """

    nodes: int = 2
    kills: list[int] = field(default_factory=list)
    passages: list[int] = field(default_factory=list)
    looks: int = 0

    def check_nodes(self, folder: Path, ledger: Handle) -> None:
        result_of(ledger.recipe.remote().check_here())

    def run_parts(
        self,
        numbers: Iterable[int],
        folder: Path,
        ledger: Handle,
        actors: int,
        ended: Callable[[int], None],
    ) -> None:
        for number in numbers:
            while not self.lives_through(number, folder, ledger.actor):
                pass
            ended(number)

    def lives_through(self, number: int, folder: Path, ledger: Ledger) -> bool:
        self.passages.append(number)
        name = uuid.uuid4().hex
        line = Line(lambda report: Answered(ledger.report(number, name, report)))
        dead = False

        def asks() -> str:
            nonlocal dead
            if not dead:  # else it is a row that is being ended: a dead node would not look again
                self.looks += 1
                dead = self.looks in self.kills
            if dead:
                raise Killed
            return line.asks()

        try:
            run = run_part(part_folder(folder, number), ledger.recipe(), asks, line.begins)
            asyncio.run(run)
        except Killed:
            return False
        line.ends()
        return True


def in_process(monkeypatch: pytest.MonkeyPatch) -> InProcess:
    """Have clusters be in this process."""
    made = InProcess()
    exceptions = SimpleNamespace(RayError=KeyError)
    fake_ray = SimpleNamespace(get=lambda answer: answer, exceptions=exceptions)
    for module in (on_cluster, opened):
        monkeypatch.setattr(module, "ray_module", lambda: fake_ray)
    monkeypatch.setattr(on_cluster, "run_parts", made.run_parts)
    monkeypatch.setattr(on_cluster, "EVERY", 0.01)
    monkeypatch.setattr(opened, "connected", lambda address: nullcontext())
    monkeypatch.setattr(opened, "live_nodes", lambda: [{}] * made.nodes)
    monkeypatch.setattr(opened, "start_ledger", lambda: Handle(Ledger()))
    monkeypatch.setattr(opened, "check_nodes", made.check_nodes)
    return made
