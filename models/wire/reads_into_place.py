"""What a plain connection does with its bytes: the system puts them into a place of a file."""

from __future__ import annotations

import asyncio

from .wire_file import Place

SCRATCH = 65536  # bytes for what belongs to no place


class ReadsIntoPlace(asyncio.BufferedProtocol):
    """Reads into a place, and then tells the protocol that was there before.

    Attributes:
        place: Where to; `None`: into memory of its own.
    """

    def __init__(self, inner: asyncio.Protocol) -> None:
        self.inner = inner
        self.place: Place | None = None
        self.scratch = memoryview(bytearray(SCRATCH))

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where to read the next bytes to."""
        room = self.place.room() if self.place else self.scratch
        if not room and self.place:
            self.place.free()
            self.place, room = None, self.scratch
        self.room = room[:SCRATCH]
        return self.room

    def buffer_updated(self, nbytes: int) -> None:
        """Tell what was read."""
        part = bytes(self.room[:nbytes])
        if self.place:
            self.place.end += nbytes
        del self.room  # else the file could not be closed
        self.inner.data_received(part)

    def eof_received(self) -> bool | None:
        """Tell that the other side has ended."""
        return self.inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that the connection is closed."""
        self.inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """Tell that nothing more can be sent for now."""
        self.inner.pause_writing()

    def resume_writing(self) -> None:
        """Tell that it can be again."""
        self.inner.resume_writing()
