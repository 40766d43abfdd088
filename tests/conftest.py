"""Fixtures for every floor. Sockets are off; loopback tests ask for 127.0.0.1 by marker."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

SNAPSHOTS = Path(__file__).parent / "snapshots"
# Tests must behave the same on every machine, whatever is set there.
FOREIGN = (
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "TPO_POLICY",
    "TPO_REWARD",
    "TPO_CRITIC",
    "TPO_DB",
    "TPO_POLICY_API_KEY",
    "TPO_REWARD_API_KEY",
)
os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
os.environ.setdefault("LANGSMITH_TRACING", "false")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)


def pytest_configure(config: pytest.Config) -> None:
    """Switch off pytest-benchmark, which comes with langchain-tests; `make fast` is without it."""
    config.option.benchmark_disable = True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("loopback"):
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "localhost", "::1"]))


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Return a function that compares text with tests/snapshots/NAME (see `make snapshots`)."""

    def same(name: str, text: str) -> None:
        path = SNAPSHOTS / name
        if os.environ.get("TPO_WRITE_SNAPSHOTS"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"no snapshot {name}: run `make snapshots` and read the diff"
        assert path.read_text(encoding="utf-8") == text

    return same
