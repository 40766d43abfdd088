"""Several policies divide the first samples, and the one whose answer is the best goes on."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from loopback_server import LoopbackServer
from scripted_model import ScriptedModel
from steps import QUERY, improved, prefer_later, says

import tpo
from tpo.core.several_policies import shares, told_apart

INPUT: Any = {"messages": [("user", QUERY)]}
THREAD: Any = {"configurable": {"thread_id": "t"}}
SETTINGS: dict[str, Any] = {"depth": 2, "width": 5, "retries": 0}


class Named(ScriptedModel):
    """A model with a name, as those of providers have."""

    model_name: str = ""


def model(name: str, first: int, **steps: Any) -> Named:
    """Return a model whose first answers are `first N`, `first N+1`, ..."""
    told = {"sample": lambda k: f"first {first + k}", **steps}
    return Named(script=says(**told).script, model_name=name)


def align(*policies: Any, reward: Any = prefer_later, **settings: Any) -> tpo.Aligned:
    return tpo.align(QUERY, policies=policies, reward=reward, **{**SETTINGS, **settings})


def by_policy(result: Any, round: int) -> list[str | None]:
    return [c.get("policy") for c in result["candidates"] if c["round"] == round]


def steps(model: ScriptedModel) -> list[str]:
    return [ask.step for ask in model.asked]


def test_the_width_is_divided_and_the_best_goes_on():
    weak, strong = model("weak", 0), model("strong", 5)
    result = align(weak, strong)
    assert by_policy(result, 0) == ["weak", "weak", "weak", "strong", "strong"]
    assert by_policy(result, 1) == by_policy(result, 2) == ["strong"] * 5
    assert [r.get("policy") for r in result["rounds"]] == ["strong", None, None]
    assert [(ask.step, ask.n) for ask in weak.asked] == [("sample", 3)]
    once = ["loss", "gradient", "update"]
    assert next((ask.step, ask.n) for ask in strong.asked) == ("sample", 2)
    assert steps(strong) == ["sample", *once, *once]
    assert result["usage"]["total"]["requests"] == len(weak.asked) + len(strong.asked)


def test_on_a_tie_the_first_named_goes_on():
    one, two = model("one", 0), model("two", 9)
    assert align(one, two, reward=lambda q, a: 1.0)["rounds"][0].get("policy") == "one"


def test_a_critic_of_its_own_writes_the_critique():
    weak, strong, critic = model("weak", 0), model("strong", 5), model("critic", 0)
    align(weak, strong, critic=critic, depth=1)
    assert steps(critic) == ["loss", "gradient"]
    assert steps(strong) == ["sample", "update"]


def test_best_of_n_over_models():
    result = align(model("a", 0), model("b", 7), model("c", 3), mode="best_of_n", width=7)
    assert by_policy(result, 0) == ["a"] * 3 + ["b"] * 2 + ["c"] * 2
    assert result["answer"] == "first 8"


def test_one_that_fails_leaves_its_places_and_the_others_go_on():
    broken, sound = model("broken", 0, sample=ValueError("out of order")), model("sound", 1)
    result = align(broken, sound, depth=1)
    assert [c["failure"] for c in result["candidates"][:3]] == ["failed"] * 3
    assert result["rounds"][0].get("policy") == "sound"
    assert result["answer"] == "better 4"


def saying(name: str) -> Any:
    """Return how a server answers whose answers begin with a name."""

    def answer(body: Any, index: int) -> str:
        text = f"{name} {body['seed']} {index}"
        return improved(text) if "improved_answer" in body["messages"][-1]["content"] else text

    return answer


@pytest.mark.loopback
@pytest.mark.parametrize("best", ["stubborn", "sound"])
async def test_what_one_refuses_is_its_own_affair(best: str):
    """It is known to its own updates and critiques, and the other is asked for it all the same."""
    refuse = ["temperature"]
    with (
        LoopbackServer(saying("stubborn"), refuse=refuse) as stubborn,
        LoopbackServer(saying("sound")) as sound,
    ):
        specs = [f"openai:stubborn@{stubborn.base_url}", f"openai:sound@{sound.base_url}"]
        graph = tpo.build_tpo(None, lambda q, a: float(a.startswith(best)))
        settings = {**SETTINGS, "depth": 1, "seed": 3, "policies": specs}
        result = await graph.compile().ainvoke(INPUT, context=tpo.Context(**settings))
        assert result["rounds"][0]["policy"] == specs[best == "sound"]
        assert result["refused"] == [f"{specs[0]}: temperature"]
        assert result["critic_refused"] == (["temperature"] if best == "stubborn" else [])
        assert len([a for a in stubborn.asked if "temperature" in a.body]) == 1
        assert all("temperature" in a.body for a in sound.asked)


def test_models_of_one_name_are_told_apart():
    result = align(model("m", 0), model("m", 5), depth=0)
    assert by_policy(result, 0) == ["m"] * 3 + ["m#2"] * 2
    assert told_apart(["a", "b", "a", "a"]) == ["a", "b", "a#2", "a#3"]


def test_drafts_belong_to_nobody_and_are_not_divided():
    result = align(model("a", 0), model("b", 1), drafts=["first 99"], depth=1)
    assert by_policy(result, 0) == [None, "a", "a", "b", "b"]
    assert result["rounds"][0]["chosen"] == "r0c0"
    assert result["rounds"][0].get("policy") == "b"


def test_a_single_one_of_several_is_a_policy():
    result = align(model("alone", 0))
    assert by_policy(result, 0) == [None] * 5
    assert all("policy" not in record for record in result["rounds"])


def test_what_cannot_be_divided_is_refused_before_anything_is_paid():
    one, two = model("one", 0), model("two", 0)
    with pytest.raises(tpo.ConfigError, match="give a width of 2 or more"):
        align(one, two, width=1)
    with pytest.raises(tpo.ConfigError, match="policy and policies are both given"):
        tpo.align(QUERY, policy=one, policies=[two], reward=prefer_later)
    for alone in (one, "openai:gpt-5-mini"):
        with pytest.raises(tpo.ConfigError, match="a list of models; a single one is policy="):
            tpo.align(QUERY, policies=alone, reward=prefer_later)
    with pytest.raises(tpo.ConfigError, match="policies is empty"):
        tpo.build_tpo(None, prefer_later, policies=[])
    assert one.asked == two.asked == []


def test_the_person_s_pick_decides_who_goes_on():
    weak, strong = model("weak", 0), model("strong", 5)
    graph = tpo.build_tpo(None, prefer_later, policies=[weak, strong])
    app, context = graph.compile(checkpointer=InMemorySaver()), {**SETTINGS, "human_pick": True}

    async def picked() -> Any:
        await app.ainvoke(INPUT, THREAD, context={**context, "depth": 1})
        return await app.ainvoke(
            Command(resume={"chosen": "r0c1"}), THREAD, context={**context, "depth": 1}
        )

    tpo.graphs.background.result_of(picked())
    assert steps(weak) == ["sample", "loss", "gradient", "update"]
    assert steps(strong) == ["sample"]


def test_a_resumed_run_goes_on_with_the_same_one_though_the_rewards_are_others():
    weak, strong = model("weak", 0), model("strong", 5)
    saver = InMemorySaver()

    async def twice() -> Any:
        first = tpo.build_tpo(None, prefer_later, policies=[weak, strong])
        await first.compile(checkpointer=saver).ainvoke(
            INPUT, THREAD, context={**SETTINGS, "depth": 1}, interrupt_before=["loss"]
        )
        again = tpo.build_tpo(None, lambda q, a: -prefer_later(q, a), policies=[weak, strong])
        return await again.compile(checkpointer=saver).ainvoke(
            None, THREAD, context={**SETTINGS, "depth": 2}
        )

    tpo.graphs.background.result_of(twice())
    assert steps(weak) == ["sample"]
    assert steps(strong).count("update") == 2


def test_a_fork_goes_on_with_the_same_one_and_one_without_its_answers_with_another():
    weak, strong = model("weak", 0), model("strong", 5)
    graph = tpo.build_tpo(None, prefer_later, policies=[weak, strong])
    app, context = graph.compile(checkpointer=InMemorySaver()), {**SETTINGS, "depth": 1}

    async def forked() -> Any:
        await app.ainvoke(INPUT, THREAD, context=context)
        states = [state async for state in app.aget_state_history(THREAD)]
        before_loss = next(state for state in states if state.next == ("loss",))
        await app.ainvoke(None, before_loss.config, context=context)
        again = steps(strong).count("update")
        before_rank = next(s for s in states if s.next == ("rank",) and s.values["round"] == 0)
        gone = [
            {"turn": 1, "round": 0, "index": i, "id": f"r0c{i}", "error": "gone"} for i in (3, 4)
        ]
        place = await app.aupdate_state(before_rank.config, {"candidates": gone}, as_node="sample")
        return again, await app.ainvoke(None, place, context=context)

    again, result = tpo.graphs.background.result_of(forked())
    assert (again, steps(strong).count("update"), steps(weak).count("update")) == (2, 2, 1)
    assert result["rounds"][0]["policy"] == "weak"


def test_events_say_who_wrote_and_who_goes_on():
    events: list[Any] = []
    align(model("weak", 0), model("strong", 5), depth=1, on_event=events.append)
    by_type = {event["type"]: event for event in reversed(events)}
    assert by_type["tpo.run_started"]["policy"] == "weak, strong"
    assert by_type["tpo.round"]["selected"]["policy"] == "strong"


def test_places_are_divided_as_evenly_as_can_be():
    for width in range(1, 20):
        for policies in range(1, width + 1):
            found = shares(width, policies)
            assert [place for part in found for place in part] == list(range(width))
            sizes = [len(part) for part in found]
            assert max(sizes) - min(sizes) <= 1
            assert sizes == sorted(sizes, reverse=True)
