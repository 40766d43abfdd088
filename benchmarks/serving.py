"""What `tpo serve` takes: many streams at a time, and its memory over many runs.

A policy server in a process of its own answers at once. First: so many clients begin a streamed
run at the same moment, through `/v1` and as runs of threads; every event must come. Then: how fast
paid requests end when their client leaves. Then: runs one after the other, with the server's memory
along the way.

    make bench, or: python benchmarks/serving.py [--streams 50] [--runs 500]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "fakes"))
from billing_server import BillingServer, varied
from event_log import check
from serve_process import ServeProcess

ASK = {"messages": [{"role": "user", "content": "Why is the sky blue?"}]}
KNOBS = {"depth": 2, "width": 5}
RUN = {"assistant_id": "tpo", "input": ASK, "context": KNOBS, "stream_mode": "custom"}
CHAT = {"model": "tpo", **ASK, "stream": True, "tpo": KNOBS}


def policy_server(told: Any, seconds: Any, at_work: Any) -> None:
    """Serve until the parent ends; say how many requests are at work."""
    with BillingServer(varied, delay=lambda _: seconds.value) as server:
        told.send(server.base_url)
        while True:
            time.sleep(0.01)
            at_work.value = len(server.at_work)
            if len(server.asked) > 1000:
                server.forget()


async def stream(client: httpx.AsyncClient, path: str, body: Any) -> tuple[float, float, list[Any]]:
    """Return the seconds to the first event and to the end, and all events."""
    began, first, events = time.perf_counter(), 0.0, []
    async with client.stream("POST", path, json=body, timeout=300) as response:
        response.raise_for_status()
        async for line in response.aiter_lines():
            if line.startswith("data: {"):
                first = first or time.perf_counter() - began
                events.append(json.loads(line[6:]))
    return first, time.perf_counter() - began, events


async def many(url: str, path: str, body: Any, streams: int) -> None:
    limits = httpx.Limits(max_connections=streams)
    async with httpx.AsyncClient(base_url=url, limits=limits) as client:
        done = await asyncio.gather(*[stream(client, path, body) for _ in range(streams)])
    whole = sum(is_whole(path, events) for _, _, events in done)
    firsts, lasts = [first for first, _, _ in done], [last for _, last, _ in done]
    print(
        f"{path:24} {streams} streams: first event {median(firsts):.3f} s at the median, "
        f"{max(firsts):.3f} s at most; all of it {max(lasts):.1f} s; whole {whole}/{streams}; "
        f"{sum(len(events) for _, _, events in done)} events"
    )


def is_whole(path: str, events: list[Any]) -> bool:
    """Tell whether no event is missing."""
    if path.startswith("/v1"):
        said = [e["choices"][0]["delta"] for e in events if e["choices"]]
        thought = "".join(delta.get("reasoning_content", "") for delta in said)
        return thought.count("Candidate r") == 15 and bool(said[-2]["content"])
    check([event for event in events if "type" in event])
    return True


def megabytes(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6


async def leaving(url: str, path: str, body: Any, at_work: Any) -> None:
    """Leave in the midst of a run whose requests would take long; print when they have ended."""
    async with httpx.AsyncClient(base_url=url) as client:
        asking = asyncio.create_task(stream(client, path, body))
        while at_work.value == 0:
            await asyncio.sleep(0.005)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    left = time.perf_counter()
    while at_work.value:
        await asyncio.sleep(0.005)
    print(f"{path:24} paid requests end {time.perf_counter() - left:.3f} s after their client left")


async def over_time(server: ServeProcess, runs: int) -> None:
    """Do runs, four at a time, both ways in turn; print memory and disk along the way."""
    assert server.process
    async with httpx.AsyncClient(base_url=server.url) as client:
        for number in range(0, runs, 4):
            if number % 100 == 0:
                shown(server, number)
            resumable = {**RUN, "stream_resumable": True}
            ways = [("/v1/chat/completions", CHAT), ("/runs/stream", resumable)] * 2
            await asyncio.gather(*[stream(client, *way) for way in ways])
        shown(server, runs)


def shown(server: ServeProcess, number: int) -> None:
    assert server.process
    files = sum(f.stat().st_size for f in (server.folder / "data").iterdir()) / 1e6
    used = megabytes(server.process.pid)
    print(f"after {number:4} runs: {used:6.1f} MB of memory, {files:6.1f} MB of files", flush=True)


async def main(streams: int, runs: int) -> None:
    ours, theirs = multiprocessing.Pipe()
    seconds, at_work = multiprocessing.Value("d", 0.05), multiprocessing.Value("i", 0)
    given = (theirs, seconds, at_work)
    policy = multiprocessing.Process(target=policy_server, args=given, daemon=True)
    policy.start()
    with tempfile.TemporaryDirectory() as folder:
        options = ["-p", f"openai:x@{ours.recv()}", "--max-concurrent", str(streams)]
        with ServeProcess(Path(folder), *options) as server:
            await many(server.url, "/v1/chat/completions", CHAT, 1)  # imports, connections
            await many(server.url, "/v1/chat/completions", CHAT, streams)
            await many(server.url, "/runs/stream", RUN, streams)
            seconds.value = 30.0
            await leaving(server.url, "/v1/chat/completions", CHAT, at_work)
            ending = {**RUN, "on_disconnect": "cancel"}
            await leaving(server.url, "/runs/stream", ending, at_work)
            seconds.value = 0.05
            await over_time(server, runs)
    policy.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=50)
    parser.add_argument("--runs", type=int, default=500)
    asyncio.run(main(**vars(parser.parse_args())))
