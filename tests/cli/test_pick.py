"""What a person may type when a run pauses."""

from __future__ import annotations

import pytest

from tpo.cli.input.human_pick import read_pick
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


@pytest.mark.loopback
def test_a_critique_by_hand_goes_with_the_pick(tpo, policy, server, tmp_path):
    review = tmp_path / "review.txt"
    review.write_text("It names no town.\n")
    settings = ("-p", policy, "-w", "3", "-d", "1", "--human-pick")
    paused = tpo("run", "Name a river", *settings, "--json")
    run_id = paused.data["id"]
    asked = len(server.asked)
    missing = tpo("resume", run_id, "--pick", "r0c1", "--loss", "@nowhere.txt")
    assert (missing.code, len(server.asked)) == (2, asked)
    assert "nowhere.txt cannot be read" in missing.err
    given = ("--pick", "r0c1", "--loss", f"@{review}", "--gradient", "Name a town.")
    ran = tpo("resume", run_id, *given, "--no-human-pick", "--json")
    assert ran.code == 0, ran.err
    first = ran.data["rounds"][0]
    assert (first["chosen"], first["picked_by"]) == ("r0c1", "human")
    assert (first["loss"], first["gradient"]) == ("It names no town.", "Name a town.")
    assert len(server.asked) == asked + 1  # the update alone
