"""Runs whose events the tests of this folder look at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import synthetic_task
from billing_server import BillingServer, varied

import tpo

KEY = "sk-loopback-1234567890"


def reward(query: str, answer: str) -> float:
    """Score with next to no ties, so that no early stop interferes."""
    return int(hashlib.sha256(answer.encode()).hexdigest()[:8], 16) / 2**32


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[BillingServer]:
    """A server that wants a key, which the policy spec finds in the environment."""
    monkeypatch.setenv("TPO_POLICY_API_KEY", KEY)
    with BillingServer(varied, api_key=KEY) as opened:
        yield opened


@pytest.fixture
def graph(server: BillingServer) -> Any:
    """The TPO graph on that server, named by a spec as users of Studio name it."""
    return tpo.build_tpo(f"openai:x@{server.base_url}", reward)


@pytest.fixture
def told() -> Any:
    """Return what runs the synthetic task and returns its events and its final state."""

    async def run(
        model: Any = None, *, reward: Any = synthetic_task.reward, **knobs: Any
    ) -> SimpleNamespace:
        settings = {"depth": 1, "width": 2, "seed": 11, "max_concurrency": 1, **knobs}
        graph = tpo.build_tpo(model or synthetic_task.model(), reward).compile()
        events, state = [], {}
        async for part in graph.astream(
            {"messages": [("user", synthetic_task.QUERY)]},
            context=settings,
            stream_mode=["custom", "values"],
            version="v2",
        ):
            if part["type"] == "custom":
                events.append(part["data"])
            else:
                state = part["data"]
        return SimpleNamespace(events=events, state=state)

    return run
