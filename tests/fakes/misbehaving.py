"""User code that misbehaves, each in a run of its own, and a usual run after each.

Run as a program, because any of it could hang the process: prints one line of JSON per run,
`[name, what came of it, what came of the next run]`, and ends by itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from scripted_model import ScriptedModel
from steps import prefer_later, run, says

import tpo
from tpo.graphs import align as align_module
from tpo.graphs import background_loop


class OwnError(BaseException):
    """Nobody catches it."""


KINDS: dict[str, Callable[[], BaseException]] = {
    "SystemExit": lambda: SystemExit(2),
    "KeyboardInterrupt": lambda: KeyboardInterrupt("mine"),
    "StopIteration": lambda: StopIteration("over"),
    "StopAsyncIteration": lambda: StopAsyncIteration("over"),
    "CancelledError": lambda: asyncio.CancelledError("mine"),
    "OwnError": lambda: OwnError("mine"),
}


class Streams(ScriptedModel):
    """Raises in mid-stream."""

    async def _astream(self, *args: Any, **more: Any) -> AsyncIterator[ChatGenerationChunk]:
        yield ChatGenerationChunk(message=AIMessageChunk("half of "))
        raise self.script[0]


class OnlySync(BaseChatModel):
    """A model without async methods."""

    act: Any

    @property
    def _llm_type(self) -> str:
        return "only-sync"

    def _generate(self, *args: Any, **more: Any) -> ChatResult:
        return self.act()


class OnlySyncStreams(OnlySync):
    """One that streams too."""

    def _stream(self, *args: Any, **more: Any) -> Iterator[ChatGenerationChunk]:
        yield ChatGenerationChunk(message=AIMessageChunk("half of "))
        self.act()


def raising(error: Callable[[], BaseException]) -> dict[str, Callable[[], Any]]:
    """Return a run per place where user code may raise."""

    def act(*_: Any) -> Any:
        raise error()

    async def aact(*_: Any) -> Any:
        raise error()

    class Plain:
        name, batch_size, notice = "plain", None, ""
        score = aact

    mixed = tpo.Mix([tpo.Part(act, weight=1.0), tpo.Part(aact, weight=1.0)])
    return {
        "sync reward": lambda: run(reward=act),
        "async reward": lambda: run(reward=aact),
        "reward object": lambda: run(reward=Plain()),
        "parts of a mix": lambda: run(reward=mixed),
        "held-out reward": lambda: run(heldout=act),
        "sync on_event": lambda: run(on_event=act),
        "async on_event": lambda: run(on_event=aact),
        "on_event of aalign": lambda: asyncio.run(
            tpo.aalign("q", policy=says(), reward=prefer_later, on_event=act)
        ),
        "model": lambda: run(says(sample=error())),
        "stream": lambda: run(Streams(script=[error()]), on_event=print_nothing),
        "sync model": lambda: run(OnlySync(act=act)),
        "sync stream": lambda: run(OnlySyncStreams(act=act), on_event=print_nothing),
    }


def print_nothing(event: Any) -> None:
    """Make the texts stream."""


def hanging() -> dict[str, Callable[[], Any]]:
    """Return a run per place where user code may hang."""
    for_ever = threading.Event().wait

    def act(*_: Any) -> Any:
        for_ever()

    async def stubborn(*_: Any) -> Any:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                continue

    async def blocking(*_: Any) -> Any:
        for_ever()

    return {
        "sync reward": lambda: run(reward=act, timeout=0.3),
        "async reward": lambda: run(reward=stubborn, timeout=0.3),
        "blocking async reward": lambda: run(reward=blocking, timeout=0.3),
        "on_event": lambda: run(on_event=act, timeout=0.3),
        "async on_event": lambda: run(on_event=stubborn, timeout=0.3),
        "sync model": lambda: run(OnlySync(act=act), timeout=0.3),
    }


def nested() -> dict[str, Callable[[], Any]]:
    """Return runs whose user code runs another."""

    def inside(*_: Any) -> float:
        run(reward=lambda query, answer: 1.0, depth=0, width=2)
        return 1.0

    async def ainside(*_: Any) -> float:
        return inside()

    async def awaits(*_: Any) -> float:
        await tpo.aalign("q", policy=says(), reward=prefer_later, depth=0)
        return 1.0

    def twice(query: str, answer: str) -> float:
        run(reward=ainside, depth=0, width=2)
        return 1.0

    return {
        "sync reward": lambda: run(reward=inside, width=16, depth=0),
        "async reward": lambda: run(reward=ainside),
        "async reward that awaits": lambda: run(reward=awaits),
        "two deep": lambda: run(reward=twice),
        "on_event": lambda: run(on_event=lambda event: inside() and None, depth=0),
    }


def interrupted() -> Any:
    """Press Ctrl-C while a run is under way."""
    begun = threading.Event()

    def wait_for_it() -> None:
        begun.wait()
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=wait_for_it).start()
    return run(says({"delay": 60.0}), on_event=lambda event: begun.set())


def forked() -> Any:
    """Run in a forked child, twice, and in the child of that."""
    child = os.fork()
    if child == 0:
        stop = [outcome(run), outcome(run)]
        grandchild = os.fork()
        if grandchild == 0:
            os._exit(outcome(run) != "depth")
        code = os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1])
        os._exit(code or stop != ["depth", "depth"])
    return {"stop_reason": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}


def outcome(what: Callable[[], Any]) -> str:
    """Return why a run stopped, or what it raised."""
    try:
        return what()["stop_reason"]
    except BaseException as error:
        ours = "" if isinstance(error, tpo.TPOError) else "not ours: "
        return f"{ours}{type(error).__name__}: {error}"


def every_case() -> dict[str, Callable[[], Any]]:
    """Return all of them by name."""
    raised = {f"{place} raises {k}": r for k, e in KINDS.items() for place, r in raising(e).items()}
    hangs = {f"{place} hangs": r for place, r in hanging().items()}
    inner = {f"{place} aligns": r for place, r in nested().items()}
    return {**raised, **inner, "Ctrl-C": interrupted, "fork": forked, **hangs}


if __name__ == "__main__":
    background_loop.ANSWER = align_module.LEAST_PATIENCE = 1.0
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name, what in every_case().items():
        print(json.dumps([name, outcome(what), outcome(run)]), flush=True)
