"""Stop sequences end every answer, whatever the server does with them; never a critique."""

from __future__ import annotations

import pytest
from loopback_server import LoopbackServer
from steps import improved, run, says

import tpo
from tpo.core.replies.reply import cut


def test_every_answer_is_cut_and_scored_as_cut():
    model = says(
        sample=lambda k: f"first {k} END more",
        update=lambda k: improved(f"better {k} END more"),
        loss="The END is near.",
    )
    result = run(model, stop_sequences=["END"])
    assert [c["text"] for c in result["candidates"]] == [
        *(f"first {k}" for k in range(3)),
        *(f"better {k}" for k in range(3)),
    ]
    assert result["rounds"][0]["loss"] == "The END is near."


def test_nothing_before_the_stop_sequence_is_no_answer():
    result = run(says(sample=lambda k: f"{'END ' * (k == 0)}first {k}"), stop_sequences=["END"])
    assert result["candidates"][0]["error"] == "empty: it began with a stop sequence"
    assert result["candidates"][0]["failure"] == "empty"
    assert result["candidates"][1]["error"] is None


@pytest.mark.loopback
def test_the_server_is_told_when_sampling_only():
    with LoopbackServer() as server:
        policy = f"openai:x@{server.base_url}"
        settings = {"depth": 1, "width": 2, "stop_sequences": ["END"]}
        tpo.align("Why?", policy=policy, reward=lambda q, a: sum(a.encode()), **settings)
    told = [asked.body.get("stop") for asked in server.asked]
    assert told[0] == ["END"]
    assert set(map(str, told[1:])) == {"None"}


def test_the_first_of_several_counts():
    assert cut("a b c", ["c", "b"]) == "a"
    assert cut("a b c", ["x"]) == "a b c"


@pytest.mark.parametrize("bad", ["", [""], [1]])
def test_bad_ones_are_refused(bad: object):
    with pytest.raises(tpo.ConfigError, match="stop_sequences"):
        tpo.align("Why?", stop_sequences=bad)
