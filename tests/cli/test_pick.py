"""What a person may type when a run pauses."""

from __future__ import annotations

import pytest

from tpo.cli.pick import read_pick
from tpo.core.errors import InputError


@pytest.mark.parametrize(
    ("said", "pick"),
    [
        ("", {"stop": False}),
        ("r0c1", {"stop": False, "chosen": "r0c1"}),
        ("r0c1 r0c2", {"stop": False, "chosen": "r0c1", "rejected": "r0c2"}),
        ("stop", {"stop": True}),
        ("stop r0c1", {"stop": True, "chosen": "r0c1"}),
    ],
)
def test_replies(said, pick):
    assert read_pick(said.split()) == pick


def test_too_many_ids():
    with pytest.raises(InputError, match="at most two ids"):
        read_pick(["r0c0", "r0c1", "r0c2"])
