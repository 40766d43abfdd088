"""One `langgraph dev` for all tests of this folder, with a loopback server as its model."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from billing_server import BillingServer, varied
from dev_server import DevServer
from langgraph_sdk import get_client

KEY = "sk-loopback-1234567890"


@pytest.fixture(scope="session")
def models() -> Iterator[BillingServer]:
    with BillingServer(varied, api_key=KEY) as server:
        yield server


@pytest.fixture(scope="session")
def slow() -> Iterator[str]:
    """The spec of a policy that takes its time, so that a run can be left in the middle."""
    with BillingServer(varied, api_key=KEY, delay=0.3) as server:
        yield f"openai:x@{server.base_url}"


@pytest.fixture(scope="session")
def dev(models: BillingServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    if not find_spec("langgraph_cli") or not find_spec("langgraph_api"):
        pytest.skip("langgraph-cli[inmem] is not installed: pip install 'tpo[studio]'")
    folder = tmp_path_factory.mktemp("studio")
    settings = {
        "TPO_POLICY": f"openai:x@{models.base_url}",
        "TPO_POLICY_API_KEY": KEY,
        "TPO_CRITIC": "the file wins",
        "TPO_SCORE_CACHE": str(folder / "scores.db"),
    }
    file = f"TPO_CRITIC=openai:critic@{models.base_url}\n"
    with DevServer(folder, file, **settings) as server:
        yield server
        said = server.log.read_text()
    assert KEY not in said


@pytest.fixture
async def client(dev: DevServer, models: BillingServer, request: Any) -> AsyncIterator[Any]:
    """A client of the server; the server's log must show no error and nothing that blocks.

    A test that provokes errors asks for the fixture `errors_expected`.
    """
    models.forget()
    start = dev.log.stat().st_size
    async with get_client(url=dev.url, api_key=None, timeout=60) as made:
        yield made
    entries = dev.entries(start)
    assert [e for e in entries if "Blocking" in str(e)] == []
    if "errors_expected" not in request.fixturenames:
        assert [e for e in entries if e.get("level") in {"error", "critical"}] == []
        assert [e for e in entries if "Traceback" in str(e)] == []


@pytest.fixture
def errors_expected() -> None:
    """Say that the test makes the server log errors."""


@pytest.fixture
async def assistants(client: Any) -> dict[str, str]:
    """The id of the assistant of every graph."""
    found = await client.assistants.search()
    return {assistant["graph_id"]: assistant["assistant_id"] for assistant in found}


@pytest.fixture
async def thread(client: Any) -> AsyncIterator[str]:
    made = await client.threads.create()
    yield made["thread_id"]
    with contextlib.suppress(Exception):
        await client.threads.delete(made["thread_id"])
