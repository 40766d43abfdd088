"""Cancelled or left, a call stops paying at once, whichever way it was made."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from loopback_server import LoopbackServer
from patience import until, wait_until
from pydantic import Field
from scripted_model import ScriptedModel
from steps import prefer_later, says

import tpo


class Hanging(ScriptedModel):
    """A policy whose requests hang until they are cancelled, from a step on."""

    step: str
    count: Counter[str] = Field(default_factory=Counter)

    async def _agenerate(self, messages: Any, *args: Any, **kwargs: Any) -> Any:
        result = self._result(messages)
        if self.asked[-1].step == self.step:
            self.count["hanging"] += 1
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.count["cancelled"] += 1
                raise
        return result

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind()

    @property
    def hanging(self) -> int:
        return self.count["hanging"]

    @property
    def cancelled(self) -> int:
        return self.count["cancelled"]


def hanging(step: str) -> tuple[Hanging, tpo.ChatTPO]:
    held = Hanging(script=says().script, step=step)
    knobs: Any = {"depth": 1, "width": 3, "sampling": "parallel", "live": False}
    return held, tpo.ChatTPO(policy=held, reward=prefer_later, **knobs)


def now() -> str:
    """Tell the time."""
    raise AssertionError("nobody asks")


STEPS = [("sample", 3), ("loss", 1), ("update", 3)]


@pytest.mark.parametrize(("step", "open"), STEPS)
@pytest.mark.parametrize("tools", [False, True])
async def test_a_cancelled_ainvoke_stops_every_request(step, open, tools):
    held, chat = hanging(step)
    model: Any = chat.bind_tools([now]) if tools else chat
    if tools and step == "sample":
        open = 1  # the first reply
    running = asyncio.create_task(model.ainvoke("Why?"))
    await until(lambda: held.hanging == open)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await _nothing_left(held, open)


@pytest.mark.parametrize("how", ["aclose", "forget", "cancel"])
async def test_a_stream_that_is_left_stops_every_request(how):
    held, chat = hanging("update")
    stream: Any = chat.astream("Why?")

    if how == "cancel":
        running = asyncio.create_task(_read(stream))
        await until(lambda: held.hanging == 3)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    else:
        for _ in range(3):
            await anext(stream)
        await until(lambda: held.hanging == 3)
        if how == "aclose":
            await stream.aclose()
    del stream
    await _nothing_left(held, 3)


async def _read(stream: Any) -> None:
    async for _ in stream:
        pass


async def _nothing_left(held: Hanging, open: int) -> None:
    await until(lambda: held.cancelled == open)
    asked = len(held.asked)
    await until(lambda: not _at_work())
    await asyncio.sleep(0.02)
    assert len(held.asked) == asked
    assert not _at_work()


def _at_work() -> list[str]:
    """Return the tasks that run a graph or ask for candidates."""
    # A generator that is still being closed has no name.
    names = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    return [name for name in names if name == "_run" or "request_candidates" in name]


def test_a_sync_stream_that_is_left_stops_every_request():
    held, chat = hanging("update")
    stream: Any = chat.stream("Why?")
    for _ in range(3):
        next(stream)
    wait_until(lambda: held.hanging == 3)
    stream.close()
    wait_until(lambda: held.cancelled == 3)


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to threads")
def test_an_interrupted_invoke_stops_every_request():
    """Ctrl-C while the call waits."""
    held, chat = hanging("loss")

    def press() -> None:
        wait_until(lambda: held.hanging == 1)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=press).start()
    with pytest.raises(KeyboardInterrupt):
        chat.invoke("Why?")
    wait_until(lambda: held.cancelled == 1)


@pytest.mark.loopback
async def test_the_servers_connections_are_closed():
    """What counts: the provider sees the client leave, and stops generating."""
    with LoopbackServer(delay=30) as server:
        chat = tpo.ChatTPO(policy=f"openai:x@{server.base_url}", width=4, sampling="parallel")
        running = asyncio.create_task(chat.ainvoke([HumanMessage("Why?")]))
        await until(lambda: len(server.asked) == 4)
        assert len(server._http.connections) == 4
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await until(lambda: not server._http.connections)
        assert not any(asked.finished for asked in server.asked)
