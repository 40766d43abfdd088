"""examples/human_pick.py: what a person types decides."""

from __future__ import annotations


def test_a_pick_and_a_gradient_are_obeyed(example):
    done = example("human_pick.py", typed="r9c9\nr0c1\nBe brief.\n\nr0c0\n\ny\n")
    assert (done.code, done.err) == (0, "")
    assert "There is no r9c9." in done.out
    assert done.out.count("The reward chose") == 2
    assert done.out.endswith("\nBecause of the ocean, which it reflects.\n(human)\n")
