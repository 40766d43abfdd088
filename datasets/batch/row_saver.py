"""Where the rows under way are kept: checkpoints, costs of requests, replies not yet saved."""

from __future__ import annotations

from abc import abstractmethod
from asyncio import AbstractEventLoop
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver

from ...core.errors import StoreError, evidence
from ...models.kept_replies import KeptReply, RunReplies, has_ended
from ...models.wire.wire_file import WireFile, no_place
from ..records import PaidRequest


class RowSaver(BaseCheckpointSaver[Any]):
    """What a batch wants of a saver, beside what a graph wants; named before one in a class.

    Attributes:
        reader: The event loop that reads and keeps what servers reply, or `None`.
        wire: The file that replies are read into, or `None`.
        place: What it keeps the rows in, for a message.
        failures: Why it could not be used; then nothing is a row's fault any more. LangGraph works
            with a copy, which shares them.
    """

    reader: AbstractEventLoop | None = None
    wire: WireFile | None = None
    place: str
    failures: list[StoreError]

    @contextmanager
    def used(self, failure: type[Exception], of_value: type[Exception]) -> Iterator[None]:
        """Use the database, and note that it failed.

        Args:
            failure: What its errors derive from.
            of_value: Those of a value that it does not take: only this row fails.

        Raises:
            StoreError: it failed, on a full disk, say.
        """
        try:
            yield
        except of_value:
            raise
        except failure as error:
            why = f"{self.place} cannot be used: {evidence(error)}"
            self.failures.append(StoreError(f"{why}. The same call goes on from there"))
            raise self.failures[0] from error

    def require_sound(self) -> None:
        """Refuse to go on once it has failed.

        Raises:
            StoreError: it has.
        """
        if self.failures:
            raise self.failures[0]

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Save what a task did; the replies that it came from are not needed any more."""
        await super().aput_writes(config, writes, task_id, task_path)
        if has_ended(writes):
            await self.drop_replies(str(config["configurable"]["thread_id"]), task_id)

    async def replies_of(self, row: str) -> RunReplies:
        """Return the replies of a row that are kept, and what keeps further ones."""
        kept = await self.replies(row)
        place = partial(self.wire.place, row) if self.wire else no_place
        return RunReplies.left(partial(self.keep_reply, row), kept, self.reader, place)

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
        """Forget what the requests of a row have cost, and the replies that are kept of it."""

    @abstractmethod
    async def replies(self, row: str) -> list[KeptReply]:
        """Return the replies of a row that are kept, in the order in which they came."""

    @abstractmethod
    async def keep_reply(self, row: str, kept: KeptReply) -> None:
        """Keep a reply that is not saved in any other way yet; called from whatever loop."""

    @abstractmethod
    async def drop_replies(self, row: str, task: str) -> None:
        """Drop the replies that a task was given."""
