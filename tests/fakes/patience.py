"""Waiting for what is bound to happen: as long as a busy machine needs, but not for ever.

A test waits to the end of its patience only when it fails, so there is one, and it is long.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

PATIENCE = 60.0  # seconds; less than any request may take


async def until(condition: Callable[[], object]) -> None:
    """Wait for something while this event loop, or another thread, goes on."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.001)


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for something that happens elsewhere."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"not within {PATIENCE:g} s"
        time.sleep(0.005)
