"""The figures of `tpo compare` on made-up arms whose truth is known, a small form of the script."""

from __future__ import annotations

from statistics import fmean

import pytest
from benchmark_scripts import comparison_statistics as made_up

FEW = [kind for kind in made_up.KINDS if kind.queries <= 64]


def test_the_interval_holds_the_true_effect_in_93_of_100_comparisons():
    held = [made_up.share_held(rows, effect=0.3, runs=40, seed=7)[0] for rows in FEW]
    assert fmean(held) >= 0.93


def test_equal_arms_show_no_difference():
    found = [made_up.share_held(rows, effect=0.0, runs=50, seed=10) for rows in made_up.KINDS[:2]]
    assert fmean(ours for ours, _ in found) >= 0.93
    assert all(abs(ours - students) <= 0.04 for ours, students in found)


@pytest.mark.parametrize("form", ["tanh", "log"])
def test_an_effect_of_length_alone_leaves_half(form):
    found = made_up.controlled(form, number=805, runs=5, seed=3)
    assert fmean(found["plain"]) > 0.55
    assert fmean(found["length"]) == pytest.approx(0.5, abs=0.03)


def test_an_effect_of_style_alone_leaves_half_of_the_style_controlled_rate():
    found = made_up.controlled("style", number=805, runs=4, seed=3)
    assert fmean(found["plain"]) > 0.65
    assert fmean(found["length"]) > 0.58
    assert fmean(found["style"]) == pytest.approx(0.5, abs=0.04)
