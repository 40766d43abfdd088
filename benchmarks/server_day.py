"""A day of `tpo serve` in minutes: mixed load with faults, and whether anything grows.

An hour of the day is a minute here (the server looks for old threads once a minute), and threads
are kept for two hours. Clients chat, plain and streamed, run threads, look at lists, leave in
mid-run, send nonsense and delete. The policy's server is slow, busy, broken or hangs up in one
request of ten. At noon `tpo serve` is stopped with SIGTERM and started again. After each hour:
memory, open files, bytes on disk, threads kept; at the end, what the clients were answered.

    python benchmarks/server_day.py [--seconds-per-hour 60] [--clients 6]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "fakes"))
from billing_server import BillingServer, varied
from loopback_server import Fault
from serve_process import ServeProcess

HOURS, KEPT_HOURS = 24, 2
ASK = {"messages": [{"role": "user", "content": "Why is the sky blue?"}]}
SIZE = {"depth": 1, "width": 3}
CHAT = {"model": "tpo", **ASK, "tpo": SIZE}
RUN = {"assistant_id": "tpo", "input": ASK, "context": SIZE}
FAULTS = [Fault(429), Fault(500), Fault(503), Fault(close=True), Fault(hang=2.0)]
NONSENSE = [b"{", b"[]", b'{"messages": 7}', b"\xff", b'{"model": "tpo", "messages": []}']
Client = Callable[[httpx.AsyncClient, random.Random], Awaitable[int]]


class TroubledServer(BillingServer):
    """Has a fault in one request of ten."""

    chance = random.Random(3)

    def next_fault(self, body: Any) -> Fault | None:
        return self.chance.choice(FAULTS) if self.chance.random() < 0.1 else None


async def chat(http: httpx.AsyncClient, _: random.Random) -> int:
    return (await http.post("/v1/chat/completions", json=CHAT)).status_code


async def read(http: httpx.AsyncClient, path: str, body: Any, lines: int = 10**9) -> int:
    """Stream, and leave after so many lines."""
    async with http.stream("POST", path, json=body) as response:
        async for _ in response.aiter_lines():
            lines -= 1
            if lines <= 0:
                break
        return response.status_code


async def streamed_chat(http: httpx.AsyncClient, _: random.Random) -> int:
    return await read(http, "/v1/chat/completions", {**CHAT, "stream": True})


async def leaves_early(http: httpx.AsyncClient, chance: random.Random) -> int:
    ends = {**RUN, "stream_mode": "custom", "on_disconnect": chance.choice(["cancel", "continue"])}
    return await read(http, "/runs/stream", ends, chance.randrange(1, 30))


async def thread(http: httpx.AsyncClient, chance: random.Random) -> int:
    """Two turns on a thread, its state and history; half of them are deleted."""
    made = (await http.post("/threads", json={"metadata": {"n": chance.random()}})).json()
    place = f"/threads/{made['thread_id']}"
    for _ in range(2):
        await http.post(f"{place}/runs/wait", json=RUN)
        await http.get(f"{place}/state")
    await http.post(f"{place}/history", json={"limit": 5})
    gone = chance.random() < 0.5
    return (await (http.delete(place) if gone else http.get(place))).status_code


async def looks(http: httpx.AsyncClient, _: random.Random) -> int:
    await http.get("/app/")
    return (await http.post("/threads/search", json={"limit": 100})).status_code


async def nonsense(http: httpx.AsyncClient, chance: random.Random) -> int:
    return (await http.post("/v1/chat/completions", content=chance.choice(NONSENSE))).status_code


async def one_client(url: str, until: float, chance: random.Random, seen: Counter[str]) -> None:
    kinds: list[Client] = [chat, streamed_chat, leaves_early, thread, looks, nonsense]
    async with httpx.AsyncClient(base_url=url, timeout=120) as http:
        while time.monotonic() < until:
            kind = chance.choice(kinds)
            try:
                seen[f"{kind.__name__} {await kind(http, chance)}"] += 1
            except httpx.HTTPError as error:
                seen[f"{kind.__name__} {type(error).__name__}"] += 1


async def measured(server: ServeProcess) -> dict[str, float]:
    """Return what could grow: megabytes of memory and disk, open files, threads."""
    assert server.process
    proc = Path(f"/proc/{server.process.pid}")
    async with httpx.AsyncClient(base_url=server.url, timeout=120) as http:
        threads = (await http.post("/threads/count", json={})).json()
    return {
        "memory MB": int((proc / "statm").read_text().split()[1]) * 4096 / 1e6,
        "files": len([*(proc / "fd").iterdir()]),
        "disk MB": sum(f.stat().st_size for f in (server.folder / "data").iterdir()) / 1e6,
        "threads": threads if isinstance(threads, int) else -1,
    }


async def day(server: ServeProcess, models: BillingServer, seconds: float, clients: int) -> None:
    chance, all_seen = random.Random(7), Counter[str]()
    for hour in range(1, HOURS + 1):
        seen, until = Counter[str](), time.monotonic() + seconds
        own = [random.Random(chance.random()) for _ in range(clients)]
        await asyncio.gather(*[one_client(server.url, until, one, seen) for one in own])
        models.forget()
        figures = "  ".join(f"{name} {n:6.1f}" for name, n in (await measured(server)).items())
        failed = sum(n for what, n in seen.items() if what.split()[1].startswith("5"))
        print(f"hour {hour:2}  {figures}  actions {seen.total():4}  5xx {failed}", flush=True)
        all_seen += seen
        if hour == HOURS // 2:
            print(f"SIGTERM: exit code {server.end()}", flush=True)
            server.start()
    for what, number in sorted(all_seen.items()):
        print(f"{number:6} {what}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds-per-hour", type=float, default=60)
    parser.add_argument("--clients", type=int, default=6)
    options = parser.parse_args()
    keep = options.seconds_per_hour * KEPT_HOURS / 86_400
    with tempfile.TemporaryDirectory() as folder:
        models = TroubledServer(varied, delay=0.05)
        flags = ["--keep-days", str(keep), "--run-seconds", "30", "--max-concurrent", "8"]
        with (
            models,
            ServeProcess(Path(folder), "-p", f"openai:x@{models.base_url}", *flags) as server,
        ):
            asyncio.run(day(server, models, options.seconds_per_hour, options.clients))


if __name__ == "__main__":
    main()
