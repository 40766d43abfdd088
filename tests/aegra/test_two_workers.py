"""Two workers on one PostgreSQL behind a proxy: keys, `/v1`, the page, and a worker that dies."""

from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from aegra_workers import Workers
from langgraph_sdk import get_client
from langgraph_sdk.errors import APIStatusError
from openai import AsyncOpenAI, AuthenticationError
from patience import PATIENCE, until

from tpo.serving.guard.callers import KeyLimits
from tpo.serving.guard.key_records import new_key
from tpo.serving.guard.keys_file import read_keys, write_keys

pytestmark = [pytest.mark.loopback, pytest.mark.postgres]

OPERATORS = "sk-operator-1234567890"
CONTEXT = {"depth": 1, "width": 3, "seed": 1}
ENDED = {"success", "error", "interrupted", "timeout"}


def question(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


def key_of(workers: Workers, name: str) -> str:
    """Add a person to the file that both workers read."""
    path = Path(workers.all[0].environment["TPO_SERVE_KEYS_FILE"])
    record, key = new_key(name, "user", KeyLimits(), by_header=False)
    write_keys(path, [*read_keys(path), record])
    return key


async def test_a_key_opens_everything_and_nothing_is_open_without(workers):
    async with get_client(url=workers.url, api_key="", timeout=60) as nobody:
        with pytest.raises(APIStatusError, match="needs its API key"):
            await nobody.threads.create()
    async with AsyncOpenAI(base_url=f"{workers.url}/v1", api_key="wrong") as wrong:
        with pytest.raises(AuthenticationError):
            await wrong.models.list()
    async with AsyncOpenAI(base_url=f"{workers.url}/v1", api_key=OPERATORS) as client:
        said = await client.chat.completions.create(
            model="tpo", extra_body={"tpo": CONTEXT}, **question("Why is the sky blue?")
        )
    assert said.choices[0].message.content


async def test_threads_are_their_makers_on_every_worker(workers):
    ann, bob = key_of(workers, "ann"), key_of(workers, "bob")
    async with (
        get_client(url=workers.all[0].url, api_key=ann, timeout=60) as hers,
        get_client(url=workers.all[1].url, api_key=bob, timeout=60) as his,
    ):
        thread = (await hers.threads.create())["thread_id"]
        done = await hers.runs.wait(
            thread, "tpo", input=question("Why is grass green?"), context=CONTEXT
        )
        run = (await hers.runs.list(thread))[0]["run_id"]
        assert done["answer"]
        assert await his.threads.search() == await his.runs.list(thread) == []
        tries = (
            his.threads.get(thread),
            his.threads.get_state(thread),
            his.threads.get_history(thread),
            his.threads.update(thread, metadata={"owner": "bob"}),
            his.threads.update_state(thread, {"answer": "Mine."}, as_node="finish"),
            his.threads.delete(thread),
            his.runs.get(thread, run),
            his.runs.cancel(thread, run),
            his.runs.wait(thread, "tpo", input=question("And at night?"), context=CONTEXT),
            his.crons.create("tpo", schedule="* * * * *", input=question("Again?")),
            his.store.put_item(["notes"], "a", {"b": 1}),
            his.assistants.create("tpo", name="his"),
        )
        got = await asyncio.gather(*tries, return_exceptions=True)
        assert [(place, one) for place, one in enumerate(got) if not is_refusal(one)] == []
        assert [t["thread_id"] for t in await hers.threads.search()] == [thread]


def is_refusal(got: Any) -> bool:
    return getattr(getattr(got, "response", None), "status_code", 0) in {403, 404}


async def test_settings_beyond_the_bounds_are_refused(workers):
    async with get_client(url=workers.url, api_key=OPERATORS, timeout=60) as client:
        thread = (await client.threads.create())["thread_id"]
        for wrong in ({"policy": "openai:x@http://127.0.0.1:9/v1"}, {"width": 100, "depth": 20}):
            run = await client.runs.create(
                thread, "tpo", input=question("Hm?"), context={**CONTEXT, **wrong}
            )
            assert (await ended(client, [(thread, run["run_id"])]))[0] == "error"


async def ended(client: Any, runs: list[tuple[str, str]]) -> list[str]:
    async with asyncio.timeout(2 * PATIENCE):
        while True:
            found = [(await client.runs.get(*one))["status"] for one in runs]
            if {*found} <= ENDED:
                return found
            await asyncio.sleep(0.2)


async def test_the_runs_of_a_killed_worker_go_on_on_the_other(workers, models):
    models.forget()
    models.delay = 0.3
    async with get_client(url=workers.url, api_key=OPERATORS, timeout=60) as client:
        runs = []
        for number in range(8):
            thread = (await client.threads.create())["thread_id"]
            run = await client.runs.create(
                thread, "tpo", input=question(f"Why is it so? ({number})"), context=CONTEXT
            )
            runs.append((thread, run["run_id"]))
        await until(lambda: len(models.asked) >= 14)
        workers.all[0].stop(signal.SIGKILL)
        try:
            assert await ended(client, runs) == ["success"] * len(runs)
        finally:
            models.delay = 0.0
            workers.all[0].start()
        states = [(await client.threads.get_state(thread))["values"] for thread, _ in runs]
    assert {(state["turn"], state["stop_reason"]) for state in states} == {(1, "depth")}
    asked = Counter(json.dumps(one.body, sort_keys=True) for one in models.asked)
    assert len(asked) == 4 * len(runs)
    in_flight = len(runs)  # requests, at most, whose answers no worker had saved when it died
    assert len(models.asked) - len(asked) <= in_flight
