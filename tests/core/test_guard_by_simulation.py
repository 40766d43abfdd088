"""The guard keeps what docs/rewards.md says of it, by the simulation of benchmarks/guard.py."""

from __future__ import annotations

import random

import pytest
from benchmark_scripts import guard

RUNS = 400  # the seed is fixed, so that nothing here is left to luck


def alarms(name: str, *, every: bool) -> float:
    """Return the share of simulated runs in which the guard gives an alarm."""
    (scenario,) = [one for one in guard.FALSE + guard.TRUE + guard.ADAPTIVE if one.name == name]
    rnd = random.Random(3)
    runs = [guard.played(scenario, rnd) for _ in range(RUNS)]
    return sum(guard.alarm(*one, None, every)[0] for one in runs) / RUNS


@pytest.mark.parametrize("every", [True, False], ids=["stop", "report"])
@pytest.mark.parametrize("depth", [1, 2, 5])
def test_fewer_than_5_in_100_runs_without_a_fall_end_in_an_alarm(depth, every):
    assert alarms(f"nothing changes, D{depth} N5", every=every) < 0.05


@pytest.mark.parametrize("every", [True, False], ids=["stop", "report"])
@pytest.mark.parametrize("depth", [1, 2, 5])
def test_nearly_all_falls_of_four_deviations_are_seen(depth, every):
    assert alarms(f"it falls by 4 in the last round, D{depth} N5", every=every) > 0.97


@pytest.mark.parametrize("every", [True, False], ids=["stop", "report"])
@pytest.mark.parametrize("depth", [1, 2, 5])
def test_about_9_in_10_falls_of_three_deviations_are_seen(depth, every):
    assert alarms(f"it falls by 3 in the last round, D{depth} N5", every=every) > 0.88


@pytest.mark.parametrize("every", [True, False], ids=["stop", "report"])
@pytest.mark.parametrize(
    ("rewrites", "seen"),
    [("3 of 5", 0.6), ("3 of 7", 0.6), ("4 of 7", 0.75), ("4 of 16", 0.88), ("8 of 16", 0.95)],
)
def test_what_rewrites_have_lost_is_seen_beside_fresh_answers(rewrites, seen, every):
    assert alarms(f"{rewrites} are rewrites, falls by 3, D2", every=every) > seen
    assert alarms(f"{rewrites} are rewrites, no fall, D2", every=every) < 0.05


def test_two_rewrites_are_too_few_to_tell():
    assert alarms("2 of 5 are rewrites, falls by 3, D2", every=True) < 0.02
