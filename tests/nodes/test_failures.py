"""The failure matrix: each bad end is a sensible one, and what was paid for is kept."""

from __future__ import annotations

import math
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from steps import improved, prefer_later, run, says

import tpo

BAD = ValueError("broken pipe")
CALL = AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": "1"}])
THINKS = f"<think>{improved('no')}</think>"


def texts(result: Any, nth: int) -> list[str]:
    return [c["text"] for c in result["candidates"] if c["round"] == nth and not c["error"]]


def errors(result: Any, nth: int) -> list[str]:
    return [c["error"] for c in result["candidates"] if c["round"] == nth and c["error"]]


def kinds(result: Any, nth: int) -> set[str | None]:
    return {c["failure"] for c in result["candidates"] if c["round"] == nth}


@pytest.mark.parametrize("sampling", ["native", "parallel"])
@pytest.mark.parametrize(
    ("update", "kind", "error"),
    [
        ("no tags", "malformed", "malformed: no <improved_answer> in the reply"),
        (improved(""), "malformed", "malformed: <improved_answer> is empty"),
        ("", "empty", "empty: the model returned no text"),
        (THINKS, "empty", "empty: the model only thought; raise max_tokens"),
        (CALL, "tool_call", "tool_call: the model asked for a tool instead of answering"),
        (BAD, "failed", "failed: ScriptedModel: ValueError: broken pipe"),
    ],
)
def test_no_usable_update_ends_the_run_with_the_best_so_far(update, kind, error, sampling):
    result = run(says(update=update), depth=3, sampling=sampling)
    assert (result["answer"], result["stop_reason"]) == ("first 2", "no_update")
    assert errors(result, 1) == [error] * 3
    assert (kinds(result, 0), kinds(result, 1)) == ({None}, {kind})
    assert result["rounds"][1]["malformed"] == 3
    assert (result["rounds"][1]["best"], result["rounds"][1]["chosen"]) == (None, "r0c2")
    assert (result["rounds"][0]["loss"], result["rounds"][0]["gradient"]) == (
        "loss 0",
        "gradient 0",
    )


@pytest.mark.parametrize("sampling", ["native", "parallel"])
def test_malformed_updates_are_counted_kept_and_the_round_goes_on(sampling):
    def update(k: int) -> str:
        return f"no tags {k}" if k % 2 else improved(f"better {k}")

    result = run(says(update=update), width=5, sampling=sampling)
    assert texts(result, 1) == ["better 0", "better 2", "better 4"]
    assert [c["text"] for c in result["candidates"] if c["error"]] == ["no tags 1", "no tags 3"]
    assert [r["malformed"] for r in result["rounds"]] == [0, 2]
    assert (result["answer"], result["stop_reason"]) == ("better 4", "depth")
    assert result["usage"]["total"]["scores"] == 8


@pytest.mark.parametrize("step", ["sample", "update"])
def test_one_request_of_five_fails(step):
    usual = {"sample": "first {}", "update": improved("better {}")}[step]
    model = says(**{step: lambda k: BAD if k == 2 else usual.format(k)})
    result = run(model, width=5, sampling="parallel")
    nth = 0 if step == "sample" else 1
    assert len(texts(result, nth)) == 4
    assert errors(result, nth) == ["failed: ScriptedModel: ValueError: broken pipe"]
    assert (result["answer"], result["stop_reason"]) == ("better 4", "depth")
    assert result["usage"]["total"]["requests"] == len(model.asked) == 12
    assert result["usage"]["total"]["scores"] == 9


@pytest.mark.parametrize("sampling", ["native", "parallel"])
@pytest.mark.parametrize(
    ("sample", "why"),
    [
        (BAD, "(failed: ScriptedModel: ValueError: broken pipe)"),
        ("", "(empty: the model returned no text)"),
        ("<think>and on", "(empty: the model only thought; raise max_tokens)"),
    ],
)
def test_no_first_answer_at_all_is_a_clear_error(sample, why, sampling):
    with pytest.raises(tpo.NoCandidateError) as caught:
        run(says(sample=sample), sampling=sampling)
    said = str(caught.value)
    assert said.startswith("policy 'ScriptedModel' gave no usable answer ")
    assert why in said
    assert "tpo doctor" in said
    assert "\n" not in said


