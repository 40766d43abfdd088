"""ChatTPO answers with the best of a run, says how it was found, and is called like any model."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from scripted_model import ScriptedModel
from steps import QUERY, prefer_later, run, says

import tpo
from tpo.integrations.chat_model.chat_tpo import ChatTPO


def chat(model: Any = None, **settings: Any) -> ChatTPO:
    knobs = {"depth": 1, "width": 3, "retries": 0, "seed": 1, **settings}
    return ChatTPO(policy=model or says(), reward=prefer_later, **knobs)


def comparable(message: AIMessage) -> dict[str, Any]:
    """Return what must be equal in two messages of equal runs: all but ids and seconds."""
    fields = message.model_dump(exclude={"id", "type", "tool_call_chunks", "chunk_position"})
    return json.loads(json.dumps(fields), object_hook=_without_seconds)


def _without_seconds(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != "seconds"}


def total(chunks: list[AIMessageChunk]) -> AIMessageChunk:
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    return whole


def test_the_answer_is_that_of_align():
    aligned, message = run(seed=1), chat().invoke(QUERY)
    assert message.content == aligned["answer"] == "better 2"
    found = message.response_metadata["tpo"]
    assert [c["text"] for c in found["candidates"]] == [c["text"] for c in aligned["candidates"]]
    assert found["rounds"] == aligned["rounds"]
    assert (found["reward"], found["stop_reason"]) == (aligned["reward"], aligned["stop_reason"])
    assert found["usage"].keys() == {"cost_usd", *aligned["usage"]["total"]}
    assert found["usage"]["requests"] == aligned["usage"]["total"]["requests"] == 4


def test_several_policies_and_a_call_that_wants_one():
    one, two, three = says(), says(), says()
    chat = ChatTPO(policies=[one, two], reward=prefer_later, depth=0, width=4, retries=0)
    chat.invoke(QUERY)
    assert (one.asked.sequences, two.asked.sequences) == (2, 2)
    chat.invoke(QUERY, policy=three)
    assert (one.asked.sequences, three.asked.sequences) == (2, 4)
    chat.invoke(QUERY, policies=[three, two])
    with pytest.raises(tpo.ConfigError, match="policies takes a list"):
        ChatTPO(policies="openai:gpt-5-mini")
    assert (three.asked.sequences, two.asked.sequences) == (6, 4)


def test_the_trace_is_plain_json():
    found = chat().invoke(QUERY).response_metadata
    assert json.loads(json.dumps(found)) == found
    kept = {"answer", "reward", "stop_reason", "candidates", "rounds", "usage", "gain"}
    assert set(found["tpo"]) == kept
    assert (found["model_name"], found["finish_reason"]) == ("ScriptedModel", "stop")


async def test_all_ways_to_call_give_the_same_message():
    made = [
        await chat().ainvoke(QUERY),
        await asyncio.to_thread(chat().invoke, QUERY),
        chat().invoke(QUERY),  # inside a running loop
        (await chat().abatch([QUERY]))[0],
        (await asyncio.to_thread(chat().batch, [QUERY]))[0],
        total([chunk async for chunk in chat().astream(QUERY)]),
        total(await asyncio.to_thread(lambda: list(chat().stream(QUERY)))),
        total(list(chat().stream(QUERY))),
        await chat(streaming=True).ainvoke(QUERY),
    ]
    assert {type(m) for m in made} == {AIMessage, AIMessageChunk}
    assert all(comparable(m) == comparable(made[0]) for m in made)


async def test_a_brief_trace_holds_no_text_of_the_pool_nor_of_the_critiques():
    made = [
        chat(trace="brief").invoke(QUERY),
        total([chunk async for chunk in chat(trace="brief").astream(QUERY)]),
    ]
    assert comparable(made[0]) == comparable(made[1])
    written = json.dumps(comparable(made[0]))
    assert not [text for text in ("first 0", "better 0", "loss 0", "gradient 0") if text in written]
    found = made[0].response_metadata["tpo"]
    assert [c["reward"] for c in found["candidates"]] == [0, 1, 2, 10, 11, 12]


async def test_a_stream_shows_the_course_as_reasoning_and_the_answer_once():
    chunks = [chunk async for chunk in chat().astream(QUERY)]
    blocks = [block for chunk in chunks for block in chunk.content_blocks]
    assert [b["type"] for b in blocks] == ["reasoning"] * 4 + ["text"]
    shown = [b["reasoning"] for b in blocks if b["type"] == "reasoning"]
    assert shown == [
        "Round 0: the best so far is r0c2 (reward 2.00), the worst r0c0.\n",
        "Why the best beats the worst:\nloss 0\n",
        "What to change in the best:\ngradient 0\n",
        "Round 1: the best so far is r1c2 (reward 12.00), the worst r0c0.\n",
    ]
    assert [c.content for c in chunks] == [""] * 4 + ["better 2", ""]
    assert [c.chunk_position for c in chunks] == [None] * 5 + ["last"]
    assert [bool(c.usage_metadata) for c in chunks] == [False] * 5 + [True]


async def test_reasoning_is_streamed_while_the_run_goes_on():
    gate = asyncio.Event()

    class Waiting(ScriptedModel):
        async def _agenerate(self, messages: Any, *args: Any, **kwargs: Any) -> Any:
            result = self._result(messages)
            if self.asked[-1].step == "update":
                await gate.wait()
            return result

    stream = chat(Waiting(script=says().script)).astream(QUERY)
    seen = [(await anext(stream)).content_blocks[0] for _ in range(3)]
    assert seen[-1]["reasoning"].startswith("What to change in the best")
    gate.set()
    assert total([chunk async for chunk in stream]).content == "better 2"


def test_system_prompt_and_history_reach_policy_and_reward():
    model, seen = says(), []

    class Watching:
        name, batch_size, notice = "watching", None, ""

        async def score(self, messages: Any, answers: Any) -> list[tpo.Score]:
            seen.extend(messages)
            return [tpo.scored(prefer_later("", answer)) for answer in answers]

    history = [SystemMessage("Be kind."), HumanMessage("Hi"), AIMessage("Hello"), HumanMessage("?")]
    ChatTPO(policy=model, reward=Watching(), depth=0, width=2).invoke(history)
    asked = model.asked[0].messages
    assert [(m.type, m.text) for m in asked] == [(m.type, m.text) for m in history]
    assert [(m.type, m.text) for m in seen] == [(m.type, m.text) for m in history]


@pytest.mark.parametrize("version", [None, "v1"])
def test_a_trace_in_the_history_is_not_sent_on(version):
    model = says()
    first = chat(model, depth=0, output_version=version).invoke(QUERY)
    assert isinstance(first.content, list if version else str)
    chat(model, depth=0).invoke([HumanMessage(QUERY), first, HumanMessage("And at night?")])
    (sent,) = [m for m in model.asked[-1].messages if isinstance(m, AIMessage)]
    assert sent.content == first.text
    assert "tpo" not in sent.response_metadata
    assert "reasoning_content" not in sent.additional_kwargs
    assert "tpo" in first.response_metadata  # the caller's own message is left alone


def test_in_a_chain():
    chain = (
        ChatPromptTemplate.from_template("Why is the {thing} blue?") | chat() | StrOutputParser()
    )
    assert chain.invoke({"thing": "sky"}) == "better 2"
    assert "".join(chain.stream({"thing": "sky"})) == "better 5"


def test_a_chain_does_not_limit_the_steps_of_a_run():
    """LangChain's chains allow 25 steps, which a run of seven rounds exceeds."""
    chain = ChatPromptTemplate.from_template("{it}") | chat(depth=7)
    assert len(chain.invoke({"it": QUERY}).response_metadata["tpo"]["rounds"]) == 8


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        (
            {"dept": 1},
            tpo.ConfigError,
            "unknown setting dept. Did you mean depth? Valid settings: mode",
        ),
        ({"depth": 99}, tpo.ConfigError, "depth: input should be less than or equal to 20"),
        ({"stop": [""]}, tpo.ConfigError, "stop_sequences"),
        ({"policy": "gpt"}, tpo.SpecError, "unknown policy 'gpt'. Valid forms: openai:NAME"),
        ({"policy": 3}, tpo.ConfigError, "int cannot be a policy: give a BaseChatModel"),
        ({"critic": "openai:"}, tpo.SpecError, "policy 'openai:' names no model"),
        ({"reward": "best"}, tpo.SpecError, "unknown reward 'best'. Valid rewards: heuristic"),
        ({"reward": 3}, tpo.ConfigError, "int is not a reward"),
        ({"heldout": "x:"}, tpo.SpecError, "unknown reward 'x:'"),
        ({"prompts": {"los": "x"}}, tpo.PromptError, "los"),
        ({"prompts": "mine"}, tpo.PromptError, "mine"),
    ],
)
def test_bad_settings_are_refused_when_it_is_made(settings, error, said):
    with pytest.raises(error) as raised:
        ChatTPO(**{"policy": "openai:x", "reward": "heuristic", **settings})
    assert str(raised.value).startswith(said) or said in str(raised.value)


