"""Killed with SIGKILL at random moments and resumed, a run ends as if nothing had happened.

Finished means: in the database when the process died, as the result of a task or node of a
saved checkpoint. What is finished is never asked again; a resumed run asks exactly for the
rest. TPO_KILLS is the number of kills per test; the moments depend on the number only.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kills
import pytest
from kills import Key, Moment
from loopback_server import LoopbackServer
from saved_run import Job, comparable

KILLS = int(os.environ.get("TPO_KILLS", "12"))

pytestmark = pytest.mark.loopback


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """A server in this process, which outlives the killed ones; answers overtake each other."""
    with LoopbackServer(delay=lambda body: body["seed"] % 7 * 0.002) as running:
        yield running


class Whole:
    """The uninterrupted run: what it gives, what it asks, how long it takes."""

    def __init__(self, job: Job, server: LoopbackServer) -> None:
        kills.run_once(job, server)
        begin = time.monotonic()  # the first one waited for the imports
        kills.run_once(job := job.renamed("whole again"), server)
        self.seconds = time.monotonic() - begin
        self.result = result(job)
        self.asked = set(kills.traces(job, server))
        assert asyncio.run(kills.committed(job)) == self.asked
        total = self.result["usage"]["total"]
        self.scores = total["scores"]
        assert len(self.asked) == total["requests"] + self.scores

    def moment(self, rng: random.Random) -> Moment:
        return kills.moment(rng, len(self.asked) - self.scores, self.scores, self.seconds)


def result(job: Job) -> dict[str, Any]:
    return comparable(json.loads(job.out.read_text(encoding="utf-8")))


def finish(job: Job, server: LoopbackServer, whole: Whole, saved: set[Key]) -> None:
    """Let the next life run to its end, and hold it to the whole run."""
    assert not kills.run_once(job, server)
    assert result(job) == whole.result
    asked = kills.traces(job, server)
    assert set(asked) == whole.asked - saved
    assert set(asked.values()) <= {1}


@pytest.mark.parametrize(
    ("mode", "sampling", "tells", "critiques"),
    [
        ("tpo", "native", False, 1),
        ("tpo", "parallel", False, 1),
        ("adaptive", "parallel", False, 1),
        ("adaptive", "parallel", True, 1),
        ("adaptive", "parallel", False, 3),
    ],
)
def test_sqlite(
    tmp_path: Path, server: LoopbackServer, mode: Any, sampling: str, tells: bool, critiques: int
) -> None:
    db, how = str(tmp_path / "whole.sqlite"), {"tells": tells, "critiques": critiques}
    first = Job(db, server.base_url, tmp_path, sampling=sampling, mode=mode, **how)  # type: ignore[arg-type]
    whole, died = Whole(first, server), 0
    number = 0
    while kills.go_on(number, died, KILLS):
        number += 1
        name = f"{mode}-{sampling}-{tells}-{critiques}-{number}"
        job = first.renamed(name, str(tmp_path / f"{name}.sqlite"), ["async", "sync"][number % 2])
        moment = whole.moment(random.Random(name))
        died += kills.run_once(job, server, moment)
        saved = asyncio.run(kills.committed(job))
        finish(job.again(), server, whole, saved)
        cut = set(kills.traces(job, server)) - saved
        total = kills.traces(job, server) + kills.traces(job.again(), server)
        assert total.total() == len(whole.asked) + len(cut), f"{name} {moment}"
    assert died > KILLS / 2


@pytest.mark.parametrize(
    ("sampling", "others"), [("native", ()), ("parallel", ()), ("native", ("y", "z"))]
)
def test_killed_again_and_again(
    tmp_path: Path, server: LoopbackServer, sampling: str, others: tuple[str, ...]
) -> None:
    """Each life is given only a little to do; what it saved stays saved through all of them."""
    job = Job(
        str(tmp_path / "whole.sqlite"), server.base_url, tmp_path, sampling=sampling, others=others
    )
    whole, rng = Whole(job, server), random.Random(sampling)
    job = job.renamed("often", str(tmp_path / "often.sqlite"), "async")
    saved: set[Key] = set()
    for _ in range(KILLS):
        what = rng.choice(["request answered", "score answered"])
        died = kills.run_once(job, server, Moment(what, rng.randint(1, 3), rng.uniform(0, 0.02)))
        asked = kills.traces(job, server)
        assert not set(asked) & saved, "asked again for what was finished"
        now = asyncio.run(kills.committed(job))
        assert saved <= now
        saved, job = now, job.again()
        if not died:
            break
    finish(job, server, whole, saved)


@pytest.mark.postgres
@pytest.mark.parametrize("sampling", ["native", "parallel"])
def test_postgres(
    tmp_path: Path, server: LoopbackServer, postgres_database: str, sampling: str
) -> None:
    first = Job(postgres_database, server.base_url, tmp_path, sampling=sampling)
    whole = Whole(first, server)
    for number in range(max(2, KILLS // 3)):
        job = first.renamed(f"{sampling}-{number}", durability=["async", "sync"][number % 2])
        kills.run_once(job, server, whole.moment(random.Random(job.thread)))
        finish(job.again(), server, whole, asyncio.run(kills.committed(job)))
