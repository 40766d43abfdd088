"""The graph as others compile and call it."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import ValidationError
from steps import QUERY, improved, prefer_later, says

import tpo

INPUT: Any = {"messages": [("user", QUERY)]}
KNOBS: Any = {"depth": 1, "width": 3, "retries": 0}


IMAGE = {"type": "image_url", "image_url": {"url": "u"}}


def compiled(model: Any = None, reward: Any = prefer_later, saver: Any = None, **options: Any):
    return tpo.build_tpo(model or says(), reward, **options).compile(checkpointer=saver)


def test_the_drawing_is_the_papers_loop():
    drawn = compiled().get_graph()
    assert set(drawn.nodes) == {
        "__start__", "sample", "rank", "choose", "loss", "gradient", "update", "finish", "__end__",
    }  # fmt: skip
    edges = {(e.source, e.target) for e in drawn.edges}
    assert {("sample", "rank"), ("rank", "loss"), ("loss", "gradient"), ("update", "rank")} <= edges
    assert {s for s, t in edges if t == "finish"} == {"rank", "choose", "loss", "gradient"}


async def test_the_output_has_what_the_contract_names():
    result = await compiled().ainvoke(INPUT, context=KNOBS)
    names = ("answer", "reward", "messages", "candidates", "rounds", "stop_reason", "usage")
    assert all(result[name] for name in names)
    assert result["messages"][-1].text == result["answer"] == "better 2"
    first = result["rounds"][0]
    assert (first["loss"], first["gradient"], first["spread"]) == ("loss 0", "gradient 0", 2.0)
    assert result["candidates"][3]["parent_round"] == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda app: app.invoke(INPUT),
        lambda app: list(app.stream(INPUT)),
        lambda app: list(app.stream(INPUT, stream_mode=["custom", "values"])),
        lambda app: app.batch([INPUT]),
    ],
)
def test_sync_calls_say_in_one_sentence_what_to_call_instead(call):
    model = says()
    with pytest.raises(tpo.SyncCallError) as caught:
        call(compiled(model))
    said = str(caught.value)
    assert "await graph.ainvoke(...)" in said
    assert "tpo.align(...)" in said
    assert "\n" not in said
    assert model.asked == []


@pytest.mark.parametrize(
    "messages",
    [
        [("user", QUERY)],
        [{"role": "user", "content": QUERY}],
        [HumanMessage(QUERY)],
        HumanMessage(QUERY),
        QUERY,
        [HumanMessage([{"type": "text", "text": QUERY}])],
    ],
)
async def test_messages_in_every_form_a_chat_client_sends(messages):
    model = says()
    result = await compiled(model).ainvoke({"messages": messages}, context=KNOBS)
    assert result["answer"] == "better 2"
    assert f"<query>\n{QUERY}\n</query>" in model.asked.of("loss")[0].text


async def test_an_image_beside_the_words_is_told_to_be_seen_by_samples_only():
    model = says()
    asked = [("user", [{"type": "text", "text": QUERY}, IMAGE])]
    stream = compiled(model).astream({"messages": asked}, context=KNOBS, stream_mode="custom")
    said = [event["message"] async for event in stream if event["type"] == "tpo.notice"]
    assert [text for text in said if "beside text there is image_url" in text]
    assert all(IMAGE in call.messages[-1].content for call in model.asked.of("sample"))


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([], "there is no human turn to answer"),
        ([("user", " ")], "the prompt is empty"),
        ([("user", "x"), ("assistant", "y")], "the conversation already ends with an answer"),
        ([("user", [IMAGE])], "say in words what to answer"),
    ],
)
async def test_input_that_cannot_be_answered_costs_nothing(messages, said):
    model = says()
    with pytest.raises(tpo.InputError, match=said):
        await compiled(model).ainvoke({"messages": messages}, context=KNOBS)
    assert model.asked == []


@pytest.mark.parametrize(
    ("knobs", "said"),
    [({"depth": 99}, "less than or equal to 20"), ({"dept": 1}, "Valid set")],
)
async def test_settings_out_of_bounds_cost_nothing(knobs, said):
    model = says()
    with pytest.raises(ValidationError, match=said):
        await compiled(model).ainvoke(INPUT, context=knobs)
    assert model.asked == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"reward": "nonsense"}, "unknown reward 'nonsense'"),
        ({"prompts": {"loss": "x"}}, "the prompt lacks"),
        ({"prompts": "x"}, "no prompt set 'x'"),
    ],
)
def test_what_is_wrong_already_is_told_when_building(options, said):
    with pytest.raises(tpo.ConfigError, match=said):
        compiled(**options)


async def test_the_critic_is_checked_before_anything_is_paid():
    model = says()
    with pytest.raises(tpo.SpecError, match="unknown policy 'gpt'"):
        await compiled(model).ainvoke(INPUT, context={**KNOBS, "critic": "gpt"})
    assert model.asked == []


async def test_tool_turns_and_system_prompt_reach_policy_and_reward():
    seen: list[Any] = []

    class Reward:
        name, batch_size, notice = "r", None, ""

        async def score(self, messages: Any, answers: Any) -> Any:
            seen.append([m.type for m in messages])
            return [tpo.scored(prefer_later("", a)) for a in answers]

    call = AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": "1"}])
    turns = [SystemMessage("s"), HumanMessage(QUERY), call, ToolMessage("found", tool_call_id="1")]
    model = says()
    await compiled(model, Reward()).ainvoke({"messages": turns}, context=KNOBS)
    assert seen == [["system", "human", "ai", "tool"]] * 2
    assert [m.type for m in model.asked[0].messages] == ["system", "human", "ai", "tool"]
    assert "Tool result: found" in model.asked.of("loss")[0].text


async def test_a_second_turn_has_the_history_and_a_fresh_pool_halt_and_bill():
    model = says(loss=lambda k: "" if k == 0 else "fine")
    app, config = compiled(model, saver=InMemorySaver()), {"configurable": {"thread_id": "t"}}
    first = await app.ainvoke(INPUT, config, context=KNOBS)
    assert first["stop_reason"] == "critique_failed"
    second = await app.ainvoke({"messages": [("user", "And why red?")]}, config, context=KNOBS)
    assert second["stop_reason"] == "depth"
    assert [m.text for m in model.asked[2].messages] == [QUERY, "first 2", "And why red?"]
    assert {c["turn"] for c in second["candidates"]} == {2}
    assert second["usage"]["total"]["requests"] == 4
    assert [r["error"] for r in second["rounds"]] == [None, None]


async def test_a_failed_turn_can_be_resumed_and_pays_for_nothing_twice():
    up = [False]
    model = says(
        update=lambda k: improved(f"better {k}"),
        gradient=lambda k: "fine",
        sample=lambda k: f"first {k}" if up[0] or k < 2 else ConnectionError("down"),
    )

    def reward(query: str, answer: str) -> float:
        if not up[0]:
            raise ConnectionError("down")
        return prefer_later(query, answer)

    app, config = compiled(model, reward, InMemorySaver()), {"configurable": {"thread_id": "t"}}
    knobs = {**KNOBS, "sampling": "parallel"}
    with pytest.raises(tpo.RewardError):
        await app.ainvoke(INPUT, config, context=knobs)
    kept = (await app.aget_state(config)).values
    assert [c["text"] for c in kept["candidates"]] == ["first 0", "first 1", ""]
    assert kept["usage"]["total"]["requests"] == len(model.asked) == 3
    up[0] = True
    result = await app.ainvoke(None, config, context=knobs)
    assert result["stop_reason"] == "depth"
    assert len(model.asked.of("sample")) == 3
    assert result["usage"]["total"]["requests"] == len(model.asked) == 8


async def test_the_callers_models_are_left_as_they_were():
    model = says({"temperature": 1.3, "n": 4})
    await compiled(model).ainvoke(INPUT, context=KNOBS)
    assert (model.temperature, model.n, model.seed) == (1.3, 4, None)


async def test_depth_20_runs_through():
    model = says()
    result = await compiled(model).ainvoke(INPUT, context={**KNOBS, "depth": 20, "width": 1})
    assert (len(result["rounds"]), len(model.asked)) == (21, 61)
