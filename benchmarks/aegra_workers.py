"""Runs on two aegra workers, one of which is killed in the middle: what ends, and what it costs.

Needs PostgreSQL with its contrib, Redis and nginx (Debian: apt-get install postgresql redis-server
nginx), and an environment with aegra and this package, as `make aegra` makes it. All of it listens
on 127.0.0.1, and the model is scripted: it costs nothing.

    TPO_AEGRA=.venv-aegra/bin/python python benchmarks/aegra_workers.py [--runs 50] [--soon]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from langgraph_sdk import get_client

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "fakes"))
from aegra_workers import aegra_workers
from billing_server import BillingServer, varied

KEY = "sk-benchmark-1234567890"
KNOBS = {"depth": 2, "width": 3, "seed": 1}
PER_RUN = 7  # requests: one for the first samples, then a loss, a gradient and an update twice
SOON = {"LEASE_DURATION_SECONDS": "5", "HEARTBEAT_INTERVAL_SECONDS": "2"}
SOON |= {"REAPER_INTERVAL_SECONDS": "1"}
ENDED = {"success", "error", "interrupted", "timeout"}
GO_ON: Any = {"input": None, "command": {"update": {"halt": None}}}


def question(number: int) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": f"Why is the sky blue? ({number})"}]}


async def begin(client: Any, number: int) -> tuple[str, str]:
    thread = str((await client.threads.create())["thread_id"])
    run = await client.runs.create(thread, "tpo", input=question(number), context=KNOBS)
    return thread, run["run_id"]


async def wait_for(client: Any, runs: list[tuple[str, str]], seconds: float) -> Counter[str]:
    """Return how many runs have which status, once all have ended or the time is over."""
    end = time.monotonic() + seconds
    while True:
        found = Counter[str]()
        for thread, run in runs:
            found[(await client.runs.get(thread, run))["status"]] += 1
        if set(found) <= ENDED or time.monotonic() > end:
            return found
        await asyncio.sleep(1)


def told(models: BillingServer) -> dict[str, int]:
    """Return how often models were asked, and how often for what had been answered before."""
    bodies = Counter(json.dumps(asked.body, sort_keys=True) for asked in models.asked)
    answered = Counter(
        json.dumps(asked.body, sort_keys=True) for asked in models.asked if asked.finished
    )
    return {
        "requests": len(models.asked),
        "different": len(bodies),
        "answered twice": sum(count - 1 for count in answered.values()),
        "cut off": sum(not asked.finished for asked in models.asked),
    }


async def go_on(client: Any, runs: list[tuple[str, str]]) -> list[str]:
    """Resume what has not ended well, and return the threads."""
    left = [t for t, run in runs if (await client.runs.get(t, run))["status"] != "success"]
    for thread in left:
        await client.runs.wait(thread, "tpo", **GO_ON, context=KNOBS)
    return left


async def measure(url: str, kill: Any, models: BillingServer, count: int, patience: float) -> None:
    async with get_client(url=url, api_key=KEY, timeout=120) as client:
        began = time.monotonic()
        runs = list(await asyncio.gather(*(begin(client, n) for n in range(count))))
        while len(models.asked) < count * PER_RUN / 2:
            await asyncio.sleep(0.01)
        kill()
        print(f"killed after {len(models.asked)} of {count * PER_RUN} requests", flush=True)
        found = await wait_for(client, runs, patience)
        print(f"{time.monotonic() - began:.0f} s after the start: {dict(found)}; {told(models)}")
        left = await go_on(client, runs)
        states: list[Any] = [(await client.threads.get_state(t))["values"] for t, _ in runs]
        whole = sum(values.get("stop_reason") == "depth" for values in states)
        print(f"resumed by hand: {len(left)}; whole answers: {whole} of {count}; {told(models)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--delay", type=float, default=0.5, help="seconds per request")
    parser.add_argument("--patience", type=float, default=240, help="seconds to wait for runs")
    parser.add_argument("--soon", action="store_true", help="short leases, so that it ends sooner")
    parser.add_argument("--durability", default="", help="of saving; empty: as in aegra.json")
    given = parser.parse_args()
    settings = {"TPO_SERVE_KEYS": KEY, "TPO_POLICY_API_KEY": "none", **(SOON if given.soon else {})}
    if given.durability:
        settings["AEGRA_CHECKPOINT_DURABILITY"] = given.durability
    with (
        tempfile.TemporaryDirectory() as folder,
        BillingServer(varied, delay=given.delay) as models,
    ):
        settings["TPO_POLICY"] = f"openai:x@{models.base_url}"
        settings["TPO_SERVE_DATA"] = folder
        with aegra_workers(Path(folder), 2, **settings) as workers:
            kill = lambda: workers.all[0].stop(signal.SIGKILL)  # noqa: E731
            asyncio.run(measure(workers.url, kill, models, given.runs, given.patience))


if __name__ == "__main__":
    main()
