"""A rubric whose criteria are written from the best and the worst of the first answers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fake_judge import judging, read
from langgraph.cache.memory import InMemoryCache
from langgraph.checkpoint.memory import InMemorySaver
from steps import QUERY, improved, run, says
from written_rubric import WRITTEN, score, writes

import tpo
from tpo.core.context import Context
from tpo.core.errors import ConfigError, SpecError
from tpo.rewards.caching.cached import cached
from tpo.rewards.planned_reward import requests_to_score
from tpo.rewards.resolve import resolve_reward

PAIR = re.compile(r"<(?:chosen|rejected)_answer>\n(.*?)\n</", re.DOTALL)


def step_of(text: str) -> str:
    if "Rank these" in text:
        return "rank"
    return "check" if "<answer>" in text else "write"


def judges(*, order: Any = None) -> Any:
    """Return a judge: the longer answer is the better one, unless it says another order."""

    def script(messages: Any, *_: Any) -> str:
        text = messages[-1].text
        if step_of(text) == "rank":
            blocks, _ = read(text)
            numbers = sorted((k[6:] for k in blocks if k != "query"), key=lambda n: -len(
                blocks[f"answer{n}"]))  # fmt: skip
            return order if order is not None else " > ".join(numbers)
        return writes(messages)

    return judging(script)


def rubric(model: Any, **how: Any) -> Any:
    return tpo.QueryRubric(model, source="contrast", **how)


def steps(model: Any) -> list[str]:
    return [step_of(one.text) for one in model.asked]


def shown(model: Any) -> list[str]:
    """Return the better and the worse answer that criteria were written from."""
    (asked,) = [one.text for one in model.asked if step_of(one.text) == "write"]
    return PAIR.findall(asked)


@pytest.mark.parametrize("wrap", [lambda r: r, lambda r: cached(r, InMemoryCache(), identity="r")])
async def test_the_best_and_the_worst_are_shown_before_any_answer_is_marked(wrap):
    model = judges()
    scores = await score(wrap(rubric(model)), "no", "air, and light", "no", "air, air")
    assert steps(model) == ["rank", "write", *["check"] * 4]
    assert shown(model) == ["air, and light", "no"]
    assert [s["reward"] for s in scores] == [0.25, 0.75, 0.25, 0.75]
    assert requests_to_score(wrap(rubric(judges())), 4) == 2 + 4


def test_a_run_writes_them_once_and_all_its_scores_are_by_them():
    policy = says(sample=lambda k: "no," * (k + 1), update=lambda k: improved("air " * (k + 1)))
    model = judges()
    reward = rubric(model)
    result = run(policy, reward, depth=2, width=2)
    assert (steps(model).count("rank"), steps(model).count("write")) == (1, 1)
    assert [r["criteria"] for r in result["rounds"]] == [{reward.name: WRITTEN}] * 3
    assert reward.name == "rubric:auto:ScriptedModel?source=contrast"
    asked = {re.findall(r"^\d+\. .+$", one.text, re.MULTILINE)[0] for one in model.asked[2:]}
    assert len(asked) == 1
    assert result["usage"]["phases"]["rank"]["requests"] == len(model.asked)


async def test_a_run_that_was_stopped_asks_for_neither_again():
    model, down = judges(), [True]
    script = model.script

    def fails(messages: Any, *rest: Any) -> Any:
        if step_of(messages[-1].text) == "check" and down[0]:
            return ConnectionError("no route")
        return script(messages, *rest)

    model.script = fails
    graph = tpo.build_tpo(says(sample=lambda k: "air " * (k + 1)), rubric(model))
    app, place = graph.compile(checkpointer=InMemorySaver()), {"configurable": {"thread_id": "t"}}
    context = Context(depth=0, width=2, retries=0)
    with pytest.raises(tpo.RewardError):
        await app.ainvoke({"messages": [("user", QUERY)]}, place, context=context)
    down.clear()
    down.append(False)
    result = await app.ainvoke(None, place, context=context)
    assert result["reward"] == 1.0
    assert (steps(model).count("rank"), steps(model).count("write")) == (1, 1)


@pytest.mark.parametrize("answers", [["air"], ["air", "air"]])
async def test_without_two_different_answers_the_query_alone_is_left(answers):
    model = judges()
    await score(rubric(model), *answers)
    assert steps(model)[0] == "write"
    assert shown(model) == []


@pytest.mark.parametrize("order", ["1 = 2", "I like both."])
async def test_without_a_ranking_too(order):
    model = judges(order=order)
    scores = await score(rubric(model), "air", "no")
    assert shown(model) == []
    assert [s["reward"] for s in scores] == [1.0, 0.25]


def test_a_person_is_told_that_the_answers_could_not_be_ranked():
    events = list[Any]()
    policy, reward = says(sample=lambda k: "air " * (k + 1)), rubric(judges(order="Both."))
    run(policy, reward, depth=0, width=2, on_event=events.append)
    (told,) = [e["message"] for e in events if e["type"] == "tpo.notice"]
    assert told.startswith(f"{reward.name}: criteria are written from the query alone: judge")


async def test_many_answers_are_not_all_ranked():
    model = judges()
    await score(rubric(model), *["air " * n for n in range(1, 12)])
    assert len(re.findall("<answer number", model.asked[0].text)) == 8


async def test_as_part_of_a_mix_with_criteria_of_ones_own():
    model = judges()
    own = rubric(model, criteria=[tpo.Criterion("polite", essential=True)])
    mix = tpo.Mix([tpo.Part(lambda query, answer: 1.0)], constraints=[own])
    kind, rude = await score(mix, "air", "air, you idiot")
    assert (kind["reward"], rude["failure"]) == (1.0, "vetoed")
    assert shown(model) == ["air, you idiot", "air"]
    assert "do not repeat them:\n\n- polite\n" in model.asked[1].text


def test_a_held_out_rubric_sees_one_answer_and_goes_by_the_query():
    model = judges()
    policy = says(sample=lambda k: "no," * (k + 1))
    run(policy, lambda q, a: float(len(a)), heldout=rubric(model), depth=0, width=2)
    assert steps(model) == ["write", "check"]


def test_it_has_a_spec_and_a_line_in_files(tmp_path):
    assert resolve_reward("rubric:auto:openai:m?source=contrast").name == (
        "rubric:auto:openai:m?source=contrast"
    )
    assert resolve_reward("rubric:auto?source=contrast", policy="openai:m").name == (
        "rubric:auto:openai:m?source=contrast"
    )
    for spec in ("rubric:auto?source=both", "rubric:auto:openai:m?source=query"):
        with pytest.raises(SpecError, match="source is contrast, or it is left out"):
            resolve_reward(spec, policy="openai:m")
    file = tmp_path / "r.toml"
    file.write_text('per_query = true\nsource = "contrast"\nreasons = false')
    named = resolve_reward(f"rubric:{file}", policy="openai:m").name
    assert named == "rubric:auto:openai:m?source=contrast&reasons=0"
    file.write_text('source = "contrast"\n[[criteria]]\nname = "a"')
    with pytest.raises(ConfigError, match="source: only criteria that are written have one"):
        resolve_reward(f"rubric:{file}", policy="openai:m")
