"""How long `tpo.abatch` takes for some rows, beside the ideal, on a server of limited capacity.

    python benchmarks/batch_makespan.py [--rows 16 64] [--refuse 0.1] [--slower 3] [--at-once 32]
        [--virtual]

The server works on 16 texts at once, the rest waits in line. The ideal is all work without a gap,
or the way of a single row if that is longer: sample, then loss, gradient, update for each round.
`--virtual` counts no time of this computer: the server is in this process, its clock jumps.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import random
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import httpx
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from openai import RateLimitError
from virtual_clock import run_virtually

import tpo

SLOTS = 16
SECONDS = {"answer": 1.0, "critique": 0.6}  # for one text


class Server:
    """Speaks as much of the OpenAI protocol as it takes."""

    def __init__(self, refuse: float) -> None:
        self.refuse, self.work, self.refused, self.requests = refuse, 0.0, 0, 0
        self.slots = asyncio.Semaphore(SLOTS)
        self.first = self.last = 0.0
        self.clock = time.monotonic

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                status, reply = await self.reply(json.loads(await reader.readexactly(length)))
                body = json.dumps(reply).encode()
                writer.write(
                    b"HTTP/1.1 %d OK\r\ncontent-type: application/json\r\nretry-after: 0.2\r\n"
                    b"content-length: %d\r\n\r\n%b" % (status, len(body), body)
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()

    async def reply(self, body: dict) -> tuple[int, dict]:
        """Write the texts, each in a slot."""
        self.first = self.first or self.clock()
        self.requests += 1
        if random.random() < self.refuse:
            self.refused += 1
            return 429, {"error": {"message": "too many requests"}}
        last, n = body["messages"][-1]["content"], body.get("n") or 1
        critique = "Do not write a new answer" in last or "the changes that would make" in last
        await asyncio.gather(
            *[self.text(SECONDS["critique" if critique else "answer"]) for _ in range(n)]
        )
        text = "<improved_answer>word word</improved_answer>" if "improved" in last else "word"
        choices = [
            {"index": i, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
            for i in range(n)
        ]
        usage = {"prompt_tokens": 10, "completion_tokens": 10 * n, "total_tokens": 10 + 10 * n}
        reply = {"id": "1", "object": "chat.completion", "created": 0, "model": "m"}
        self.last = self.clock()
        return 200, {**reply, "choices": choices, "usage": usage}

    async def text(self, seconds: float) -> None:
        """Keep a slot busy."""
        async with self.slots:
            await asyncio.sleep(seconds)
            self.work += seconds


class InProcess(BaseChatModel):
    """A policy that asks a server in this process."""

    server: Any
    n: int | None = None

    @property
    def _llm_type(self) -> str:
        return "in-process"

    def _generate(self, messages: list[BaseMessage], *args: object, **more: object) -> ChatResult:
        raise NotImplementedError

    async def _agenerate(
        self, messages: list[BaseMessage], *args: object, **more: object
    ) -> ChatResult:
        asked = [{"content": message.text} for message in messages]
        status, reply = await self.server.reply({"messages": asked, "n": self.n})
        if status != 200:
            request = httpx.Request("POST", "http://server")
            refused: Any = httpx.Response(429, headers={"retry-after": "0.2"}, request=request)
            raise RateLimitError("too many requests", response=refused, body=None)
        usage = {"input_tokens": 10, "output_tokens": 10, "total_tokens": 20}
        texts = [choice["message"]["content"] for choice in reply["choices"]]
        made = [AIMessage(text, usage_metadata=usage) for text in texts]
        return ChatResult(generations=[ChatGeneration(message=message) for message in made])


async def by_chance(query: str, answer: str) -> float:
    """Score at once, in this thread."""
    return random.random()


def measure_virtually(rows: int, refuse: float, settings: dict) -> str:
    """Run rows by a clock that jumps, and say how long it took by that."""

    async def work(clock: Callable[[], float]) -> str:
        own = Server(refuse)
        own.clock = clock
        prompts, policy = [f"Question {i}" for i in range(rows)], InProcess(server=own)
        with tempfile.TemporaryDirectory() as folder:
            given = {"policy": policy, "reward": by_chance, "folder": folder, **settings}
            scored = [row async for row in tpo.abatch(prompts, **given)]
        figures = (own.work, own.requests, own.refused, own.last - own.first)
        return said(scored, clock(), figures, settings)

    return run_virtually(work)


def server(pipe: Connection, refuse: float) -> None:
    """Serve until asked for the figures."""

    async def main() -> None:
        own = Server(refuse)
        listening = await asyncio.start_server(own.serve, "127.0.0.1", 0)
        pipe.send(listening.sockets[0].getsockname()[1])
        await asyncio.to_thread(pipe.recv)
        pipe.send((own.work, own.requests, own.refused, own.last - own.first))

    asyncio.run(main())


async def measure(rows: int, refuse: float, settings: dict) -> str:
    """Run rows, and say how long it took."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=server, args=(theirs, refuse), daemon=True)
    process.start()
    policy = f"openai:m@http://127.0.0.1:{ours.recv()}/v1"
    prompts = [f"Question {i}" for i in range(rows)]
    begun = time.monotonic()
    scored = [
        row
        async for row in tpo.abatch(
            prompts, policy=policy, reward=lambda query, answer: random.random(), **settings
        )
    ]
    took = time.monotonic() - begun
    ours.send("")
    figures = ours.recv()
    process.join()
    return said(scored, took, figures, settings)


def said(rows: list, took: float, figures: tuple, settings: dict) -> str:
    """Return how long rows took, beside the ideal."""
    work, requests, refused, at_work = figures
    depth = settings["depth"]
    way = SECONDS["answer"] * (1 + depth) + 2 * SECONDS["critique"] * depth
    ideal = max(work / SLOTS, way)
    failed = sum(row["error"] is not None for row in rows)
    return (
        f"{len(rows)} rows: {took:.1f} s, ideal {ideal:.1f} s, ratio {took / ideal:.3f} "
        f"({at_work / ideal:.3f} from first to last request); {requests} requests, "
        f"{refused} refused, {failed} rows failed"
    )


def main() -> None:
    """Read what was typed, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[16, 64])
    parser.add_argument("--refuse", type=float, default=0.0, help="Share of requests with 429.")
    parser.add_argument("--slower", type=float, default=1.0, help="Times as long for each text.")
    parser.add_argument("--at-once", type=int, default=0, help="max_concurrency")
    parser.add_argument("--virtual", action="store_true", help="By a clock that jumps.")
    parser.add_argument("--seed", type=int, help="Of the refusals.")
    typed = parser.parse_args()
    random.seed(typed.seed)
    settings: dict = {"depth": 2, "width": 5}
    SECONDS.update({kind: seconds * typed.slower for kind, seconds in SECONDS.items()})
    if typed.at_once:
        settings["max_concurrency"] = typed.at_once
    for rows in typed.rows:
        if typed.virtual:
            print(measure_virtually(rows, typed.refuse, settings), flush=True)
        else:
            print(asyncio.run(measure(rows, typed.refuse, settings)), flush=True)


if __name__ == "__main__":
    main()
