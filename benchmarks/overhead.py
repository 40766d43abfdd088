"""What the graph costs beside the model: one D2-N5 run with a model that answers at once.

The same prompts, the same model and the same reward are run as a plain Python loop, then as
the graph without a saver, with the saver in memory, and with SQLite (a temporary file).

    make bench, or: python benchmarks/overhead.py [--runs 40] [--profile]
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

import tpo
from tpo.core.replies.reply import read_reply
from tpo.models.ask import ask
from tpo.models.policy import Policy
from tpo.models.request import Request
from tpo.prompts.prompt_set import DEFAULT, Critique
from tpo.prompts.update import TAGS_OUTPUT, read_update

DEPTH, WIDTH = 2, 5
REQUESTS = 1 + 3 * DEPTH
WARM_UP = 3
QUERY = "Explain to a ten-year-old why the sky is blue."
FILLER = "Blue light is scattered by the air more than red light is. " * 20  # about 1200 characters

Run = Callable[[], Awaitable[str]]


class InstantModel(BaseChatModel):
    """Answers at once; `n` texts in one request. Every text is another one."""

    n: int | None = None
    calls: int = 0

    @property
    def _llm_type(self) -> str:
        return "instant"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        wants_update = "improved_answer" in messages[-1].text
        texts = [f"{i} {FILLER[: 1000 + 40 * i]}" for i in range(self.n or 1)]
        if wants_update:
            texts = [f"<improved_answer>{text}</improved_answer>" for text in texts]
        usage = {"input_tokens": 300, "output_tokens": 300, "total_tokens": 600}
        return ChatResult(
            generations=[
                ChatGeneration(message=AIMessage(text, usage_metadata=usage)) for text in texts
            ]
        )

    async def _agenerate(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> ChatResult:
        return self._generate(messages)


def reward(query: str, answer: str) -> float:
    """Return a number that differs from answer to answer and grows from round to round."""
    return len(answer) / 1000


Texts = Callable[[list[BaseMessage], int], Awaitable[list[str]]]


async def bare(messages: list[BaseMessage], n: int) -> list[str]:
    """Ask the model, and nothing else."""
    result = await InstantModel(n=n).agenerate([messages])
    return [g.message.text for g in result.generations[0]]  # type: ignore[union-attr]


async def through_request(messages: list[BaseMessage], n: int) -> list[str]:
    """Ask through `tpo.models.ask`: timeout, retries, refused parameters, usage, reasoning."""
    response = await ask(Request(Policy(InstantModel(), "instant"), messages, n=n))
    return [reply.text for reply in response.replies]


def plain_loop(texts: Texts) -> Run:
    """Return the paper's loop as a script would write it."""

    async def run() -> str:
        pool: list[tuple[float, str]] = []
        fresh = await texts([HumanMessage(QUERY)], WIDTH)
        for left in reversed(range(DEPTH + 1)):
            pool += [(reward(QUERY, text), text) for text in fresh]
            if not left:
                break
            chosen, rejected = max(pool)[1], min(pool)[1]
            first = Critique(QUERY, chosen, rejected)
            (loss,) = await texts(DEFAULT.render("loss", first, clip_tokens=4096), 1)
            second = Critique(QUERY, chosen, rejected, loss)
            (gradient,) = await texts(DEFAULT.render("gradient", second, clip_tokens=4096), 1)
            third = Critique(QUERY, chosen, rejected, loss, gradient)
            prompt = DEFAULT.render("update", third, clip_tokens=4096, output=TAGS_OUTPUT)
            replies = await texts(prompt, WIDTH)
            fresh = [read_update(read_reply(AIMessage(text))).text for text in replies]
        return max(pool)[1]

    return run


def graph_run(saver: Any) -> Run:
    """Return a run of the graph, compiled once with this saver."""
    app = tpo.build_tpo(InstantModel(), reward).compile(checkpointer=saver)
    context = tpo.Context(depth=DEPTH, width=WIDTH)

    async def run() -> str:
        config: Any = {"configurable": {"thread_id": str(uuid4())}}
        state = await app.ainvoke({"messages": [HumanMessage(QUERY)]}, config, context=context)
        assert state["usage"]["total"]["requests"] == REQUESTS
        return str(state["answer"])

    return run


async def timed(run: Run) -> float:
    """Return the milliseconds of one run."""
    start = time.perf_counter()
    await run()
    return (time.perf_counter() - start) * 1000


def report(rows: dict[str, list[float]]) -> None:
    floor = median(next(iter(rows.values())))
    print(f"One D{DEPTH}-N{WIDTH} run: {REQUESTS} requests to a model that answers at once.\n")
    print(f"{'':34}{'median ms':>10}{'fastest':>10}{'over plain':>12}{'per request':>13}")
    for name, spent in rows.items():
        over = median(spent) - floor
        figures = f"{median(spent):10.1f}{min(spent):10.1f}{over:12.1f}{over / REQUESTS:13.2f}"
        print(f"{name:34}{figures}")


def profiled(run: Run, runs: int) -> None:
    async def several() -> None:
        for _ in range(runs):
            await run()

    profile = cProfile.Profile()
    profile.runcall(asyncio.run, several())
    pstats.Stats(profile).sort_stats("tottime").print_stats(30)
    pstats.Stats(profile).sort_stats("cumulative").print_stats(70)


async def measure(runs: int) -> dict[str, list[float]]:
    """Run every variant `runs` times, in turn, so that a busy machine slows all alike."""
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncSqliteSaver.from_conn_string(str(Path(folder) / "runs.db")) as saver:
            variants = {
                "plain loop": plain_loop(bare),
                "plain loop, tpo's own requests": plain_loop(through_request),
                "graph, no saver": graph_run(None),
                "graph, saver in memory": graph_run(InMemorySaver()),
                "graph, saver SQLite": graph_run(saver),
            }
            rows: dict[str, list[float]] = {name: [] for name in variants}
            for attempt in range(WARM_UP + runs):
                for name, run in variants.items():
                    spent = await timed(run)
                    if attempt >= WARM_UP:
                        rows[name].append(spent)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--profile", action="store_true", help="profile the graph in memory")
    options = parser.parse_args()
    if options.profile:
        profiled(graph_run(InMemorySaver()), options.runs)
    else:
        report(asyncio.run(measure(options.runs)))


if __name__ == "__main__":
    main()
