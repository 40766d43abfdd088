"""An agent in a process of its own that dies in the middle of a request, and its next life.

Model and reward note in a file what was asked and answered; a request is told by who asks
(the agent, or a step of the search), what it holds, and its seed.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from langchain.agents.middleware import ModelRetryMiddleware
from langchain_core.messages import BaseMessage
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from scripted_agent import AgentModel, agent, agent_model, asked, optimised
from scripted_model import Ask
from steps import prefer_later

COMMIT = 0.15  # seconds in which what was answered before is surely saved
SAVERS: list[AsyncSqliteSaver] = []  # the one of this process, if it is async


@dataclass(frozen=True)
class Job:
    """What a life is to do.

    Attributes:
        folder: Where the database, the log and the result lie.
        die_at: Which request or score of this life is never answered, from 1; 0: none.
        sync: Whether the agent runs in sync.
        fail_first: Whether the agent's first request for its answer fails, and a middleware
            around ours tries again.
    """

    folder: Path
    die_at: int = 0
    life: int = 0
    sync: bool = False
    fail_first: bool = False

    def again(self) -> Job:
        return replace(self, life=self.life + 1, die_at=0)

    def notes(self) -> list[tuple[int, str, str]]:
        """Return (life, asked or answered, what) in order."""
        path = self.folder / "log"
        lines = path.read_text().splitlines() if path.exists() else []
        return [tuple(json.loads(line)) for line in lines]

    def of(self, state: str, life: int) -> list[str]:
        return [what for at, said, what in self.notes() if (at, said) == (life, state)]

    def result(self) -> Any:
        return json.loads((self.folder / "result").read_text())


class Dying(AgentModel):
    """Notes its requests; the process dies instead of answering one of them."""

    job: Any

    async def _agenerate(self, messages: list[BaseMessage], *args: Any, **options: Any) -> Any:
        what = self._what(messages, options)
        if self._begins(what):
            await committed()
            os._exit(9)
        result = await super()._agenerate(messages, *args, **options)
        _note(self.job, "answered", what)
        return result

    def _generate(self, messages: list[BaseMessage], *args: Any, **options: Any) -> Any:
        what = self._what(messages, options)
        if self._begins(what):
            time.sleep(COMMIT)
            os._exit(9)
        result = super()._generate(messages, *args, **options)
        _note(self.job, "answered", what)
        return result

    def _what(self, messages: list[BaseMessage], options: Any) -> str:
        step = "agent" if options.get("tools") else Ask(messages, 1, {}).step
        return f"{step} {len(messages)} {self.seed}"

    def _begins(self, what: str) -> bool:
        last = _is_last(self.job, what)
        if self.job.fail_first and what.startswith("agent 6"):
            first = sum(w == what for _, said, w in self.job.notes() if said == "asked") == 1
            if first:
                raise ConnectionError("the model is away")
        return last


async def committed() -> None:
    """Let the loop save what was answered: the database takes its orders one after another."""
    for saver in SAVERS:
        for _ in range(50):
            await (await saver.conn.execute("SELECT 1")).close()
    await asyncio.sleep(0 if SAVERS else COMMIT)


def _is_last(job: Job, what: str) -> bool:
    """Note what is asked; return whether this life ends with it, or is ending already."""
    _note(job, "asked", what)
    return 0 < job.die_at <= len(job.of("asked", job.life))


def _note(job: Job, said: str, what: str) -> None:
    handle = os.open(job.folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(handle, (json.dumps([job.life, said, what]) + "\n").encode())
    os.close(handle)


def process(job: Job) -> None:
    """Be the child: run the agent to its end, from the start or from where it died."""
    model = Dying(script=agent_model().script, job=job)
    # Deterministic in every life: the text tells the seed, the reward likes the later.
    model.script = _by_seed(model)

    async def reward(query: str, answer: str) -> float:
        if _is_last(job, f"score {answer}"):
            await committed()
            os._exit(9)
        _note(job, "answered", f"score {answer}")
        return prefer_later(query, answer)

    search = optimised(reward=reward, seed=5, sampling="parallel", max_concurrency=1)
    retry = [ModelRetryMiddleware(max_retries=2, initial_delay=0)] if job.fail_first else []
    config: Any = {"configurable": {"thread_id": "t"}}
    given = asked() if job.life == 0 else None
    options: Any = {"durability": "sync"}
    path = str(job.folder / "db")
    if job.sync:
        with SqliteSaver.from_conn_string(path) as saver:
            app = agent(model, *retry, search, checkpointer=saver)
            result = app.invoke(given, config, **options)
    else:
        result = asyncio.run(_live(model, [*retry, search], path, given, config, options))
    out = [m.model_dump(mode="json", exclude={"id"}) for m in result["messages"]]
    (job.folder / "result").write_text(json.dumps(out))


async def _live(
    model: Any, middleware: list[Any], path: str, given: Any, config: Any, options: Any
) -> Any:
    async with AsyncSqliteSaver.from_conn_string(path) as saver:
        SAVERS.append(saver)
        app = agent(model, *middleware, checkpointer=saver)
        return await app.ainvoke(given, config, **options)


def _by_seed(model: Any) -> Any:
    """Return the usual script with texts that depend on the seed only, not on the order."""
    usual = model.script

    def script(messages: Any, index: int, seed: int | None) -> Any:
        said = usual(messages, index, seed)
        if getattr(said, "tool_calls", None):
            return said
        kind = {"sample": "first", "update": "<improved_answer>better"}
        step = Ask(messages, 1, {}).step
        return f"{kind.get(step, step)} {(seed or 0) % 97}"

    return script
