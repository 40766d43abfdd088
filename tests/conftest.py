"""Fixtures for every floor. Sockets are off; loopback tests ask for 127.0.0.1 by marker."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import BROWSER
from imported_once import read_types_once
from workers import BySharedThings, turn

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
# No test leaves this machine. Every client of a model reads the certificates anew, twice, from the
# disk: with one in place of a hundred and fifty, here and in all that the tests start, it takes
# 6 ms of the processor and not 42.
os.environ["SSL_CERT_FILE"] = str(Path(__file__).parent / "fakes" / "no_authority.pem")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _nothing_learnt() -> None:
    """What one test's server refuses, the next one on its port may take."""
    if learnt := sys.modules.get("tpo.models.asking.learnt"):
        learnt.forget_everything()


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


@pytest.fixture
def browser() -> Any:
    """The browser that all tests of this process share."""
    return BROWSER.get()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Iterator[None]:
    """End the browser, when the next test does without it."""
    try:
        yield
    finally:
        if "browser" not in getattr(nextitem, "fixturenames", ()):
            BROWSER.end()


def pytest_configure(config: pytest.Config) -> None:
    # It comes with langchain-tests, is not used, and is not there in `make fast`.
    config.option.benchmark_disable = True
    # A shell's background job ignores Ctrl-C, and so would all that the tests start and interrupt.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("loopback"):
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "localhost", "::1"]))
    if hasattr(config, "workerinput"):  # on one of several processes
        items.sort(key=lambda item: turn(item.nodeid))


def pytest_collection_finish(session: pytest.Session) -> None:
    read_types_once()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> BySharedThings:
    return BySharedThings(config, log)


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
