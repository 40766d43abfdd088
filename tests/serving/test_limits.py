"""How much one server takes on: runs, calls, time; and what it says when that is reached."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from pathlib import Path

import httpx
import openai
import pytest
from billing_server import BillingServer, varied
from serve_process import ServeProcess

pytestmark = pytest.mark.loopback

ASK = {"model": "tpo", "messages": [{"role": "user", "content": "Why?"}]}
RUN = {"assistant_id": "tpo", "input": {"messages": ASK["messages"]}}


@contextmanager
def serving(folder: Path, *limits: str):
    """Open a server on a policy that takes half a second."""
    with BillingServer(varied, delay=0.5) as models:
        policy = ["-p", f"openai:x@{models.base_url}"]
        with ServeProcess(folder, *policy, *limits, "--heartbeat-seconds", "0.1") as server:
            yield server


@pytest.fixture
def slow(tmp_path: Path):
    """A server for two runs at a time, and one that waits."""
    with serving(tmp_path, "--max-concurrent", "2", "--max-waiting", "1") as server:
        yield server


@pytest.fixture
def impatient(tmp_path: Path):
    """A server whose runs may take little more than a second: too long on a busy machine too."""
    with serving(tmp_path, "--run-seconds", "1.2") as server:
        yield server


def chat_client(server: ServeProcess) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)


async def test_more_runs_than_there_are_places(slow):
    small = {"tpo": {"depth": 0, "width": 1}}
    async with chat_client(slow) as client:
        asking = [client.chat.completions.create(**ASK, extra_body=small) for _ in range(5)]
        done = await asyncio.gather(*asking, return_exceptions=True)
        assert await client.chat.completions.create(**ASK, extra_body=small)
    refused = [one for one in done if isinstance(one, Exception)]
    assert len(refused) == 3
    assert all(isinstance(one, openai.RateLimitError) for one in refused)
    assert {one.code for one in refused} == {"too_many_runs"}
    assert {one.response.headers["retry-after"] for one in refused} == {"5"}


async def test_runs_of_threads_wait(slow):
    async with httpx.AsyncClient(base_url=slow.url, timeout=20) as client:
        body = {**RUN, "context": {"depth": 0, "width": 1}}
        asking = [client.post("/runs/wait", json=body) for _ in range(4)]
        done = [response.status_code for response in await asyncio.gather(*asking)]
    assert sorted(done) == [200, 200, 200, 429]


async def test_a_run_that_takes_too_long(impatient):
    async with chat_client(impatient) as client:
        with pytest.raises(openai.InternalServerError) as caught:
            await client.chat.completions.create(**ASK, extra_body={"tpo": {"depth": 3}})
    assert (caught.value.status_code, caught.value.type) == (504, "timeout")
    async with httpx.AsyncClient(base_url=impatient.url, timeout=20) as http:
        thread = (await http.post("/threads", json={})).json()["thread_id"]
        out = (await http.post(f"/threads/{thread}/runs/wait", json=RUN)).json()
        assert "longer than 1.2 s" in out["__error__"]["message"]
        (run,) = (await http.get(f"/threads/{thread}/runs")).json()
    assert run["status"] == "timeout"


async def test_silence_is_filled(slow):
    """Comments keep proxies from closing; they are timed from the last bytes."""
    async with httpx.AsyncClient(base_url=slow.url, timeout=20) as client:
        small = {"depth": 0, "width": 1}
        body = {**ASK, "stream": True, "tpo": small}
        chat = await client.post("/v1/chat/completions", json=body)
        body = {**RUN, "context": small}
        run = await client.post("/runs/stream", json={**body, "stream_mode": "values"})
        wait = await client.post("/runs/wait", json=body)
    assert chat.text.count(": heartbeat") >= 2
    assert run.text.count(": heartbeat") >= 2
    assert wait.text.startswith("\n")
    assert wait.json()["answer"]


def test_calls_are_bounded_for_every_way_in(http, models):
    models.forget()
    knobs = {"width": 50, "depth": 5}
    chat = http.post("/v1/chat/completions", json={**ASK, "tpo": knobs})
    assert (chat.status_code, "allows 200" in chat.text) == (400, True)
    run = http.post("/runs/wait", json={**RUN, "context": knobs})
    assert (run.status_code, "allows 200" in run.text) == (422, True)
    older = http.post("/runs/wait", json={**RUN, "config": {"configurable": knobs}})
    assert older.status_code == 422
    assert models.asked == []


def test_each_critique_of_a_round_counts(http, models):
    models.forget()
    knobs = {"width": 20, "depth": 8, "mode": "adaptive"}  # 196 texts with one critique
    refused = http.post("/runs/wait", json={**RUN, "context": {**knobs, "critiques": 2}})
    assert (refused.status_code, "take 212 texts" in refused.text) == (422, True)
    assert models.asked == []


COMMAND = "verify:command:sh {file}"


@pytest.mark.parametrize("knob", ["policy", "critic", "reward", "heldout", "fallback_reward"])
def test_specs_are_the_owners(http, models, knob):
    """A spec names servers, files and code: clients choose among those that are served."""
    models.forget()
    for spec in ("openai:x@http://10.0.0.1/v1", "verify:os.system", "mix:/etc/passwd", COMMAND):
        run = http.post("/runs/wait", json={**RUN, "context": {knob: spec}})
        assert run.status_code == 422, run.text
        assert f"{knob}: input should be" in run.text
    assert models.asked == []


def test_several_policies_are_the_owner_s_too(http, models):
    models.forget()
    for spec in ("openai:x@http://10.0.0.1/v1", "huggingface:x"):
        run = http.post("/runs/wait", json={**RUN, "context": {"policies": [spec]}})
        assert run.status_code == 422, run.text
        assert "policies.0: input should be" in run.text
    assert models.asked == []
    known = http.get("/assistants/tpo/schemas").json()["context_schema"]["properties"]["policy"]
    context = {"policies": known["enum"], "width": 2, "depth": 0}
    assert http.post("/runs/wait", json={**RUN, "context": context}).json()["answer"]


def test_any_spec(models, tmp_path):
    options = ["-p", "openai:nobody@http://127.0.0.1:9/v1", "--any-spec"]
    with ServeProcess(tmp_path, *options) as server, httpx.Client(timeout=30) as client:
        context = {"policy": f"openai:z@{models.base_url}", "depth": 0, "width": 1}
        out = client.post(f"{server.url}/runs/wait", json={**RUN, "context": context})
        assert out.json()["answer"] in models.texts
        for reward in (COMMAND, f"cached:{COMMAND}"):  # any, but to run code it must be listed
            context = {"policy": f"openai:z@{models.base_url}", "reward": reward}
            refused = client.post(f"{server.url}/runs/wait", json={**RUN, "context": context})
            assert "is not allowed: list it in the environment" in refused.text
