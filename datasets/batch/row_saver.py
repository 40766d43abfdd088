"""Where the rows under way are kept: their checkpoints, and what their requests have cost."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver

from ..records import PaidRequest


def nobody_waits(task: str) -> None:
    """Tell nobody."""


class RowSaver(BaseCheckpointSaver[Any]):
    """What a batch wants of a saver, beside what a graph wants; to be named before one in a class.

    Attributes:
        saved: Called with the id of a task once what it did is saved.
    """

    saved: Callable[[str], None] = staticmethod(nobody_waits)

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Save what a task did, and say so."""
        try:
            await super().aput_writes(config, writes, task_id, task_path)
        finally:
            self.saved(task_id)

    @abstractmethod
    async def rows(self) -> list[str]:
        """Return the ids of the rows that have checkpoints."""

    @abstractmethod
    async def paid(self, row: str) -> dict[str, PaidRequest]:
        """Return the requests of a row that have come back, in their order."""

    @abstractmethod
    async def add_paid(self, row: str, request: str, paid: PaidRequest) -> None:
        """Keep what a request of a row has cost."""

    @abstractmethod
    async def forget_paid(self, row: str) -> None:
        """Forget what the requests of a row have cost."""
