"""How long `tpo.abatch` takes for some rows, beside the ideal, on a server of limited capacity.

    python benchmarks/batch_makespan.py [--rows 16 64] [--refuse 0.1] [--slower 3] [--at-once 32]

The server works on 16 texts at once, the rest waits in line. The ideal is all work without a gap,
or the way of a single row if that is longer: sample, then loss, gradient, update for each round.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import random
import time
from multiprocessing.connection import Connection

import tpo

SLOTS = 16
SECONDS = {"answer": 1.0, "critique": 0.6}  # for one text


class Server:
    """Speaks as much of the OpenAI protocol as it takes."""

    def __init__(self, refuse: float) -> None:
        self.refuse, self.work, self.refused, self.requests = refuse, 0.0, 0, 0
        self.slots = asyncio.Semaphore(SLOTS)
        self.first = self.last = 0.0

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
        self.first = self.first or time.monotonic()
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
        self.last = time.monotonic()
        return 200, {**reply, "choices": choices, "usage": usage}

    async def text(self, seconds: float) -> None:
        """Keep a slot busy."""
        async with self.slots:
            await asyncio.sleep(seconds)
            self.work += seconds


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
    work, requests, refused, at_work = ours.recv()
    process.join()
    depth = settings["depth"]
    way = SECONDS["answer"] * (1 + depth) + 2 * SECONDS["critique"] * depth
    ideal = max(work / SLOTS, way)
    failed = sum(row["error"] is not None for row in scored)
    return (
        f"{rows} rows: {took:.1f} s, ideal {ideal:.1f} s, ratio {took / ideal:.3f} "
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
    typed = parser.parse_args()
    settings: dict = {"depth": 2, "width": 5}
    SECONDS.update({kind: seconds * typed.slower for kind, seconds in SECONDS.items()})
    if typed.at_once:
        settings["max_concurrency"] = typed.at_once
    for rows in typed.rows:
        print(asyncio.run(measure(rows, typed.refuse, settings)), flush=True)


if __name__ == "__main__":
    main()
