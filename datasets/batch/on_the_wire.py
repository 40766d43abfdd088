"""Replies that a kill met on their way: those that are whole are kept, as if it had come later."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ...models.kept_replies import KeptReply
from ...models.wire.whole_reply import whole_reply
from ...models.wire.wire_file import WireFile
from .row_saver import RowSaver

WIRE = "replies.part"


@asynccontextmanager
async def replies_on_the_wire(path: Path, saver: RowSaver) -> AsyncIterator[None]:
    """Read replies into a file of a folder, having kept those that are in it.

    Args:
        path: The folder.
        saver: Keeps replies; it tells the rows that are under way.
    """
    wire = WireFile(path / WIRE)
    under_way = set(await saver.rows())
    for (row, task, request), raw in wire.left():
        if row in under_way and (reply := whole_reply(raw)):
            kept = await saver.replies(row)
            if request not in {one.request for one in kept}:
                await saver.keep_reply(row, KeptReply(task, request, reply))
    wire.remove()
    saver.wire = wire
    try:
        yield
    finally:
        saver.wire = None
        wire.remove()
