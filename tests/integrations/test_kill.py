"""TPO inside a graph with a saver, killed at random moments and resumed: nothing is paid twice.

As in tests/durability/test_kill.py: a resumed run asks exactly for what was not committed, and
ends as if nothing had happened; as a subgraph, as the chat model of a node, and of an agent with
tools, whose first reply is a request of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kills
import pytest
from kills import Key
from loopback_server import LoopbackServer
from saved_run import Job

KILLS = int(os.environ.get("TPO_KILLS", "5"))
SCORES = 15  # of D2-N5

pytestmark = [
    pytest.mark.loopback,
    pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL, no fork"),
]


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(delay=lambda body: (body.get("seed") or 0) % 7 * 0.002) as running:
        yield running


def result(job: Job) -> dict[str, Any]:
    """Return what a process left, without the seconds, which differ from run to run."""
    text = job.out.read_text(encoding="utf-8")
    hook = lambda record: {k: v for k, v in record.items() if k != "seconds"}  # noqa: E731
    read: dict[str, Any] = json.loads(text, object_hook=hook)
    return read


@pytest.mark.parametrize("inside", ["subgraph", "chat model", "agent"])
@pytest.mark.parametrize("sampling", ["native", "parallel"])
def test_killed_and_resumed(tmp_path: Path, server: LoopbackServer, inside: Any, sampling: str):
    first = Job(
        str(tmp_path / "whole.sqlite"),
        server.base_url,
        tmp_path,
        sampling=sampling,
        inside=inside,
        thread=f"{inside} whole",
    )
    kills.run_once(first, server)
    begin = time.monotonic()  # the first one waited for the imports
    kills.run_once(first.renamed(f"{inside} whole again"), server)
    seconds = time.monotonic() - begin
    whole, asked = result(first), set(kills.traces(first, server))
    assert asyncio.run(kills.committed(first)) == asked
    assert (("request", "first reply") in asked) == (inside == "agent")
    died = number = 0
    while kills.go_on(number, died, KILLS):
        number += 1
        name = f"{inside} {sampling} {number}"
        database = str(tmp_path / f"{number}.sqlite")
        job = first.renamed(name, database, ["async", "sync"][number % 2])
        requests = len(asked) - SCORES
        moment = kills.moment(random.Random(name), requests, SCORES, seconds)
        died += kills.run_once(job, server, moment)
        saved: set[Key] = asyncio.run(kills.committed(job))
        again = job.again()
        assert not kills.run_once(again, server)
        assert result(job) == whole
        resumed = kills.traces(again, server)
        assert set(resumed) == asked - saved, f"{name}: {resumed} {saved}"
        assert set(resumed.values()) <= {1}
    assert died > KILLS / 2
