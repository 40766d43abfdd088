"""A run with a schema: asked for, checked, vetoed with the places, and never returned as valid."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import sys

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from patience import wait_until
from scripted_model import ScriptedModel

from tpo.core.answer_schema import AnswerSchema
from tpo.core.context import Context
from tpo.core.errors import RewardError
from tpo.graphs.loop import build_tpo
from tpo.rewards.verifying import answer_form, json_schema
from tpo.rewards.verifying.json_schema import schema_scores

SCHEMA = {
    "title": "Count",
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}


def count(query: str, answer: str) -> float:
    return float(json.loads(answer)["n"])  # it fails if it sees anything but the JSON


async def run(script, **settings):
    model = ScriptedModel(script=script)
    app = build_tpo(model, count).compile()
    context = Context(**{"depth": 1, "width": 3, "answer_schema": SCHEMA, **settings})
    return model, await app.ainvoke({"messages": [("user", "Count.")]}, context=context)


async def test_what_does_not_fit_is_vetoed_and_its_faults_reach_loss_and_gradient():
    samples = ['```json\n{"n": 1}\n```', '{"n": "x", "m": 2}', "one"]
    texts = [
        *samples,
        "loss",
        "gradient",
        '{"n": 2}',
        '<improved_answer>{"n": 3}</improved_answer>',
        "no",
    ]
    model, state = await run(texts)
    assert state["answer"] == '{"n": 3}'
    first, second, third = state["candidates"][:3]
    assert (first["text"], first["reward"]) == ('{"n": 1}', 1.0)
    assert [c["failure"] for c in (second, third)] == ["vetoed", "vetoed"]
    assert "$.n: 'x' is not of type 'integer'" in second["feedback"]
    assert "not JSON" in third["feedback"]
    assert (state["rounds"][0]["chosen"], state["rounds"][0]["rejected"]) == ("r0c0", "r0c1")
    for step in ("loss", "gradient"):
        (asked,) = model.asked.of(step)
        assert "$.n: 'x' is not of type 'integer'" in asked.text


async def test_a_round_in_which_nothing_fits_is_critiqued_by_its_faults():
    texts = ['{"n": "x"}'] * 3 + ["loss", "gradient", '{"n": 5}', '{"n": "y"}', '{"n": 4}']
    model, state = await run(texts)
    assert state["answer"] == '{"n": 5}'
    assert (state["rounds"][0]["chosen"], state["rounds"][0]["reward"]) == ("r0c0", None)
    assert "$.n: 'x' is not of type 'integer'" in model.asked.of("loss")[0].text


def says_its_type(messages, index, seed):
    """It answers in form if it is told what was wrong, and in words otherwise."""
    return '{"n": %s}' % (index if "'x' is not of type" in messages[-1].text else '"x"')


async def test_a_plan_goes_by_the_faults_of_form_while_nothing_fits():
    model, state = await run(says_its_type, mode="adaptive", width=5)
    plan = state["rounds"][0]["plan"]
    assert (plan["fresh"], plan["rewrite"], plan["advised"]) == (3, 2, 2)
    assert plan["critique"] is False
    assert plan["why"].endswith("by what the reward says: no answer has passed yet")
    assert [asked.step for asked in model.asked] == ["sample"] * 4  # nobody writes a critique
    made = [c for c in state["candidates"] if c["round"] == 1]
    assert [c["reward"] is not None for c in made] == [False] * 3 + [True] * 4
    assert [c["parent_round"] for c in made] == [None] * 3 + [0] * 4
    again = next(asked for asked in model.asked if "That answer failed" in asked.text)
    assert again.messages[-2].text == '{"n": "x"}'  # it is shown what it is to mend


async def test_a_plan_that_hides_what_rewards_say_hides_the_faults_of_form_too():
    with pytest.raises(RewardError, match="Every one was vetoed"):
        await run(says_its_type, mode="adaptive", feedback="hide")


async def test_each_round_in_which_nothing_fits_is_followed_by_one_that_goes_by_its_faults():
    written = itertools.count()

    def script(messages, index, seed):
        n = next(written)
        return json.dumps({"n": n if n >= 3 + 5 else str(n)})

    model, state = await run(script, mode="adaptive", depth=3)
    told = [r["plan"]["why"].endswith("no answer has passed yet") for r in state["rounds"][:-1]]
    assert told == [True, True, False]
    first, second = (c for c in state["candidates"] if c["id"] in ("r0c0", "r1c0"))
    drafts = [a.messages[-2].text for a in model.asked if "That answer failed" in a.text]
    assert drafts == [first["text"], second["text"]]
    assert len({c["reward"] for c in state["candidates"] if c["round"] == 2}) == 5
    # What a text has gained over no answer is not known, so it is not said to be nothing.
    assert "nothing is known yet" in state["rounds"][2]["plan"]["why"]


@pytest.mark.parametrize("mode", ["tpo", "adaptive", "revision", "best_of_n"])
async def test_an_answer_that_does_not_fit_is_never_returned(mode):
    def script(messages, index, seed):
        return '{"n": "x"}'

    with pytest.raises(RewardError, match=r"Every one was vetoed .*'x' is not of type"):
        await run(script, mode=mode, depth=2)


@pytest.mark.parametrize("mode", ["tpo", "adaptive", "revision"])
async def test_every_request_says_the_form_once(mode):
    def script(messages, index, seed):
        return '{"n": 2}'

    model, _ = await run(script, mode=mode)
    for asked in model.asked:
        assert asked.text.count('{"n": {"type": "integer"}}') == 1


async def test_without_a_schema_no_request_says_a_form():
    model, _ = await run(lambda *_: '{"n": 2}', answer_schema=None)
    assert not any("form" in asked.text and "program" in asked.text for asked in model.asked)


HOSTILE = {"properties": {"a": {"pattern": "^(a+)+$"}}}
ENDLESS = json.dumps({"a": "a" * 50 + "b"})


async def test_a_check_that_does_not_end_is_stopped_and_the_answer_vetoed(monkeypatch):
    monkeypatch.setattr(json_schema, "SECONDS", 0.2)
    answers = ['{"a": "aaa"}', ENDLESS, '{"a": "aab"}']
    scores = await schema_scores(HOSTILE, answers)
    assert [score["reward"] for score in scores] == [1.0, 0.0, 0.0]
    assert "could not be checked within" in scores[1]["feedback"]
    assert "does not match" in scores[2]["feedback"]


async def test_a_check_that_cannot_stop_itself_is_killed(monkeypatch):
    child = json_schema.CheckingChild(json_schema.CHECK.script, "checking", 0.2, 0.2)
    monkeypatch.setattr(json_schema, "CHECK", child)
    (score,) = await schema_scores(HOSTILE, [ENDLESS])
    assert "could not be checked within" in score["feedback"]


def test_a_check_that_takes_long_gives_way_to_all_others():
    task = {"schema": HOSTILE, "values": [json.loads(ENDLESS)], "seconds": 600}
    command = [sys.executable, "-P", str(json_schema.CHECK.script)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as child:
        assert child.stdin
        child.stdin.write(json.dumps(task).encode())
        child.stdin.close()
        try:
            wait_until(lambda: os.getpriority(os.PRIO_PROCESS, child.pid) == 19)
        finally:
            child.kill()


async def test_one_run_has_only_a_few_checks_at_a_time(monkeypatch):
    under_way, most = 0, 0

    async def slow(schema, answers):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return [{"reward": 1.0}]

    monkeypatch.setattr(answer_form, "schema_scores", slow)
    check = answer_form.FormCheck(HOSTILE)
    await asyncio.gather(*(check.score([], [ENDLESS]) for _ in range(8)))
    assert most == answer_form.AT_ONCE


async def test_a_thread_without_the_setting_goes_on_with_a_schema_and_all_is_checked_again():
    def script(messages, index, seed):
        return '{"n": "x"}' if index == 1 else '{"n": 2}'

    def length(query: str, answer: str) -> float:
        return float(len(answer))

    app = build_tpo(ScriptedModel(script=script), length).compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    question = {"messages": [("user", "Count.")]}
    plain = Context(depth=1, width=2)
    await app.ainvoke(question, config, context=plain, interrupt_before=["loss"])
    pool = (await app.aget_state(config)).values["candidates"]
    assert [c["error"] for c in pool] == [None, None]
    schema = plain.model_copy(update={"answer_schema": AnswerSchema(SCHEMA)})
    state = await app.ainvoke(None, config, context=schema)
    assert state["answer"] == '{"n": 2}'
    assert state["candidates"][1]["failure"] == "vetoed"


@pytest.mark.parametrize("before", ["loss", "finish"])
@pytest.mark.parametrize("texts", [('{"n": "longer"}', '{"n": 2}'), ('{"n": "x"}', "{}")])
async def test_a_run_with_nothing_left_to_rank_is_checked_by_its_new_schema(before, texts):
    """The reward liked the first the most."""
    model = ScriptedModel(script=lambda messages, index, seed: texts[index % 2])
    app = build_tpo(model, lambda query, answer: len(answer))
    app = app.compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    plain = Context(depth=0 if before == "finish" else 1, width=2)
    question = {"messages": [("user", "Count.")]}
    await app.ainvoke(question, config, context=plain, interrupt_before=[before])
    changed = {"answer_schema": AnswerSchema(SCHEMA), "budget_seconds": 1e-9}
    asking = app.ainvoke(None, config, context=plain.model_copy(update=changed))
    if texts[1] == "{}":
        with pytest.raises(RewardError, match=r"no answer fits answer_schema \(.*required"):
            await asking
        return
    state = await asking
    assert (state["answer"], state["reward"]) == ('{"n": 2}', 8.0)
    first = state["candidates"][0]
    assert (first["failure"], first["reward"], first["parts"]) == (
        "vetoed", None, {"answer_schema": 0.0}
    )  # fmt: skip
