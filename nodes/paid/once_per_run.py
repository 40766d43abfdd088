"""What a run needs and every step asks for: made by the first step that asks, kept for the rest."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from langgraph.runtime import Runtime

from ...core.context import Context

T = TypeVar("T")
RunKey = tuple[asyncio.AbstractEventLoop, object, str | None, str, Context]
"""A run: its loop, the control of its call, its thread, its namespace, its settings."""
MAX_RUNS = 256  # a run pushed out by newer ones makes its thing again


class OncePerRun(Generic[T]):
    """Makes one thing per run and settings.

    A run is one call of the graph, so a resumed run or a fork makes its own: LangGraph makes a
    control for each call, which graphs inside it share; these differ in the namespace. Two
    steps that ask at the same time share one making; one that fails keeps nothing, and the
    next step tries again. Each event loop has its own things: they may hold connections,
    which die with their loop.

    Example:
        >>> once: OncePerRun[str] = OncePerRun()
        >>> await once.get(runtime, Context(), make)  # doctest: +SKIP
    """

    def __init__(self) -> None:
        self._slots: OrderedDict[RunKey, _Slot[T]] = OrderedDict()
        self._lock = threading.Lock()  # the loops of one graph may run in several threads

    def __reduce__(self) -> tuple[type[OncePerRun[T]], tuple[()]]:
        """Have a copy begin with nothing."""
        return OncePerRun, ()

    async def get(
        self, runtime: Runtime[Context], settings: Context, make: Callable[[], Awaitable[T]]
    ) -> T:
        """Return the thing of this run and these settings.

        Args:
            runtime: The step's.
            settings: What it is made from, beside what never changes.
            make: Makes it; called at most once at a time.
        """
        slot: _Slot[T] = _Slot()
        control, info = runtime.control, runtime.execution_info
        if control and info:  # in a run; outside one nothing says when it is over
            graph = info.checkpoint_ns.rpartition("|")[0]  # the rest names the step
            key = (asyncio.get_running_loop(), control, info.thread_id, graph, settings)
            with self._lock:
                for old in [old for old in self._slots if old[0].is_closed()]:
                    del self._slots[old]
                slot = self._slots.setdefault(key, slot)
                self._slots.move_to_end(key)
                if len(self._slots) > MAX_RUNS:
                    self._slots.popitem(last=False)
        async with slot.making:
            if slot.made is None:
                slot.made = await make()
            return slot.made


class _Slot(Generic[T]):
    """One run's thing, once it is made."""

    def __init__(self) -> None:
        self.making = asyncio.Lock()
        self.made: T | None = None
