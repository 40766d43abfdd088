"""200 random runs: each ends with an answer or one error of ours, within what it may pay."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import pytest
from scenario import Outcome, Scenario, threads

import tpo

PER_TEST = 10
SEEDS = [range(first, first + PER_TEST) for first in range(0, 200, PER_TEST)]
MAX_THREADS = 70  # bounded pools, however many runs there were


@pytest.mark.loopback
@pytest.mark.parametrize("seeds", SEEDS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_every_run_ends_within_its_limits(seeds, monkeypatch):
    monkeypatch.setattr("tpo.models.failures.faults.pause_before_retry", lambda *_: 0.01)
    before = open_sockets()
    for seed in seeds:
        scenario = Scenario(seed)
        check(scenario, asyncio.run(scenario.play()))
    assert open_sockets() <= before
    assert len(threads()) <= MAX_THREADS


def check(scenario: Scenario, outcome: Outcome) -> None:
    told = f"seed {scenario.seed}: {scenario.settings} {scenario.server} -> {outcome}"
    end, paid = outcome.end, outcome.usage
    assert isinstance(end, dict | tpo.TPOError), told
    if isinstance(end, dict):
        assert end["answer"], told
        assert math.isfinite(end["reward"]), told
    assert outcome.tasks == [], told
    limit = scenario.settings.get("budget_requests", 0)
    assert outcome.requests <= limit or not limit, told
    if paid is None:
        assert outcome.requests == 0, told
        return
    assert paid["requests"] >= outcome.requests, told  # one may never have reached the server
    if paid["exact"]:
        assert (paid["requests"], tokens(paid)) == (outcome.requests, outcome.tokens), told


def tokens(paid: tpo.Cost) -> int:
    return paid["input_tokens"] + paid["output_tokens"]


def open_sockets() -> int:
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        return 0
    names = [str(entry.readlink()) for entry in folder.iterdir() if entry.is_symlink()]
    return sum(name.startswith("socket:") for name in names)
