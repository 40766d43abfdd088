"""One `tpo serve` and one `langgraph dev` for this folder, on a loopback model server."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import httpx
import pytest
from billing_server import BillingServer, varied
from dev_server import DevServer
from serve_process import ServeProcess

ALLOWED = ("top_k", "chat_template_kwargs", "reasoning_effort")  # parameters that are passed on


@pytest.fixture(scope="session")
def models() -> Iterator[BillingServer]:
    """The server behind the policy; each answer takes a moment, so that runs overlap."""
    with BillingServer(varied, delay=0.01) as server:
        yield server


@pytest.fixture(scope="session")
def serve(models: BillingServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("serve")
    options = ["--policy", f"openai:x@{models.base_url}", "--max-body-bytes", "1000000"]
    named = ["--model", f"small=openai:y@{models.base_url}"]
    passed = [option for name in ALLOWED for option in ("--allow-parameter", name)]
    with ServeProcess(folder, *options, *named, *passed, "--studio", cold=True) as server:
        yield server
        said = server.log.read_text()
    assert "Traceback" not in said, said


@pytest.fixture(scope="session")
def dev(models: BillingServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    if not find_spec("langgraph_cli") or not find_spec("langgraph_api"):
        pytest.skip("langgraph-cli[inmem] is not installed: pip install 'tpo[studio]'")
    folder = tmp_path_factory.mktemp("dev")
    allowed = {"TPO_SERVE_ALLOW_PARAMETERS": ",".join(ALLOWED)}
    with DevServer(folder, TPO_POLICY=f"openai:x@{models.base_url}", **allowed) as server:
        yield server


@pytest.fixture(params=["serve", "dev"])
def server(request: pytest.FixtureRequest) -> Any:
    """Both servers, one after the other: what works on one has to work on the other."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def http(serve: ServeProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=serve.url, timeout=30) as client:
        yield client
