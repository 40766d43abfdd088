"""The synthetic task as a run to be broken off and resumed, with model and reward counted."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import synthetic_task
from langgraph.checkpoint.memory import InMemorySaver
from saved_run import comparable
from scripted_model import ScriptedModel

import tpo

INPUT = {"messages": [("user", synthetic_task.QUERY)]}


class Slow(ScriptedModel):
    """Notes a request when it is asked; answers it when `wait(number of the request)` is over."""

    wait: Any = None

    async def _agenerate(self, *args: Any, **kwargs: Any) -> Any:
        result = self._result(args[0])
        if self.wait:
            await self.wait(len(self.asked) - 1)
        return result


class Run:
    """A graph over a saver, with what it asked of the policy and of the reward.

    Attributes:
        asked: How often each request was sent, by its seed.
        scored: How often each answer was scored.
        before_score: Awaited with the number of each call of the reward; may raise or wait.
    """

    def __init__(self, saver: Any = None, wait: Any = None, **knobs: Any) -> None:
        self.model = Slow(script=synthetic_task.say, wait=wait)
        self.scored: Counter[str] = Counter()
        self.calls = 0
        self.before_score: Callable[[int], Awaitable[None]] | None = None
        knobs = {"depth": 2, "width": 3, "sampling": "parallel", **knobs}
        self.context = tpo.Context(seed=3, live=False, **knobs)
        self.graph = tpo.build_tpo(self.model, self._reward, defaults=self.context)
        self.app: Any = self.graph.compile(checkpointer=saver or InMemorySaver())

    async def _reward(self, query: str, answer: str) -> float:
        self.calls += 1
        if self.before_score:
            await self.before_score(self.calls - 1)
        self.scored[answer] += 1
        return synthetic_task.reward(query, answer) + sum(answer.encode()) % 997 / 1e6

    @property
    def asked(self) -> Counter[int]:
        return Counter(ask.parameters["seed"] for ask in self.model.asked)

    def steps(self, since: int = 0) -> list[str]:
        """Return which steps of the loop asked the model, from one request on."""
        return [ask.step for ask in self.model.asked[since:]]

    async def start(self, config: Any, **options: Any) -> dict[str, Any]:
        return await self.app.ainvoke(INPUT, config, context=self.context, **options)

    async def resume(self, config: Any, **options: Any) -> dict[str, Any]:
        options = {"context": self.context, **options}
        return await self.app.ainvoke(None, config, **options)


async def whole(**knobs: Any) -> tuple[dict[str, Any], Run]:
    """Return what an uninterrupted run gives, and the run."""
    run = Run(**knobs)
    return outcome(await run.start({"configurable": {"thread_id": "whole"}})), run


def outcome(values: dict[str, Any]) -> dict[str, Any]:
    """Return what must be equal in two runs that went the same way."""
    names = ("answer", "reward", "candidates", "rounds", "stop_reason", "usage")
    return comparable({name: values[name] for name in names})


async def cancel(running: asyncio.Task[Any]) -> None:
    """Cancel a run and wait for its end."""
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert running.cancelled()