def test_every_setting_of_the_context_is_taken():
    given = {"depth": 3, "width": 8, "temperature": None, "budget_requests": 9, "patience": 1}
    made = ChatTPO(policy="openai:x", **given, stop=["END"])
    assert made.context == tpo.Context(**given, stop_sequences=("END",))
    assert ChatTPO(context=tpo.Context(depth=3), width=8).context == tpo.Context(depth=3, width=8)


def test_a_call_may_change_settings_and_parts():
    model, other = says(), says()
    made = chat(model)
    assert made.invoke(QUERY, depth=0).content == "first 2"
    assert made.bind(width=1, depth=0).invoke(QUERY).content == "first 3"
    assert made.invoke(QUERY, depth=0, policy=other).content == "first 2"
    assert made.invoke(QUERY, depth=0, reward=lambda q, a: -prefer_later(q, a)).content == "first 4"
    shortest = {"reward": lambda query, answer: -len(answer), "policy": says()}
    assert made.invoke(QUERY, stop=[" "], depth=0, **shortest).content == "first"
    assert made.context.depth == 1  # the model itself stays as it was
    for bad in ({"dept": 0}, {"depth": 99}):
        with pytest.raises(tpo.ConfigError):
            made.invoke(QUERY, **bad)


def test_a_failed_run_says_why_and_what_was_paid_for():
    model = says(loss=ValueError("no"))

    def broken(query: str, answer: str) -> float:
        raise ValueError("the reward is down")

    with pytest.raises(tpo.RewardError) as raised:
        ChatTPO(policy=model, reward=broken, depth=1, width=2, retries=0).invoke(QUERY)
    assert raised.value.partial is not None
    assert [c["text"] for c in raised.value.partial["candidates"]] == ["first 0", "first 1"]


def test_a_person_cannot_be_asked_outside_a_graph():
    model = says()
    with pytest.raises(tpo.ConfigError, match="here nobody can give one"):
        chat(model, human_pick=True).invoke(QUERY)
    assert model.asked == []
