"""A saver whose threads begin alike, so that several batches may share a database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
)


class Prefixed(BaseCheckpointSaver[Any]):
    """Puts a prefix before the name of each thread; to be named before a saver in a class.

    Attributes:
        prefix: What the threads begin with. What is read has it already, and gets no second one.
    """

    prefix = ""

    def thread_of(self, name: str) -> str:
        """Return the name of a thread in the database."""
        return name if name.startswith(self.prefix) else self.prefix + name

    def placed(self, config: RunnableConfig) -> RunnableConfig:
        """Return a config whose thread has the prefix."""
        place = config["configurable"]
        name = self.thread_of(str(place["thread_id"]))
        return {**config, "configurable": {**place, "thread_id": name}}

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Read a checkpoint."""
        return await super().aget_tuple(self.placed(config))

    async def alist(
        self, config: RunnableConfig | None, **more: Any
    ) -> AsyncIterator[CheckpointTuple]:
        """Read checkpoints."""
        async for one in super().alist(self.placed(config) if config else None, **more):
            yield one

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Save a checkpoint."""
        return await super().aput(self.placed(config), checkpoint, metadata, new_versions)

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Save what a task did."""
        await super().aput_writes(self.placed(config), writes, task_id, task_path)

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete a thread."""
        await super().adelete_thread(self.thread_of(thread_id))

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """Read what was written to channels that are kept as changes."""
        return await super().aget_delta_channel_history(
            config=self.placed(config), channels=channels
        )
