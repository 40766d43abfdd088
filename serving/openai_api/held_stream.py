"""A stream whose first text decides the status: what fails before it is no 200."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from ..cancel_on_disconnect import cancel_task

DECIDED = b""  # a piece that says: the run has come to a text of a model


class HeldStream:
    """Holds the pieces of a stream until the first text of a model is there.

    Args:
        pieces: The stream; `DECIDED` among them is not sent.
        failed: Makes the last piece of a stream that fails once its status is sent.
    """

    def __init__(self, pieces: AsyncGenerator[bytes], failed: Callable[[Exception], bytes]) -> None:
        self._pieces, self._failed = pieces, failed
        self._held: list[bytes] = []
        self._next = asyncio.ensure_future(anext(pieces, None))

    async def decide(self, seconds: float) -> None:
        """Return when the first text is there, or after so many seconds of silence.

        Raises:
            Exception: whatever the stream raises before that.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while True:
            done, _ = await asyncio.wait({self._next}, timeout=max(0, end - loop.time()))
            piece = self._next.result() if done else None
            if not piece:
                return
            self._held.append(piece)
            self._next = asyncio.ensure_future(anext(self._pieces, None))

    async def pieces(self) -> AsyncGenerator[bytes]:
        """Yield what was held, then the rest."""
        try:
            for held in self._held:
                yield held
            while (piece := await self._next) is not None:
                self._next = asyncio.ensure_future(anext(self._pieces, None))
                if piece:
                    yield piece
        except Exception as error:  # noqa: BLE001  the status is sent, so the stream has to say it
            yield self._failed(error)
        finally:
            await self.close()

    async def close(self) -> None:
        """End the stream, and the run behind it."""
        await cancel_task(self._next)
        await self._pieces.aclose()
