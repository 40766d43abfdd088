"""Rows are admitted so that the server is never idle, by a clock that counts no work of ours."""

from __future__ import annotations

import random
import re

import pytest
from benchmark_scripts import load

load("virtual_clock")
makespan = load("batch_makespan")


@pytest.mark.parametrize(("refused", "most"), [(0.0, 1.05), (0.1, 1.15)])
def test_a_batch_takes_little_longer_than_the_work_itself(refused, most):
    random.seed(1)
    said = makespan.measure_virtually(16, refused, {"depth": 2, "width": 5})
    assert ", 0 rows failed" in said
    assert float(re.findall(r"ratio ([\d.]+)", said)[0]) <= most, said
