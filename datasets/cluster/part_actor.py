"""The actor that runs parts inside Ray, and the ledger's place."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...graphs.background import result_of
from .actor_errors import told
from .ledger import Ledger, Line, PartReport, Pending
from .part_run import run_part
from .parts import part_folder
from .ray_there import Ray, on_node, ray_module

PART, PROBLEM = "part", "problem"  # columns
Numbers = Mapping[str, Sequence[int]]


@dataclass
class RemoteAnswer:
    """An answer of the ledger, on its way."""

    answer: Ray

    def ready(self) -> bool:
        """Return whether it is there."""
        return bool(ray_module().wait([self.answer], timeout=0)[0])

    def value(self) -> str:
        """Wait for it."""
        return str(ray_module().get(self.answer))


class PartActor:
    """Runs parts, one after the other; Ray Data makes some of these, and again when one dies.

    Args:
        folder: The folder of the batch, which all nodes share.
        ledger: The handle of the ledger.
    """

    def __init__(self, folder: str, ledger: Ray) -> None:
        self.folder, self.ledger = Path(folder), ledger
        self.recipe = ray_module().get(ledger.recipe.remote())

    def __call__(self, batch: Numbers) -> dict[str, Sequence[object]]:
        """Run the parts of a batch; return their numbers, and why one could not be run.

        That is returned and not raised: Ray would hand on its own traceback in its place.
        """
        found = [self.problem_of(int(number)) for number in batch[PART]]
        return {PART: batch[PART], PROBLEM: found}

    def problem_of(self, number: int) -> str:
        """Run a part, and return why it could not be run, or ""."""
        try:
            result_of(self.run(number))
        except Exception as error:  # noqa: BLE001  what was not foreseen too
            return told(error)
        return ""

    async def run(self, number: int) -> None:
        """Run a part, unless nothing more is to be sent."""
        if await asyncio.to_thread(ray_module().get, self.ledger.stopped.remote()):
            return
        name = uuid.uuid4().hex

        def send(report: PartReport) -> Pending:
            return RemoteAnswer(self.ledger.report.remote(number, name, report))

        line = Line(send)
        await run_part(part_folder(self.folder, number), self.recipe, line.asks, line.begins)
        line.ends()


def start_ledger() -> Ray:
    """Start the ledger on this node, which the batch cannot outlive anyway."""
    here = ray_module().get_runtime_context().get_node_id()
    return on_node(here, Ledger).remote()
