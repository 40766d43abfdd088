"""Answers that exist already compete as the first candidates, and cost nothing."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from steps import QUERY, prefer_later, run, says

import tpo


def test_a_draft_takes_the_first_place_and_so_many_fewer_are_sampled():
    model = says()
    result = run(model, drafts=["first 7"])
    first = [c for c in result["candidates"] if c["round"] == 0]
    assert [(c["id"], c["text"]) for c in first] == [
        ("r0c0", "first 7"),
        ("r0c1", "first 0"),
        ("r0c2", "first 1"),
    ]
    assert [c.get("drafted") for c in first] == [True, None, None]
    assert len(model.asked.of("sample")) == result["usage"]["phases"]["sample"]["requests"]
    assert result["usage"]["phases"]["sample"]["sequences"] == 2
    assert result["rounds"][0]["chosen"] == "r0c0"


def test_nothing_is_sampled_where_the_drafts_fill_the_width():
    model = says()
    result = run(model, drafts=["first 1", "first 3", "first 2", "first 3"], depth=0)
    assert [c["text"] for c in result["candidates"]] == ["first 1", "first 3", "first 2"]
    assert (result["answer"], model.asked) == ("first 3", [])


def test_more_drafts_than_the_width_all_compete():
    result = run(says(), drafts=["first 1", "first 9", "first 2"], width=2, depth=0)
    assert [c["id"] for c in result["candidates"]] == ["r0c0", "r0c1", "r0c2"]
    assert result["answer"] == "first 9"


@pytest.mark.parametrize("drafts", ["first 7", ("first 7",)])
def test_one_draft_may_be_a_bare_text(drafts: Any):
    result = run(drafts=drafts)
    assert [c["text"] for c in result["candidates"] if c.get("drafted")] == ["first 7"]


def test_the_draft_is_the_answer_where_nothing_beats_it():
    result = run(drafts=["first 99"])
    assert (result["answer"], result["reward"]) == ("first 99", 99.0)


def test_the_run_goes_on_with_the_draft_where_no_sample_could_be_had():
    result = run(says(sample=ValueError("no")), drafts=["first 1"], depth=0)
    assert result["answer"] == "first 1"
    assert [bool(c["error"]) for c in result["candidates"]] == [False, True, True]


@pytest.mark.parametrize("drafts", [[""], ["first 1", " "], [1], [None]])
def test_a_bad_draft_is_refused_before_anything_is_paid(drafts: Any):
    model = says()
    with pytest.raises(tpo.InputError, match="drafts: give a list of answers"):
        run(model, drafts=drafts)
    assert model.asked == []


async def test_a_draft_never_meets_the_next_question():
    model = says()
    app = tpo.build_tpo(model, prefer_later).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    knobs: Any = {"depth": 0, "width": 2, "retries": 0}
    asked: Any = {"messages": [("user", QUERY)], "drafts": ["first 50"]}
    first = await app.ainvoke(asked, config, context=knobs)
    second = await app.ainvoke({"messages": [("user", "And at night?")]}, config, context=knobs)
    assert (first["answer"], first.get("drafts")) == ("first 50", None)
    assert not any(c.get("drafted") for c in second["candidates"])


async def test_a_draft_of_a_failed_run_never_meets_the_next_question():
    app = tpo.build_tpo(says(), prefer_later).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    bad: Any = {"messages": [("user", QUERY)], "drafts": ["first 50"]}
    with pytest.raises(tpo.TPOError):
        await app.ainvoke(
            bad, config, context={"policy": "x", "reward": "heuristic", "heldout": "no-such:"}
        )
    result = await app.ainvoke(
        {"messages": [("user", "And at night?")]}, config, context={"depth": 0, "width": 2}
    )
    assert [c["text"] for c in result["candidates"]] == ["first 0", "first 1"]