@pytest.mark.parametrize("broken", ["loss", "gradient"])
@pytest.mark.parametrize(
    ("said", "kind"),
    [(BAD, "failed"), ("", "empty"), ("<think>only thought", "empty"), (CALL, "tool_call")],
)
def test_without_a_critique_the_best_so_far_is_the_answer(broken, said, kind):
    model = says(**{broken: lambda k: "fine" if k == 0 else said})
    result = run(model, depth=3)
    assert (result["answer"], result["stop_reason"]) == ("better 2", "critique_failed")
    assert str(result["rounds"][-1]["error"]).startswith(f"{broken}: ScriptedModel: ")
    assert [r["failure"] for r in result["rounds"]] == [None, kind]
    assert result["rounds"][-1][broken] is None
    assert result["usage"]["total"]["requests"] == len(model.asked)


@pytest.mark.parametrize(("said", "requests"), [("", 1), ("<think>long thoughts", 2)])
def test_an_empty_critique_was_paid_for_too(said, requests):
    result = run(says(loss=said))
    paid = result["usage"]["phases"]["loss"]
    assert paid["requests"] == requests  # one that only thought is asked for with more room
    assert min(paid["input_tokens"], paid["output_tokens"]) > 0


def test_thinking_is_kept_apart_everywhere():
    model = says(
        sample=lambda k: f"<think>{improved('no')} {k}</think>first {k}",
        loss=f"{THINKS}the loss",
        gradient=f"{THINKS}the gradient",
        update=lambda k: f"{THINKS}{improved(f'better {k}')}",
    )
    seen: list[str] = []
    result = run(model, reward=lambda q, a: seen.append(a) or prefer_later(q, a))
    assert sorted(seen) == ["better 0", "better 1", "better 2", "first 0", "first 1", "first 2"]
    assert result["candidates"][1]["reasoning"] == f"{improved('no')} 1"
    assert (result["rounds"][0]["loss"], result["rounds"][0]["gradient"]) == (
        "the loss",
        "the gradient",
    )
    assert not any("<think>" in ask.text for ask in model.asked)


def test_identical_answers_are_never_held_against_themselves():
    model = says(sample="first 1")
    result = run(model, depth=1, width=4)
    assert (result["rounds"][0]["rejected"], result["rounds"][0]["spread"]) == (None, None)
    assert result["answer"].startswith("better")
    shown = [ask.text.count("first 1") for ask in model.asked if ask.step == "loss"]
    assert shown == [1]
    result = run(says(sample="first 1"), depth=3, width=4, min_spread=0)
    assert (result["answer"], result["stop_reason"]) == ("first 1", "spread")


# --- ties: all candidates have the same reward ------------------------------


def right(query: str, answer: str) -> float:
    return float(answer == "better 1")


def test_a_tie_of_different_texts_goes_on_with_the_earliest_two():
    model = says()
    result = run(model, reward=right, depth=3, target_reward=1.0)
    assert (result["answer"], result["stop_reason"]) == ("better 1", "target")
    first = result["rounds"][0]
    assert (first["chosen"], first["rejected"], first["spread"]) == ("r0c0", "r0c1", 0.0)
    (loss,) = [ask.text for ask in model.asked if ask.step == "loss"]
    assert "first 0" in loss
    assert "first 1" in loss


def test_a_tie_can_be_revised_instead():
    model = says()
    result = run(model, reward=right, depth=3, target_reward=1.0, on_tie="revise")
    assert (result["answer"], result["stop_reason"]) == ("better 1", "target")
    (loss,) = [ask.text for ask in model.asked if ask.step == "loss"]
    assert "first 0" in loss
    assert "first 1" not in loss


def test_a_tie_that_lasts_ends_with_the_depth_and_the_earliest_answer():
    result = run(says(), reward=lambda q, a: 0.5, depth=3)
    assert (result["answer"], result["stop_reason"], len(result["rounds"])) == (
        "first 0",
        "depth",
        4,
    )


def test_a_tie_ends_the_search_if_a_least_spread_is_set():
    model = says()
    result = run(model, reward=lambda q, a: 0.5, depth=3, min_spread=0)
    assert (result["answer"], result["stop_reason"], len(model.asked)) == ("first 0", "spread", 1)


def test_some_identical_answers_leave_the_others_to_contrast():
    result = run(says(sample=lambda k: f"first {min(k, 1)}"), width=4)
    assert (result["rounds"][0]["chosen"], result["rounds"][0]["rejected"]) == ("r0c1", "r0c0")
    assert result["stop_reason"] == "depth"


@pytest.mark.parametrize("width", [1, 2])
def test_a_pool_of_one_is_critiqued_alone(width):
    model = says(sample=lambda k: "" if k else "first 0")
    result = run(model, width=width)
    assert "rejected_answer" not in model.asked.of("loss")[0].text
    assert result["rounds"][0]["rejected"] is None
    assert result["answer"] == f"better {width - 1}"
    assert math.isfinite(result["reward"])
