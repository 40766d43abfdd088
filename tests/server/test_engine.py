"""LangGraph's Agent Server as a team's server: our keys, bounds, `/v1` and the page on it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
from dev_server import DevServer
from langgraph_sdk import get_client
from source_tree import ROOT

from tpo.serving.guard.callers import KeyLimits, Role
from tpo.serving.guard.key_records import new_key
from tpo.serving.guard.keys_file import write_keys

pytestmark = pytest.mark.loopback

CONFIG = ROOT / "examples" / "agent_server" / "langgraph.json"
OPERATORS, MODEL_KEY = "sk-operator-1234567890", "sk-loopback-1234567890"
CONTEXT = {"depth": 1, "width": 2, "seed": 1}
INPUT = {"messages": [{"role": "user", "content": "Why is the sky blue?"}]}
PEOPLE: dict[str, Role] = {"ann": "user", "bob": "user", "eve": "admin"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    made = {n: new_key(n, role, KeyLimits(), by_header=False) for n, role in PEOPLE.items()}
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    write_keys(path, [record for record, _ in made.values()])
    return path, {name: key for name, (_, key) in made.items()} | {"operator": OPERATORS}


@pytest.fixture(scope="module")
def engine(models: Any, keys: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    if not find_spec("langgraph_cli") or not find_spec("langgraph_api"):
        pytest.skip("langgraph-cli[inmem] is not installed: pip install 'tpo[studio]'")
    settings = {
        "TPO_POLICY": f"openai:x@{models.base_url}",
        "TPO_POLICY_API_KEY": MODEL_KEY,
        "TPO_SERVE_KEYS": OPERATORS,
        "TPO_SERVE_KEYS_FILE": str(keys[0]),
    }
    with DevServer(tmp_path_factory.mktemp("engine"), config=CONFIG, **settings) as server:
        yield server
        said = server.log.read_text()
    assert not [key for key in (MODEL_KEY, *keys[1].values()) if key in said]


def client_of(engine: DevServer, keys: Any, name: str) -> Any:
    return get_client(url=engine.url, api_key=keys[1][name], timeout=60)


def status_of(got: Any) -> int:
    return int(getattr(getattr(got, "response", None), "status_code", 0))


async def test_nobody_comes_in_without_a_key(engine):
    async with httpx.AsyncClient(base_url=engine.url) as nobody:
        for headers in ({}, {"x-api-key": "wrong"}, {"x-auth-scheme": "langsmith"}):
            for path in ("/threads/search", "/runs/wait", "/assistants/search", "/v1/responses"):
                assert (await nobody.post(path, json={}, headers=headers)).status_code == 401, path
            assert (await nobody.get("/v1/models", headers=headers)).status_code == 401
        assert (await nobody.get("/app/")).status_code == 200
        assert (await nobody.get("/ok")).status_code == 200


async def test_threads_are_their_makers_and_admins_see_all(engine, keys):
    async with (
        client_of(engine, keys, "ann") as hers,
        client_of(engine, keys, "bob") as his,
        client_of(engine, keys, "eve") as admin,
        client_of(engine, keys, "operator") as operator,
    ):
        thread = (await hers.threads.create(metadata={"owner": "bob"}))["thread_id"]
        assert (await hers.runs.wait(thread, "tpo", input=INPUT, context=CONTEXT))["answer"]
        (run,) = await hers.runs.list(thread)
        assert await his.threads.search() == []
        assert await his.threads.count() == 0
        tries = (
            his.threads.get(thread),
            his.threads.get_state(thread),
            his.threads.get_history(thread),
            his.threads.copy(thread),
            his.threads.update(thread, metadata={"owner": "bob"}),
            his.threads.update_state(thread, {"answer": "Mine."}, as_node="finish"),
            his.threads.delete(thread),
            his.runs.list(thread),
            his.runs.get(thread, run["run_id"]),
            his.runs.cancel(thread, run["run_id"]),
            his.runs.join(thread, run["run_id"]),
            his.runs.wait(thread, "tpo", input=INPUT, context=CONTEXT),
            his.crons.create("tpo", schedule="* * * * *", input=INPUT),
            his.store.put_item(["notes"], "a", {"b": 1}),
            his.assistants.create("tpo", name="his"),
        )
        got = await asyncio.gather(*tries, return_exceptions=True)
        refused = {403, 404, 409}  # the last for a copy
        assert [(n, one) for n, one in enumerate(got) if status_of(one) not in refused] == []
        assert await his.threads.search() == []
        await hers.threads.update(thread, metadata={"owner": "bob", "title": "Sky"})
        for client in (hers, admin, operator):
            (found,) = await client.threads.search(metadata={"title": "Sky"})
            assert (found["thread_id"], found["metadata"]["owner"]) == (thread, "ann")


async def test_settings_beyond_the_bounds_are_refused(engine, keys):
    async with client_of(engine, keys, "ann") as client:
        for wrong in ({"policy": "openai:x@http://127.0.0.1:9/v1"}, {"width": 100, "depth": 20}):
            with pytest.raises(Exception, match=r"policy|server allows"):
                await client.runs.wait(None, "tpo", input=INPUT, context={**CONTEXT, **wrong})
