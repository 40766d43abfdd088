"""Fixtures for every floor. Sockets are off; loopback tests ask for 127.0.0.1 by marker."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SNAPSHOTS = TESTS / "snapshots"
FOLDERS_WITH_SERVERS = {"server", "serving"}  # started once, for all tests of the folder
LONGEST = {"page", "serving", "server", "models"}  # begun first, so that no worker ends alone
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


@pytest.fixture(autouse=True)
def _one_cpu_for_the_local_model(request: pytest.FixtureRequest) -> Iterator[None]:
    """llama.cpp takes a thread per CPU; beside other programs two take far longer than one.

    They wait for each other several hundred times a token, each time in a loop.
    """
    if not request.node.get_closest_marker("embedded") or not hasattr(os, "sched_setaffinity"):
        yield
        return
    cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(cpus)[os.getpid() % len(cpus)]})
    yield
    os.sched_setaffinity(0, cpus)


def pytest_configure(config: pytest.Config) -> None:
    # It comes with langchain-tests, is not used, and is not there in `make fast`.
    config.option.benchmark_disable = True
    # A shell's background job ignores Ctrl-C, and so would all that the tests start and interrupt.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in a hook of the same name
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("loopback"):
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "localhost", "::1"]))
        item.add_marker(pytest.mark.xdist_group(shared_by(item)))
    items.sort(key=lambda item: 0 if folder_of(item) in LONGEST else 1)


def shared_by(item: pytest.Item) -> str:
    """Return what a test shares with others, which `make test` keeps on one of its workers.

    That is the servers of its folder or of the page's site, and torch, which is large and slow to
    import; else what its module has made.
    """
    params = getattr(item, "callspec", None)
    if params and "site" in params.params:
        return f"page on {params.params['site']}"
    folder = folder_of(item)
    if folder in FOLDERS_WITH_SERVERS:
        return folder
    path = item.path.relative_to(TESTS).as_posix()
    return "torch" if "huggingface" in path or "test_hf_" in path else path


def folder_of(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).parts[0]


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
