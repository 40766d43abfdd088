"""The local model for real: one server per file, repeatable, silent, gone when we are."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tpo.core.errors import MissingDependencyError, PolicyError, TPOError
from tpo.models.local import embedded_server as servers
from tpo.models.local.embedded_server import (
    SLOTS,
    EmbeddedServer,
    close_embedded,
    embedded_server,
    find_model,
)
from tpo.models.request_cost import LLAMA_CPP


def why_not_installed() -> str:
    """Say why the real model cannot run here, or nothing."""
    if importlib.util.find_spec("xllamacpp") is None:
        return "xllamacpp is not installed: pip install 'tpo[embedded]'"
    try:
        find_model("")
    except TPOError as error:
        return str(error)
    return ""


MISSING = why_not_installed()


def real_model(test: Any) -> Any:
    """Mark a test that runs the real model, served on this machine's loopback."""
    for mark in (
        pytest.mark.embedded,
        pytest.mark.skipif(bool(MISSING), reason=MISSING),
        pytest.mark.loopback,
    ):
        test = mark(test)
    return test


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'tpo\[embedded\]'"):
        embedded_server("")


def test_closing_nothing_is_fine() -> None:
    close_embedded()


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    yield embedded_server()
    close_embedded()


def ask(server: EmbeddedServer, **body: Any) -> httpx.Response:
    question = {"role": "user", "content": "What is the capital of France?"}
    return httpx.post(
        f"{server.base_url}/chat/completions",
        headers={"Authorization": f"Bearer {server.api_key.get_secret_value()}"},
        json={"model": server.model, "messages": [question], "max_tokens": 16, **body},
        timeout=120,
        trust_env=False,
    )


def texts(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [choice["message"]["content"] for choice in response.json()["choices"]]


@real_model
def test_the_real_model_answers(server: EmbeddedServer, capfd: pytest.CaptureFixture[str]) -> None:
    assert server.context_tokens == 4096
    assert server.slots == SLOTS
    assert server.api_key.get_secret_value() not in repr(server)
    assert embedded_server("smollm2") is server

    assert len(texts(ask(server, temperature=0))) == 1

    sampled = {"n": SLOTS, "temperature": 0.8, "top_k": 0, "min_p": 0, "cache_prompt": False}
    first = texts(ask(server, seed=7, **sampled))
    assert len(set(first)) > 1
    assert texts(ask(server, seed=8, **sampled)) != first
    assert texts(ask(server, seed=7, **sampled)) == first

    several = ask(server, n=2).json()  # price_of knows this signature, and that one text is counted
    assert LLAMA_CPP.match(several["system_fingerprint"])
    assert several["usage"]["completion_tokens"] <= 16

    assert ask(server, n=SLOTS + 1).status_code == 400
    too_long = ask(server, messages=[{"role": "user", "content": "word " * 5000}])
    assert too_long.status_code == 400
    assert too_long.json()["error"]["type"] == "exceed_context_size_error"
    assert capfd.readouterr() == ("", "")


@real_model
def test_the_real_server_wants_its_key(server: EmbeddedServer) -> None:
    url = f"{server.base_url}/chat/completions"
    response = httpx.post(
        url, json={"messages": []}, headers={"Origin": "https://elsewhere.example"}, trust_env=False
    )
    assert response.status_code == 401
    assert response.headers["access-control-allow-origin"] == ""


@real_model
def test_the_real_server_comes_back_after_closing_and_after_a_crash() -> None:
    first = embedded_server()
    close_embedded()
    with pytest.raises(httpx.TransportError):
        ask(first)
    second = embedded_server()
    assert second != first
    running = next(iter(servers._running.values()))
    running.child.process.kill()
    running.child.process.wait()
    assert texts(ask(embedded_server()))
    close_embedded()


@real_model
def test_a_damaged_file_is_refused_with_the_reason(tmp_path: Path) -> None:
    cut = tmp_path / "cut.gguf"
    with find_model("").open("rb") as whole:
        cut.write_bytes(whole.read(4_000_000))
    with pytest.raises(PolicyError, match=r"cut\.gguf.*not within the file bounds"):
        embedded_server(str(cut))


LEAVES = """
import sys, threading, time, httpx
from tpo.models.local.embedded_server import embedded_server
import tpo.models.local.embedded_server as module
server = embedded_server()
print(next(iter(module._running.values())).child.process.pid, flush=True)
def ask():
    httpx.post(
        server.base_url + "/chat/completions",
        headers={"Authorization": "Bearer " + server.api_key.get_secret_value()},
        json={"messages": [{"role": "user", "content": "Tell a story"}], "n": 3,
              "ignore_eos": True, "max_tokens": 3000},
        timeout=300, trust_env=False)
if "wait" in sys.argv:
    ask()
threading.Thread(target=ask, daemon=True).start()
time.sleep(1)
"""


def gone(pid: int) -> bool:
    for _ in range(100):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 0)
            time.sleep(0.05)
            continue
        return True
    return False


@real_model
@pytest.mark.skipif(sys.platform == "win32", reason="signals as on POSIX")
@pytest.mark.parametrize(
    ("argument", "sent", "status"),
    [
        ("", None, 0),
        ("wait", signal.SIGINT, -signal.SIGINT),
        ("wait", signal.SIGTERM, -signal.SIGTERM),
        ("wait", signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_leaving_with_a_request_in_flight(
    argument: str, sent: signal.Signals | None, status: int
) -> None:
    search = [os.environ.get("PYTHONPATH", ""), *sys.path]
    with subprocess.Popen(
        [sys.executable, "-c", LEAVES, argument],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, search))},
    ) as process:
        assert process.stdout
        pid = int(process.stdout.readline())
        if sent:
            time.sleep(1)
            process.send_signal(sent)
        process.communicate(timeout=60)
    assert process.returncode == status
    assert gone(pid)
