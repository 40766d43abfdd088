"""What one run may cost, and how long threads are kept."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from billing_server import BillingServer, varied
from patience import wait_until
from serve_process import ServeProcess

from tpo.core.errors import ConfigError
from tpo.serving.agent_server import retention
from tpo.serving.agent_server.database import Database, open_database
from tpo.serving.agent_server.records import new_thread
from tpo.serving.agent_server.retention import Retention
from tpo.serving.agent_server.wanted_threads import WantedThreads
from tpo.serving.served_models import ServedModels
from tpo.serving.server_settings import Settings

ASK = {"model": "tpo", "messages": [{"role": "user", "content": "Why?"}]}


@pytest.mark.parametrize("any_spec", [True, False])
@pytest.mark.parametrize(
    ("setting", "bound", "most", "beyond"),
    [
        ("max_tokens", "max_tokens", 500, [501, None, 10**9]),
        ("critique_max_tokens", "max_tokens", 500, [501, None]),
        ("budget_requests", "run_requests", 20, [21, 0]),
        ("budget_tokens", "run_tokens", 1000, [1001, 0]),
        ("budget_usd", "run_usd", 0.5, [0.6, 0]),
    ],
)
def test_a_client_may_lower_a_bound_and_not_raise_it(any_spec, setting, bound, most, beyond):
    served = ServedModels(Settings(**{bound: most, "any_spec": any_spec}))["tpo"]
    assert getattr(served.context(), setting) == most
    assert getattr(served.context(**{setting: most / 2}), setting) == most / 2
    shown = served.schema.model_json_schema()["properties"][setting]
    assert (shown["maximum"], shown["default"]) == (most, most)
    for value in beyond:
        with pytest.raises(ConfigError, match=f"{setting}: input should be"):
            served.context(**{setting: value})


def test_by_default_only_absurd_sizes_are_refused():
    context = ServedModels(Settings())["tpo"].context
    assert (context().max_tokens, context().budget_usd) == (2048, 0)
    assert context(max_tokens=100_000, budget_usd=0).max_tokens == 100_000
    with pytest.raises(ConfigError, match="less than or equal to 131072"):
        context(max_tokens=10**9)


@pytest.mark.loopback
def test_a_run_keeps_to_the_server_s_budget(tmp_path):
    with (
        BillingServer(varied) as models,
        ServeProcess(
            tmp_path, "-p", f"openai:x@{models.base_url}", "--run-requests", "8"
        ) as server,
        httpx.Client(base_url=server.url, timeout=30) as client,
    ):
        tpo = {"depth": 9, "width": 2, "sampling": "parallel"}
        said = client.post("/v1/chat/completions", json={**ASK, "tpo": tpo}).json()
        assert said["tpo"]["stop_reason"] == "budget"
        assert len(models.asked) <= 8
        run = {"assistant_id": "tpo", "input": {"messages": ASK["messages"]}}
        ended = client.post("/runs/wait", json={**run, "context": tpo}).json()
        assert ended["stop_reason"] == "budget"
        for context in ({"budget_requests": 9}, {"budget_requests": 0}):
            assert client.post("/runs/wait", json={**run, "context": context}).status_code == 422


class Idle:
    """A worker with one thread at work."""

    def __init__(self, database: Database, busy: str) -> None:
        self.database, self.live, self.busy = database, {}, busy

    async def delete_if_idle(self, thread_id: str) -> bool:
        if thread_id == self.busy:
            return False
        await self.database.delete_thread(thread_id)
        return True


async def kept(database: Database) -> list[str]:
    found = await database.find_threads(WantedThreads(None), sort_by="updated_at", limit=1000)
    return [str(thread["metadata"]["name"]) for thread in found]


async def fill(database: Database, number: int, size: int = 0) -> list[str]:
    """Make threads, the oldest first, a day apart; return their ids."""
    made = [new_thread("ann", None, {"name": n, "x": "x" * size}) for n in range(number)]
    for n, thread in enumerate(made):
        thread["updated_at"] = f"2026-01-{n + 1:02}T00:00:00+00:00"
        await database.add_thread(thread)
    return [thread["thread_id"] for thread in made]


@pytest.fixture
async def database(tmp_path: Path):
    async with open_database(tmp_path / "runs.db") as opened:
        yield opened


def tidy_of(database: Database, busy: str, **settings: Any) -> Retention:
    worker: Any = Idle(database, busy)
    return Retention(Settings(**settings), worker, database.db)


async def test_threads_are_kept_for_days(database, monkeypatch):
    ids = await fill(database, 10)
    clock = SimpleNamespace(now=lambda zone: datetime(2026, 1, 10, tzinfo=zone))
    monkeypatch.setattr(retention, "datetime", clock)
    assert await tidy_of(database, ids[2], keep_days=4.5).tidy() == 4
    assert await kept(database) == ["9", "8", "7", "6", "5", "2"]  # 2 is at work
    assert await tidy_of(database, "", keep_days=4.5).tidy() == 1
    assert await tidy_of(database, "", keep_days=4.5).tidy() == 0


async def test_all_threads_together_have_a_size(database, tmp_path):
    ids = await fill(database, 20, size=50_000)
    full = await tidy_of(database, "").size()
    assert full > 1_000_000
    removed = await tidy_of(database, ids[0], max_bytes=full // 2).tidy()
    assert 8 <= removed <= 12
    assert await tidy_of(database, "").size() <= full // 2
    assert (await kept(database))[-1] == "0"  # the oldest is at work
    assert (tmp_path / "runs.db").stat().st_size <= full // 2  # the disk has its room back


async def test_more_than_may_be_is_at_work(database):
    ids = await fill(database, 1, size=50_000)
    assert await tidy_of(database, ids[0], max_bytes=1000).tidy() == 0


@pytest.mark.loopback
async def test_a_server_removes_old_threads(tmp_path, models):
    (tmp_path / "data").mkdir()
    async with open_database(tmp_path / "data" / "runs.db") as database:
        await fill(database, 3)
    options = ["-p", f"openai:x@{models.base_url}", "--keep-days", "30"]
    with ServeProcess(tmp_path, *options) as server, httpx.Client(base_url=server.url) as client:
        made = client.post("/threads", json={}).json()["thread_id"]

        def left() -> list[str]:
            found = client.post("/threads/search", json={}).json()
            return [thread["thread_id"] for thread in found]

        wait_until(lambda: left() == [made])  # it removes them beside its other work
    assert "Traceback" not in server.log.read_text()
