"""A run in English: why it stopped, its rounds, its events, its numbers."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from tpo.core.context import Context
from tpo.core.dollars import money, price_phrase
from tpo.core.number_format import age, cost_phrase, count, reward, seconds
from tpo.core.phrases import STOPPED, event_text, round_phrase, search_phrase, sentence, stop_phrase
from tpo.core.state import Round
from tpo.core.stop_reason import StopReason
from tpo.core.usage import Cost, cost


def ranked(**fields: Any) -> Round:
    start: dict[str, Any] = dict.fromkeys(Round.__annotations__)
    start |= {"round": 1, "chosen": "r1c2", "rejected": "r0c0", "reward": 1.126}
    return Round(**{**start, "picked_by": "reward", **fields})


def event(kind: str, **fields: Any) -> Any:
    return {"type": f"tpo.{kind}", "v": 1, "round": 0, "elapsed": 0.0, **fields}


def test_every_stop_reason_has_its_words():
    assert set(STOPPED) == set(get_args(StopReason))
    for reason in get_args(StopReason):
        assert stop_phrase(reason)
    assert stop_phrase(None) == "the run has not ended yet"


@pytest.mark.parametrize(
    ("reason", "settings", "phrase"),
    [
        ("depth", {"depth": 3}, "all 3 rounds were run"),
        ("depth", {"depth": 1}, "the only round was run"),
        ("depth", {"mode": "best_of_n"}, "only first samples were asked for"),
        ("target", {"target_reward": 4.0}, "the target reward of 4.0 was reached"),
        ("patience", {"patience": 1}, "no better answer for 1 round"),
        ("budget", {}, "the budget does not cover the next step"),
    ],
)
def test_settings_add_their_numbers(reason, settings, phrase):
    assert stop_phrase(reason, Context(**settings)) == phrase


def test_a_reason_of_a_later_version_is_shown_as_it_is():
    reason: Any = "bored"
    assert stop_phrase(reason) == stop_phrase(reason, Context()) == "bored"


@pytest.mark.parametrize(
    ("search", "phrase"),
    [
        (("tpo", 2, 5), "TPO, depth 2, width 5"),
        (("tpo", 0, 5), "best-of-N, width 5"),
        (("best_of_n", 2, 5), "best-of-N, width 5"),
        (("revision", 1, 3), "revision, depth 1, width 3"),
    ],
)
def test_the_search(search, phrase):
    assert search_phrase(*search) == phrase


@pytest.mark.parametrize(
    ("fields", "phrase"),
    [
        ({}, "round 1: the best so far is r1c2 (reward 1.13), the worst r0c0"),
        ({"rejected": None}, "round 1: the best so far is r1c2 (reward 1.13)"),
        ({"picked_by": "human"}, "round 1: a person chose r1c2 (reward 1.13) over r0c0"),
        (
            {"rejected": None, "policy": "m"},
            "round 1: the best so far is r1c2 (reward 1.13); m goes on",
        ),
        ({"chosen": None, "reward": None}, "round 1: no answer could be ranked"),
    ],
)
def test_a_round(fields, phrase):
    assert round_phrase(ranked(**fields)) == phrase


def test_a_round_of_how_many():
    assert round_phrase(ranked(), 2).startswith("round 1 of 2: ")
    assert round_phrase(ranked(), 0).startswith("round 1: ")


CANDIDATE = {"id": "r0c1", "error": None, "text": "The Rhine."}
SETUP = {"mode": "tpo", "depth": 2, "width": 5, "reward": "heuristic"}


@pytest.mark.parametrize(
    ("happened", "text"),
    [
        (event("run_started", **SETUP), "TPO, depth 2, width 5, ranked by heuristic."),
        (event("notice", message="Careful."), "Note: Careful."),
        (event("request_started", request="r0c0", phase="sample", sequences=1), ""),
        (
            event("request_failed", request="r0c0", error="too late"),
            "Request r0c0 failed: too late",
        ),
        (event("candidate_delta", candidate="r0c1", text="The"), ""),
        (event("candidate", candidate=CANDIDATE), "Candidate r0c1:\nThe Rhine."),
        (
            event("candidate", candidate={**CANDIDATE, "error": "malformed"}),
            "Candidate r0c1 cannot be used: malformed",
        ),
        (event("reward", candidate="r0c1", reward=1.0, error=None), "Reward of r0c1: 1.00"),
        (event("reward", candidate="r0c1", reward=None, error="no"), "Reward of r0c1: no"),
        (
            event("round", selected=ranked()),
            "Round 1: the best so far is r1c2 (reward 1.13), the worst r0c0.",
        ),
        (event("loss", text="L"), "Why the best beats the worst:\nL"),
        (event("gradient", text="G"), "What to change in the best:\nG"),
        (event("stop", reason="human"), "Stopped: a person stopped the run."),
        (event("final", candidate="r0c1"), ""),
        (event("of_another_program"), ""),
    ],
)
def test_an_event(happened, text):
    assert event_text(happened) == text


def test_a_cost():
    paid = cost(requests=1, sequences=2, input_tokens=1000, output_tokens=7, scores=2, seconds=3)
    figures = "1 request for 2 texts, 1,000 tokens in, 7 out, 2 scores, 3.0 s"
    assert cost_phrase(paid) == f"{figures}, price unknown"
    known: Cost = {**paid, "cost_usd": 0.0042, "priced_requests": 1}
    assert cost_phrase(known) == f"{figures}, $0.0042"
    least = cost(requests=2, input_tokens=9, cached_tokens=4, exact=False)
    assert "≥ 9 tokens in (4 cached), ≥ 0 out" in cost_phrase(least)


def test_dollars():
    paid = cost(requests=2, cost_usd=0.0042, priced_requests=1)
    assert price_phrase(paid) == "at least $0.0042"
    assert price_phrase({**paid, "priced_requests": 2}) == "$0.0042"
    assert price_phrase({**paid, "priced_requests": 2, "exact": False}) == "at least $0.0042"
    assert (price_phrase(cost(requests=2)), price_phrase(cost(scores=3))) == ("price unknown", "$0")
    texts = ["$0", "$0.00000030", "$0.0010", "$0.4200", "$1.00", "$1,234.50"]
    assert [money(usd) for usd in (0, 3e-7, 0.001, 0.42, 1, 1234.5)] == texts


def test_numbers():
    assert (count(1, "round"), count(1200, "text")) == ("1 round", "1,200 texts")
    assert (reward(None), reward(-1.5), reward(12345.6)) == ("-", "-1.50", "1.23e+04")
    assert [seconds(s) for s in (0.44, 9.96, 59.7, 200)] == [
        "0.4 s",
        "10 s",
        "1 min 00 s",
        "3 min 20 s",
    ]
    assert sentence("all rounds were run") == "All rounds were run."


def test_ages():
    assert age(None) == ""
    assert age("2000-01-01T00:00:00+00:00").endswith(" d ago")
