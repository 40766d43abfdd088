"""Fixtures for every floor. Sockets are off; loopback tests ask for 127.0.0.1 by marker."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SNAPSHOTS = TESTS / "snapshots"
FOLDERS_WITH_SERVERS = {"server", "serving"}  # started once, for all tests of the folder
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
        item.add_marker(pytest.mark.xdist_group(shared_by(item)))


def shared_by(item: pytest.Item) -> str:
    """Return what a test shares with others, which `make test` keeps on one of its workers.

    That is the servers of its folder, or of the page's site; else what its module has made.
    """
    path = item.path.relative_to(TESTS)
    params = getattr(item, "callspec", None)
    if params and "site" in params.params:
        return f"page on {params.params['site']}"
    return path.parts[0] if path.parts[0] in FOLDERS_WITH_SERVERS else path.as_posix()


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
