"""Many ChatTPO calls at once: is the server the limit, and does memory stay flat?

The server runs in a process of its own and answers so many requests at once (`--slots`), each
after `--delay` seconds. Every call is a D1-N3 run with `n` in one request: 4 requests one after
the other. The same requests are made by a plain loop around the provider's client first.

    python benchmarks/concurrency.py [--calls 100] [--waves 5] [--slots 8] [--delay 0.1]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import multiprocessing
import sys
import threading
import time
from pathlib import Path
from typing import Any

from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from openai import DefaultAsyncHttpxClient
from pydantic import SecretStr

import tpo

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "fakes"))

REQUESTS = 4  # of D1-N3
WORDS = "Blue light is scattered by the air more than red light is. " * 20


def serve(slots: int, delay: float, ready: Any) -> None:
    """Be the server: `slots` requests at once, each `delay` seconds."""
    import loopback_server as fake  # pyright: ignore[reportMissingImports]

    gate = threading.Semaphore(slots)

    def answer(body: dict[str, Any], index: int) -> str:
        if index == 0:
            with gate:
                time.sleep(delay)
        return fake.shaped(body, f"{body.get('seed')} {index} {WORDS}")

    with fake.LoopbackServer(answer) as server:
        ready.send(server.base_url)
        ready.recv()


def resident() -> float:
    """Return the memory of this process in MB (Linux), else nan."""
    gc.collect()
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    except OSError:
        return float("nan")
    return pages * 4096 / 1e6


async def plain(model: ChatOpenAI, number: int) -> None:
    """Make the requests of one run, and nothing else."""
    for step in range(REQUESTS):
        n: Any = {"n": 3} if step in {0, REQUESTS - 1} else {}
        await model.agenerate([[HumanMessage(f"{number} {step} {WORDS}")]], **n)


async def measure(url: str, options: argparse.Namespace) -> None:
    """Run the waves and print what they took."""
    least = options.calls * REQUESTS * options.delay / options.slots
    size = f"{options.calls} calls at once, {REQUESTS} requests each"
    print(f"{size}; the server alone needs {least:.1f} s.\n")
    print(f"{'':18}{'seconds':>9}{'requests/s':>12}{'of the server':>15}{'memory MB':>11}")
    async with DefaultAsyncHttpxClient() as client:
        model = ChatOpenAI(
            model="x", base_url=url, api_key=SecretStr("none"), http_async_client=client
        )
        chat = tpo.ChatTPO(
            policy=model,
            reward=lambda query, answer: sum(answer.encode()) % 997,
            depth=1,
            width=3,
            seed=1,
            live=False,
        )
        for wave in range(options.waves + 1):
            start = time.perf_counter()
            if wave == 0:
                await asyncio.gather(*(plain(model, i) for i in range(options.calls)))
            else:
                calls = [chat.ainvoke(f"Question {wave}-{i}?") for i in range(options.calls)]
                for i, message in enumerate(await asyncio.gather(*calls)):
                    assert message.response_metadata["tpo"]["usage"]["requests"] == REQUESTS, i
                del calls
            took = time.perf_counter() - start
            rate = options.calls * REQUESTS / took
            name = f"ChatTPO, wave {wave}" if wave else "plain client"
            print(
                f"{name:18}{took:9.1f}{rate:12.1f}{least / took:15.0%}{resident():11.1f}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--waves", type=int, default=5)
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--delay", type=float, default=0.1)
    options = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    server = context.Process(target=serve, args=(options.slots, options.delay, theirs), daemon=True)
    server.start()
    try:
        asyncio.run(measure(ours.recv(), options))
    finally:
        ours.send("stop")
        server.join(5)


if __name__ == "__main__":
    main()
