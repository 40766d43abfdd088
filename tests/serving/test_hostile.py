"""Bodies too large, wrong hosts and origins, paths that climb, clients that dawdle: no 500."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from billing_server import BillingServer
from patience import PATIENCE
from serve_process import ServeProcess

from tpo.serving.app import app_of_tpo_serve
from tpo.serving.guard.api_keys import Keyring
from tpo.serving.guard.run_limit import RunLimit
from tpo.serving.served_models import ServedModels
from tpo.serving.server_settings import Settings

pytestmark = pytest.mark.loopback

LARGE = 10_000_000
ASK = {"model": "tpo", "messages": [{"role": "user", "content": "Why?"}]}
SMALL = {**ASK, "tpo": {"depth": 0, "width": 1}}
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>\u2028</style>"


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/threads", "/assistants/search"])
@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
def test_large_bodies(http, path, chunked):
    body = b'{"a": "' + b"x" * LARGE + b'"}'
    content = (body[i : i + 65536] for i in range(0, len(body), 65536)) if chunked else body
    try:
        said = http.post(path, content=content)
        assert said.status_code == 413
    except (httpx.WriteError, httpx.ReadError):  # it stopped reading, and closed
        pass
    assert http.post("/v1/chat/completions", json=SMALL).status_code == 200


def test_a_long_prompt(http):
    long = {**SMALL, "messages": [{"role": "user", "content": "x" * 200_001}]}
    said = http.post("/v1/chat/completions", json=long)
    assert said.status_code == 400
    assert said.json()["error"]["code"] == "context_length_exceeded"


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/runs/wait"])
def test_more_messages_than_anyone_sends(http, path):
    """Each is checked while all other clients wait."""
    many = ASK["messages"] * 2001
    body = {"assistant_id": "tpo", "input": {"messages": many}} if "runs" in path else ASK
    said = http.post(path, json={**body, "messages": many})
    assert said.status_code in (400, 422)
    assert "2000" in said.text


BODIES = [
    b"",
    b"null",
    b"[]",
    b"1",
    b"{",
    b"\xff\xfe",
    b'{"model": NaN}',
    b"[" * 100_000,
    b'{"model": "\\ud800", "messages": [{"role": "user", "content": "\\ud800"}]}',
    b'{"model": {"a": 1}, "messages": 7}',
    b'{"model": "tpo", "messages": [{"role": "root", "content": "x"}]}',
    b'{"model": "tpo", "messages": [{"role": "user", "content": "x"}], "tpo": []}',
    b'{"model": "tpo", "messages": [{"role": "user", "content": "x"}], "seed": 1e999}',
    b'{"model": "tpo", "messages": [{"role": "user", "content": "x"}], "stop": ["", "a", 1]}',
]
PATHS = [
    "/v1/chat/completions",
    "/threads",
    "/threads/search",
    "/threads/count",
    "/assistants/search",
    "/runs/wait",
    "/threads/00000000-0000-4000-8000-000000000000/runs",
    "/threads/x/state",
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:30])
def test_bodies_that_are_wrong(http, body):
    for path in PATHS:
        said = http.post(path, content=body)
        assert said.status_code < 500, (path, said.text)
        assert isinstance(said.json(), (dict, list, int))


INPUTS: list[Any] = [[], "x", {"messages": [{"role": 5}]}, {"messages": [7]}, {"a": 1}]


@pytest.mark.parametrize("given", INPUTS, ids=str)
def test_inputs_that_are_wrong(http, given):
    thread = http.post("/threads", json={}).json()["thread_id"]
    body = {"assistant_id": "tpo", "input": given}
    said = http.post(f"/threads/{thread}/runs/wait", json=body)
    assert said.status_code in {200, 422}
    assert said.status_code == 422 or said.json()["__error__"]["message"]
    assert http.get(f"/threads/{thread}/state").status_code == 200


def test_states_that_are_wrong(http):
    thread = http.post("/threads", json={}).json()["thread_id"]
    for wrong in (
        {"values": {"rounds": "x"}, "as_node": "loss"},
        {"values": {"nonsense": 1}, "as_node": "rank"},
        {"values": 5, "as_node": "rank"},
        {"values": {}, "as_node": "nobody"},
        {"values": {"messages": [{"role": "user", "content": "x"}]}, "checkpoint_id": "none"},
    ):
        said = http.post(f"/threads/{thread}/state", json=wrong)
        assert said.status_code < 500, (wrong, said.text)
        assert http.get(f"/threads/{thread}/state").status_code == 200
    assert http.get(f"/threads/{thread}/state/none").status_code < 500
    assert http.post(f"/threads/{thread}/history", json={"before": {"a": 1}}).status_code == 422


@pytest.mark.parametrize("path", ["/", "/app"])
def test_the_way_to_the_page_leads_through_whatever_proxy_is_in_front(server, path):
    said = httpx.get(f"{server.url}{path}", timeout=PATIENCE)
    assert (said.status_code, said.headers["location"]) == (307, "app/")


@pytest.mark.parametrize("path", ["/v1/models", "/app/", "/threads/search", "/ok", "/"])
def test_a_foreign_host(server, path):
    """A page whose name was made to lead here must get nothing."""
    with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
        method = "POST" if path == "/threads/search" else "GET"
        for host in ("evil.example", "evil.example:2024", "127.0.0.1.evil.example", ""):
            said = client.request(method, path, headers={"host": host}, json={})
            assert said.status_code == 400, host


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/threads", "/runs/wait"])
def test_a_foreign_origin(server, models, path):
    models.forget()
    with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
        for origin in ("https://evil.example", "http://localhost.evil.example", "null", "x"):
            said = client.post(path, json=ASK, headers={"origin": origin})
            assert said.status_code == 403, origin
            assert said.headers.get("access-control-allow-origin") in {None, ""}
    assert models.asked == []


def test_known_origins(server):
    with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
        for origin in ("https://smith.langchain.com", "http://localhost:5173", server.url):
            asking = {"origin": origin, "access-control-request-method": "POST"}
            asking["access-control-request-headers"] = "content-type,x-api-key"
            allowed = client.options("/threads", headers=asking)
            assert allowed.headers["access-control-allow-origin"] == origin
            said = client.post("/threads", json={}, headers={"origin": origin})
            assert said.status_code == 200


async def test_studio_may_use_it_if_the_owner_says_so():
    async def preflight(**settings: Any) -> httpx.Response:
        served, limit = ServedModels(Settings()), RunLimit(1)
        worker = SimpleNamespace(run_limit=limit)
        agent: Any = SimpleNamespace(keyring=Keyring(), routes=list, worker=worker)
        app = app_of_tpo_serve(Settings(**settings), served, limit, agent)
        asked = {
            "origin": "https://smith.langchain.com",
            "access-control-request-method": "POST",
            "access-control-request-private-network": "true",
        }
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.options("/v1/models", headers=asked)

    refused = await preflight()
    assert (refused.status_code, "--allow-origin" in refused.text) == (403, True)
    allowed = await preflight(studio=True)
    assert allowed.headers["access-control-allow-origin"] == "https://smith.langchain.com"
    assert allowed.headers["access-control-allow-private-network"] == "true"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/ok"), ("GET", "/v1/models"), ("POST", "/threads"), ("GET", "/nowhere"),
     ("GET", "/v1/nowhere"), ("POST", "/threads/search"), ("GET", "/v1/openapi.json")],
)  # fmt: skip
@pytest.mark.parametrize("host", ["", "evil.example"])
def test_no_response_is_guessed_at_or_kept(http, method, path, host):
    said = http.request(method, path, json={}, headers={"host": host} if host else {})
    assert said.headers["x-content-type-options"] == "nosniff"
    assert said.headers["cache-control"] == "no-store"


CLIMBS = [
    "/app/../settings.py",
    "/app/..%2fsettings.py",
    "/app/%2e%2e/settings.py",
    "/app/%2e%2e%2f%2e%2e%2fpyproject.toml",
    "/app//etc/passwd",
    "/app/..%5c..%5csettings.py",
    "/app/%00",
    "/app/" + "a" * 5000,
]


@pytest.mark.parametrize("path", CLIMBS)
def test_paths_that_climb(serve, path):
    said = raw(serve, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    assert b" 404 " in said.split(b"\r\n")[0]
    assert b"Settings" not in said
    assert b"root:" not in said


def raw(server: Any, text: str) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as made:
        made.sendall(text.encode())
        said = b""
        while piece := made.recv(65536):
            said += piece
        return said


def test_the_page_trusts_no_one(http):
    said = http.get("/app/")
    assert said.status_code == 200
    assert "default-src 'self'" in said.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in said.headers["content-security-policy"]
    assert said.headers["x-content-type-options"] == "nosniff"


def test_script_in_answers_stays_text(tmp_path):
    with (
        BillingServer(lambda body, index: SCRIPT) as models,
        ServeProcess(tmp_path, "-p", f"openai:x@{models.base_url}") as server,
        httpx.Client(base_url=server.url, timeout=30) as client,
    ):
        plain = client.post("/v1/chat/completions", json=SMALL)
        assert plain.json()["choices"][0]["message"]["content"] == SCRIPT
        streamed = client.post("/v1/chat/completions", json={**SMALL, "stream": True})
        body = {"assistant_id": "tpo", "input": {"messages": ASK["messages"]}}
        run = client.post("/runs/stream", json={**body, "stream_mode": "custom"})
    for said in (plain, streamed, run):
        assert said.headers["content-type"].split(";")[0] in {
            "application/json",
            "text/event-stream",
        }
    for line in (*streamed.text.split("\n"), *run.text.split("\r\n")):
        if line.startswith("data: {"):
            json.loads(line[6:])  # one line per event, whatever is in it


async def test_a_thousand_slow_clients(tmp_path, models):
    """They say half a head, or half a body, or nothing; others are served."""
    options = ["-p", f"openai:x@{models.base_url}", "--max-connections", "1100"]
    with (
        ServeProcess(tmp_path, *options, "--patience-seconds", "600") as server,
        ExitStack() as held,
    ):
        for number in range(1000):
            held.enter_context(dawdle(server.port, number))
        async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as client:
            assert (await client.get("/ok")).status_code == 200
            assert (await client.post("/v1/chat/completions", json=SMALL)).status_code == 200
        assert open_files(server) > 500
        assert memory(server) < 400_000_000


async def test_slow_clients_end(tmp_path, models):
    options = ["-p", f"openai:x@{models.base_url}", "--patience-seconds", "1"]
    with ServeProcess(tmp_path, *options) as server, ExitStack() as held:
        for made in [held.enter_context(dawdle(server.port, number)) for number in range(30)]:
            while made.recv(4096):  # the server says why, and ends it
                pass
        async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as client:
            assert (await client.post("/v1/chat/completions", json=SMALL)).status_code == 200


async def test_idle_strangers_shut_out_nobody(tmp_path, models):
    """More of them than there may be connections: the oldest is closed for whoever comes."""
    options = ["-p", f"openai:x@{models.base_url}", "--max-connections", "30", "--key", "k"]
    with (
        ServeProcess(tmp_path, *options, "--patience-seconds", "600") as server,
        ExitStack() as held,
    ):
        for number in range(100):
            held.enter_context(dawdle(server.port, number))
        headers = {"x-api-key": "k"}
        async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE, headers=headers) as own:
            for _ in range(3):
                assert (await own.get("/ok")).status_code == 200
                assert (await own.post("/v1/chat/completions", json=SMALL)).status_code == 200
                for number in range(50):
                    held.enter_context(dawdle(server.port, number))


async def test_who_does_not_read_is_dropped(tmp_path, models):
    """Whatever the response: here a long list, as JSON."""
    options = ["-p", f"openai:x@{models.base_url}", "--patience-seconds", "1"]
    with ServeProcess(tmp_path, *options) as server, ExitStack() as held:
        with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
            for _ in range(150):
                client.post("/threads", json={"metadata": {"x": "x" * 60_000}})
        body = json.dumps({"limit": 1000, "select": ["metadata"]})
        head = f"POST /threads/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}"
        before = open_files(server)
        for _ in range(5):
            made = held.enter_context(
                socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
            )
            made.sendall(f"{head}\r\n\r\n{body}".encode())
        end = time.monotonic() + PATIENCE
        await asyncio.sleep(1)
        while open_files(server) > before and time.monotonic() < end:
            await asyncio.sleep(0.1)
        assert open_files(server) <= before
    said = server.log.read_text()
    assert "Traceback" not in said, said


def dawdle(port: int, number: int) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    made.sendall([head, f"{head}Content-Length: 100\r\n\r\n{{", ""][number % 3].encode())
    return made


def memory(server: ServeProcess) -> int:
    assert server.process
    return int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]) * 4096


def open_files(server: ServeProcess) -> int:
    assert server.process
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
