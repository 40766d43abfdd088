"""A saved run in a process of its own, which a test may kill, and a second one that resumes it.

Policy and reward leave a trace outside the process: the requests at the loopback server
(each life has its own key, seen in the `authorization` header), the scores as lines in a
file. Both are deterministic, so every life of a run must go the same way.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

# Imported here, not when first used: a server process imports this file once and forks.
import langchain_openai
from langchain.agents import create_agent
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.runtime import Runtime

import tpo

INPUT = {"messages": [("user", "Name three rivers.")]}
RESULT = ("answer", "reward", "candidates", "rounds", "stop_reason", "usage")


@dataclass(frozen=True)
class Job:
    """What a process is to run; `db` is an SQLite file or a PostgreSQL connection string."""

    db: str
    url: str
    folder: Path
    life: int = 0
    sampling: str = "parallel"
    mode: Literal["tpo", "adaptive"] = "tpo"
    critiques: int = 1
    durability: Literal["exit", "async", "sync"] = "async"
    depth: int = 2
    width: int = 5
    thread: str = "run"
    others: tuple[str, ...] = ()  # further policies, of the same server
    reward: str = ""  # a spec; default: `logged_reward`
    tells: bool = False  # whether that says which checks failed
    inside: Literal["", "subgraph", "chat model", "agent"] = ""

    @property
    def key(self) -> str:
        """The API key by which the server tells this life of this run from all others."""
        return f"{self.thread}-life-{self.life}"

    @property
    def config(self) -> dict[str, Any]:
        return {"configurable": {"thread_id": self.thread}}

    @property
    def context(self) -> tpo.Context:
        size = {"depth": self.depth, "width": self.width}
        how = {"mode": self.mode, "critiques": self.critiques, "sampling": self.sampling}
        return tpo.Context(**size, **how, seed=5, retries=0)  # type: ignore[arg-type]

    @property
    def log(self) -> Path:
        return self.folder / f"{self.thread}.log"

    @property
    def out(self) -> Path:
        return self.folder / f"{self.thread}.json"

    def again(self) -> Job:
        """Return the job of the next life."""
        return replace(self, life=self.life + 1)

    def renamed(self, thread: str, db: str = "", durability: Any = None) -> Job:
        """Return the job of another run like this one."""
        how = durability or self.durability
        return replace(self, thread=thread, db=db or self.db, durability=how)


def open_saver(db: str) -> AbstractAsyncContextManager[Any]:
    """Open the saver of a database, as a user would."""
    return _postgres(db) if "host=" in db else AsyncSqliteSaver.from_conn_string(db)


@asynccontextmanager
async def _postgres(db: str) -> AsyncIterator[Any]:
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver  # an extra

    async with AsyncPostgresSaver.from_conn_string(db) as saver:
        await saver.setup()
        yield saver


def score_of(answer: str) -> float:
    """Return a reward that no two texts share."""
    return int(hashlib.sha256(answer.encode()).hexdigest()[:12], 16) / 16**12


def logged_reward(job: Job) -> Any:
    """Return an async reward that notes each call, and each result, in the job's log."""

    async def logged(query: str, answer: str) -> Any:
        _note(job, "asked", answer)
        await asyncio.sleep(score_of(answer) * 0.006)
        _note(job, "answered", answer)
        return tpo.scored(score_of(answer), checks=checks(answer) if job.tells else ())

    return logged


def checks(answer: str) -> list[Any]:
    """Return checks of which at least one fails; which, depends on the answer."""
    failed = int(1000 * score_of(answer)) % 3
    return [{"criterion": f"check {nth}", "passed": nth != failed} for nth in range(3)]


def _note(job: Job, what: str, answer: str) -> None:
    # It starts a line of its own: the one before may be cut, where a life was killed.
    line = f"\n{json.dumps([job.life, what, answer])}\n"
    handle = os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(handle, line.encode())
    os.close(handle)


def graph_of(job: Job, saver: Any) -> Any:
    """Return the compiled graph of a job."""
    policy, reward = f"openai:x@{job.url}", job.reward or logged_reward(job)
    if job.others:
        several = [policy, *(f"openai:{name}@{job.url}" for name in job.others)]
        return tpo.build_tpo(None, reward, policies=several).compile(checkpointer=saver)
    if not job.inside:
        return tpo.build_tpo(policy, reward).compile(checkpointer=saver)
    if job.inside == "agent":
        chat = tpo.ChatTPO(policy=policy, reward=reward, context=job.context)
        return create_agent(chat, [now], checkpointer=saver)
    graph = StateGraph(MessagesState, tpo.Context)
    if job.inside == "subgraph":
        graph.add_node("answer", tpo.build_tpo(policy, reward).compile())
    else:
        graph.add_node("answer", answering(tpo.ChatTPO(policy=policy, reward=reward)))
    return graph.add_edge(START, "answer").compile(checkpointer=saver)


def answering(chat: Any) -> Any:
    """Return a node that answers with a chat model."""

    async def answer(state: MessagesState, runtime: Runtime[tpo.Context]) -> dict[str, Any]:
        return {"messages": [await chat.ainvoke(state["messages"], context=runtime.context)]}

    return answer


def now() -> str:
    """Tell the time."""
    raise AssertionError("no model of these tests calls it")


async def live(job: Job) -> dict[str, Any]:
    """Run the job to its end: from the start, or from where an earlier life was killed."""
    async with open_saver(job.db) as saver:
        app = graph_of(job, saver)
        begun = (await app.aget_state(job.config)).created_at is not None
        context = None if job.inside == "agent" else job.context
        result = await app.ainvoke(
            None if begun else INPUT, job.config, context=context, durability=job.durability
        )
    if not job.inside:
        return {name: result[name] for name in RESULT}
    _, answer = result["messages"]
    return {"answer": answer.text, **answer.response_metadata}


def process(job: Job) -> None:
    """Be the child process: live, and leave the result as JSON."""
    assert langchain_openai.ChatOpenAI
    os.environ["TPO_POLICY_API_KEY"] = os.environ["TPO_REWARD_API_KEY"] = job.key
    job.out.write_text(json.dumps(asyncio.run(live(job))), encoding="utf-8")


def comparable(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result without the seconds, which differ from run to run."""
    costs = {"total": result["usage"]["total"], **result["usage"]["phases"]}
    costs = {name: {k: v for k, v in c.items() if k != "seconds"} for name, c in costs.items()}
    return {**result, "usage": costs}
