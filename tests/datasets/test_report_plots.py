"""The plots: axes of round numbers that hold every value, and labels inside the paper."""

from __future__ import annotations

import itertools
import math
import random
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from synthetic_comparison import synthetic_comparison

from tpo.datasets.report.axes import axis_for
from tpo.datasets.report.categories import wins_by_category
from tpo.datasets.report.chart import DIGIT, HEIGHT, WIDTH
from tpo.datasets.report.intervals import difference_intervals
from tpo.datasets.report.plots import MOST_DOTS, report_plots

RANGES = [(0.12, 0.93), (-3.0, 14.0), (0.00021, 0.00093), (1500, 480_000), (-7, -6.999), (5, 5)]
RANGES += [(0, 0), (-2.5, -2.5), (1e-9, 2e-9), (-1e6, 1e6), (0.5, 1.0)]


@pytest.mark.parametrize("ends", RANGES, ids=str)
@pytest.mark.parametrize("zero", [True, False])
def test_an_axis_holds_every_value_between_round_numbers(ends, zero):
    axis = axis_for("reward", ends, zero=zero)
    assert axis.ticks[0] <= ends[0]
    assert axis.ticks[-1] >= ends[1]
    assert 2 <= len(axis.ticks) <= 7
    steps = [b - a for a, b in itertools.pairwise(axis.ticks)]
    assert max(steps) == pytest.approx(min(steps))
    first = steps[0] / 10 ** math.floor(math.log10(steps[0]) + 1e-9)
    assert min(abs(first - unit) for unit in (1, 2, 2.5, 5)) < 1e-6
    assert len({axis.label(tick) for tick in axis.ticks}) == len(axis.ticks)
    assert not zero or 0 in axis.ticks or ends[0] < 0
    inside = [axis.place(value, 0.0, 1.0) for value in ends]
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in inside)


def test_labels_say_what_the_tick_is():
    axis = axis_for("reward", [0.12, 0.93])
    assert [axis.label(tick) for tick in axis.ticks] == ["0", "0.25", "0.50", "0.75", "1.00"]
    money = axis_for("dollars", [0.0002, 0.0009], zero=True, money=True)
    assert money.label(money.ticks[1]) == "$0.00025"
    rounds = axis_for("round", [0, 1], zero=True, whole=True)
    assert rounds.ticks == (0, 1)
    assert axis_for("reward", [-1.0, 2.0]).label(-1.0) == "\N{MINUS SIGN}1"


def scaled(by: float, shift: float) -> Any:
    comparison: Any = synthetic_comparison(6)
    for arm in comparison["arms"]:
        for figures in (arm, *arm["curve"]):
            for name in ("reward", "heldout", "tokens", "cost_usd", "length"):
                figures[name] = figures[name] * by + (shift if name == "reward" else 0)
    return comparison


@pytest.mark.parametrize("by", [1e-6, 1.0, 1e7])
@pytest.mark.parametrize("shift", [0.0, -5000.0])
def test_no_label_is_cut_and_none_covers_another(by, shift):
    for plot in report_plots(scaled(by, shift)):
        root = ET.fromstring(plot.svg)
        boxes = []
        for text in root.iter("text"):
            x, y, anchor = (
                float(text.get("x", "")),
                float(text.get("y", "")),
                text.get("text-anchor"),
            )
            width = 0.9 * DIGIT * len(text.text or "")
            left = x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[str(anchor)]
            assert left >= -1, (plot.title, text.text)
            assert left + width <= WIDTH + 1, (plot.title, text.text)
            assert 8 <= y <= HEIGHT
            boxes.append((left, left + width, y, text.text))
        for one, other in itertools.combinations(boxes, 2):
            apart = one[1] <= other[0] or other[1] <= one[0] or abs(one[2] - other[2]) >= 11
            assert apart, (plot.title, one, other)


def test_the_reward_is_drawn_against_tokens_if_one_price_is_unknown():
    comparison = synthetic_comparison(6)
    assert report_plots(comparison)[0].title == "Reward against cost"
    comparison["arms"][1]["cost_usd"] = None
    plot = report_plots(comparison)[0]
    assert plot.title == "Reward against tokens"
    assert "price is unknown" in plot.note


def test_a_line_is_the_whole_search_and_the_large_mark_what_is_compared():
    plot = report_plots(synthetic_comparison(6))[0]
    points = re.findall(r"[\d.]+,[\d.]+", plot.svg.partition("<polyline")[2].partition("/>")[0])
    circles = re.findall(r'cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', plot.svg)
    small = [f"{x},{y}" for x, y, size in circles if size == "3.0"]
    large = [f"{x},{y}" for x, y, size in circles if size == "5.5"]
    assert points == small
    assert len(small) == 4
    assert large == small[2:3]  # the last round is more than the others may spend
    assert "<title>tpo: reward 1." in plot.svg


def test_many_answers_make_no_large_picture():
    comparison = synthetic_comparison(2000, 3)
    plot = next(p for p in report_plots(comparison) if p.title == "Reward against length")
    assert plot.svg.count("h0") <= MOST_DOTS
    assert "One in 3 answers is drawn." in plot.note


def test_wins_are_counted_by_category():
    drawn = wins_by_category(synthetic_comparison(10))
    counts = [tuple(map(int, found)) for found in re.findall(r"(\d+) : (\d+) : (\d+)", drawn)]
    assert len(counts) == 5
    assert sum(map(sum, counts)) == 10


def test_many_categories_are_put_together():
    comparison = synthetic_comparison(60)
    for number, row in enumerate(comparison["rows"]):
        row["category"] = f"kind {number}"
    drawn = wins_by_category(comparison)
    assert drawn.count("<dt>") == 13
    assert "48 other categories" in drawn


def test_intervals_that_leave_out_0_are_marked():
    draw, comparison = random.Random(0), synthetic_comparison(6)
    drawn = difference_intervals(comparison)
    assert drawn.count("is-decided") == 2
    assert drawn.count('class="interval"') == 2
    draw.shuffle(comparison["differences"])
    assert difference_intervals(comparison).count("is-decided") == 2
