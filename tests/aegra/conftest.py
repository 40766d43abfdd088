"""aegra, started for real on examples/aegra/ with a PostgreSQL server; see `make aegra`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from aegra_server import PYTHON, Aegra, aegra_database
from aegra_workers import Workers, aegra_workers, missing
from billing_server import BillingServer, varied
from langgraph_sdk import get_client
from local_postgres import NoPostgresError

KEY = "sk-loopback-1234567890"
OPERATORS = "sk-operator-1234567890"
# A worker that was killed is missed after this long; by default it is up to 45 seconds.
SOON = {"LEASE_DURATION_SECONDS": "5", "HEARTBEAT_INTERVAL_SECONDS": "2"}
SOON |= {"REAPER_INTERVAL_SECONDS": "1", "BG_JOB_MAX_RETRIES": "3"}


@pytest.fixture(scope="session")
def models() -> Iterator[BillingServer]:
    with BillingServer(varied, api_key=KEY) as server:
        yield server


@pytest.fixture(scope="session")
def model_settings(models: BillingServer) -> dict[str, str]:
    return {
        "TPO_POLICY": f"openai:x@{models.base_url}",
        "TPO_POLICY_API_KEY": KEY,
        "LANGGRAPH_STRICT_MSGPACK": "true",
    }


@pytest.fixture(scope="session")
def aegra(
    model_settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Aegra]:
    if not PYTHON:
        pytest.skip("aegra has an environment of its own: make aegra")
    with contextlib.ExitStack() as stack:
        try:
            database = stack.enter_context(aegra_database())
        except NoPostgresError as error:
            pytest.skip(str(error))
        folder = tmp_path_factory.mktemp("aegra")
        server = Aegra(folder, DATABASE_URL=database, **model_settings)
        server.start()
        stack.callback(server.stop)
        yield server
    assert KEY not in server.log.read_text()


@pytest.fixture(scope="module")
def workers(
    model_settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workers]:
    """Two workers behind a proxy, with keys."""
    if not PYTHON:
        pytest.skip("aegra has an environment of its own: make aegra")
    if lacking := missing():
        pytest.skip(f"not installed: {', '.join(lacking)}")
    folder = tmp_path_factory.mktemp("workers")
    settings = {**model_settings, **SOON, "TPO_SERVE_KEYS": OPERATORS}
    settings["TPO_SERVE_KEYS_FILE"] = str(folder / "keys.json")
    (folder / "keys.json").touch(0o600)
    (folder / "keys.json").write_text('{"keys": []}')
    with contextlib.ExitStack() as stack:
        try:
            found = stack.enter_context(aegra_workers(folder, **settings))
        except NoPostgresError as error:
            pytest.skip(str(error))
        yield found
    assert KEY not in found.log()
    assert OPERATORS not in found.log()


@pytest.fixture
async def client(aegra: Aegra, models: BillingServer) -> Any:
    models.forget()
    models.delay = 0.0
    async with get_client(url=aegra.url, api_key=None, timeout=60) as made:
        yield made


@pytest.fixture
async def thread(client: Any) -> str:
    return str((await client.threads.create())["thread_id"])
