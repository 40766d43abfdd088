"""An agent killed in the middle of the search, and resumed in another process."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import killed_agent
import pytest
from killed_agent import Job
from kills import forks

if sys.platform == "win32":
    pytest.skip("no fork server", allow_module_level=True)

DIED = 9
REQUESTS = 2 + 1 + 2 + 2 + 3  # tool turns, draft, samples, loss and gradient, updates
SCORES = 6


def live(job: Job) -> int | None:
    """Run a life in its own process; return how it ended."""
    child = forks().Process(target=killed_agent.process, args=(job,))
    child.start()
    child.join(60)
    code = child.exitcode
    child.kill()
    return code


def comparable(messages: Any) -> Any:
    """Return messages without the seconds that the search took."""
    for message in messages:
        if trace := message["response_metadata"].get("tpo"):
            trace["usage"].pop("seconds")
    return messages


@pytest.fixture(scope="module")
def whole(request: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, Any, Counter[str]]:
    """The agent (sync or not) that nobody kills: its result, and what it asks."""
    job = Job(tmp_path_factory.mktemp("whole"), sync=request.param)
    assert live(job) == 0
    asks = Counter(job.of("asked", 0))
    assert (asks.total(), max(asks.values())) == (REQUESTS + SCORES, 1)
    return job, comparable(job.result()), asks


EVERYWHERE = [(False, die_at) for die_at in range(1, REQUESTS + SCORES + 1)]
SOME = [(True, die_at) for die_at in (3, 4, 5, 8, 10, 14)]


@pytest.mark.parametrize(("whole", "die_at"), [*EVERYWHERE, *SOME], indirect=["whole"])
def test_no_finished_request_is_repeated(whole, tmp_path: Path, die_at):
    uncut, result, asks = whole
    job = Job(tmp_path, die_at, sync=uncut.sync)
    assert live(job) == DIED
    finished = Counter(job.of("answered", 0))
    assert finished.total() == die_at - 1
    assert live(job.again()) == 0
    assert comparable(job.result()) == result
    assert Counter(job.of("asked", 1)) == asks - finished


@pytest.mark.parametrize("die_at", [5, 6, 9, 14])
def test_a_retry_around_it_does_not_lose_the_draft(tmp_path: Path, die_at):
    """The first request for the answer failed, the second brought the draft; then it died."""
    job = Job(tmp_path, die_at, fail_first=True)
    assert live(job) == DIED
    finished = Counter(job.of("answered", 0))
    assert live(job.again()) == 0
    again = Counter(job.of("asked", 1))
    assert not finished & again
    drafts = [what for _, said, what in job.notes() if said == "answered" and "agent 6" in what]
    assert len(drafts) == 1
    assert job.result()[-1]["response_metadata"]["tpo"]["outcome"] == "improved"


def test_without_a_kill_the_retry_costs_one_request(tmp_path: Path):
    job = Job(tmp_path, fail_first=True)
    assert live(job) == 0
    assert len(job.of("asked", 0)) == REQUESTS + SCORES + 1
