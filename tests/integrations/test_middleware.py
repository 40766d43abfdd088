"""An agent with the middleware: only its final answer changes, and nothing is paid twice."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents.middleware import ModelResponse
from langchain.agents.structured_output import ToolStrategy
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from pydantic import BaseModel
from scripted_agent import SYSTEM, agent, agent_model, asked, optimised
from steps import prefer_later

import tpo
from tpo.core.replies.reply import read_reply
from tpo.integrations.agent.model_reply import replaced

THREAD: Any = {"configurable": {"thread_id": "t"}}


def without_ids(messages: list[Any]) -> list[dict[str, Any]]:
    """Return messages as plain data; those of tools get a new id in each run."""
    return [m.model_dump(exclude={"id"} if m.type == "tool" else set()) for m in messages]


async def answered(sync: bool, app: Any, given: Any = None, *rest: Any, **options: Any) -> Any:
    """Run the agent, in sync or async."""
    given = given or asked()
    if sync:
        return app.invoke(given, *rest, **options)
    return await app.ainvoke(given, *rest, **options)


@pytest.fixture(params=[False, True], ids=["async", "sync"])
def sync(request: Any) -> bool:
    return request.param


async def test_only_the_last_message_differs(sync):
    plain, model = agent_model(), agent_model()
    without = (await answered(sync, agent(plain)))["messages"]
    result = await answered(sync, agent(model, optimised()))
    assert set(result) == {"messages"}
    assert without_ids(result["messages"][:-1]) == without_ids(without[:-1])
    assert [m.type for m in without] == ["human", "ai", "tool", "ai", "tool", "ai"]
    draft, answer = without[-1], result["messages"][-1]
    assert (draft.text, answer.text, answer.id) == ("first 0", "better 2", draft.id)
    assert answer.usage_metadata == draft.usage_metadata
    assert answer.response_metadata.pop("tpo")["outcome"] == "improved"
    assert answer.response_metadata == draft.response_metadata
    # The agent's own requests are the same; the rest, without tools, is the search.
    own = [a.text for a, tools in zip(model.asked, model.bound, strict=True) if tools]
    assert own == [a.text for a in plain.asked]
    assert len(model.asked) - len(own) == 4  # the other samples in one request


async def test_the_draft_competes_and_is_asked_for_once(sync):
    model = agent_model()
    app = agent(model, optimised(trace="full"))
    trace = (await answered(sync, app))["messages"][-1].response_metadata["tpo"]
    first = [c for c in trace["candidates"] if c["round"] == 0]
    assert [(c["text"], c.get("drafted")) for c in first] == [
        ("first 0", True),
        ("first 1", None),
        ("first 2", None),
    ]
    assert trace["usage"]["requests"] == len([tools for tools in model.bound if not tools])
    assert [r["loss"] for r in trace["rounds"]] == ["loss 0", None]


async def test_a_draft_that_wins_is_untouched():
    draft = AIMessage(
        [{"type": "text", "text": "first 99"}], id="d", additional_kwargs={"mark": "kept"}
    )
    app = agent(agent_model(sample=lambda k: draft if k == 0 else f"first {k}"), optimised(depth=0))
    answer = (await app.ainvoke(asked()))["messages"][-1]
    assert (answer.content, answer.additional_kwargs) == (draft.content, draft.additional_kwargs)
    assert answer.response_metadata["tpo"]["outcome"] == "kept"


async def test_the_trace_is_plain_and_brief_unless_asked():
    message = (await agent(None, optimised()).ainvoke(asked()))["messages"][-1]
    trace = message.response_metadata["tpo"]
    assert (trace["answer"], trace["reward"], trace["stop_reason"]) == ("r1c2", 12.0, "depth")
    assert trace["candidates"][0] == {"id": "r0c0", "reward": 0.0, "drafted": True}
    assert [r["chosen"] for r in trace["rounds"]] == ["r0c2", "r1c2"]
    assert "first 1" not in str(trace)


async def test_candidates_and_reward_see_the_conversation_with_its_tool_results():
    seen: list[Any] = []

    class Seeing:
        name, batch_size, notice = "seeing", None, ""

        async def score(self, messages: Any, answers: Any) -> list[Any]:
            seen.append([(m.type, m.text) for m in messages])
            return [tpo.scored(prefer_later("", answer)) for answer in answers]

    model = agent_model()
    result = await agent(model, optimised(reward=Seeing())).ainvoke(asked())
    conversation = [(m.type, m.text) for m in result["messages"][:-1]]
    assert seen == [[("system", SYSTEM), *conversation]] * 2
    sample = next(a for a, tools in zip(model.asked, model.bound, strict=True) if not tools)
    assert [(m.type, m.text) for m in sample.messages] == [("system", SYSTEM), *conversation]


async def test_another_policy_writes_the_candidates():
    model, other = agent_model(), agent_model()
    result = await agent(model, optimised(policy=other)).ainvoke(asked())
    assert result["messages"][-1].text == "better 2"
    assert len(model.asked) == 3
    assert all(not tools for tools in other.bound)


async def test_several_policies_divide_what_the_draft_leaves():
    model, one, two = agent_model(), agent_model(), agent_model()
    app = agent(model, optimised(policies=[one, two], width=5, trace="full"))
    trace = (await app.ainvoke(asked()))["messages"][-1].response_metadata["tpo"]
    first = [c.get("policy") for c in trace["candidates"] if c["round"] == 0]
    names = [c.get("policy") for c in trace["candidates"] if c.get("policy")]
    assert (first[0], len(set(first[1:3])), len(set(first[3:]))) == (None, 1, 1)
    assert len(set(names)) == 2
    assert len(model.asked) == 3


class Fact(BaseModel):
    """A fact about a city."""

    city: str


@pytest.mark.parametrize("text", ["", "Here it is."])
async def test_structured_output_passes_through(sync, text):
    call = {"name": "Fact", "args": {"city": "Rome"}, "id": "fact"}
    said = AIMessage(text, id="s", tool_calls=[call])
    options: Any = {"tools": [], "response_format": ToolStrategy(Fact)}
    with_tools = agent_model(sample=said)
    with_tools.script = lambda *_: said
    plain = await answered(sync, agent(with_tools, **options))
    result = await answered(sync, agent(with_tools, optimised(), **options))
    assert result["structured_response"] == plain["structured_response"] == Fact(city="Rome")
    assert without_ids(result["messages"]) == without_ids(plain["messages"])


CITED = {"type": "text", "text": "22 degrees", "annotations": [{"type": "citation", "url": "x"}]}
IMAGE = {"type": "image", "base64": "aGk=", "mime_type": "image/png"}


@pytest.mark.parametrize(
    "said",
    [
        AIMessage([CITED], id="a"),
        AIMessage([{"type": "text", "text": "look"}, IMAGE], id="a"),
        AIMessage("", id="a"),
        AIMessage("", id="a", response_metadata={"finish_reason": "content_filter"}),
    ],
    ids=["sources", "an image", "nothing", "blocked"],
)
async def test_a_reply_that_is_not_just_text_passes_through(said):
    model = agent_model(sample=said)
    result = await agent(model, optimised()).ainvoke(asked())
    answer = result["messages"][-1]
    assert (answer.content, answer.response_metadata.get("tpo")) == (said.content, None)
    assert all(model.bound)


async def test_thoughts_are_neither_scored_nor_lost():
    said = "<think>hm</think>first 50"
    model = agent_model(sample=lambda k: said if k == 0 else f"first {k}")
    result = await agent(model, optimised(depth=0, trace="full")).ainvoke(asked())
    answer = result["messages"][-1]
    assert answer.response_metadata["tpo"]["candidates"][0]["text"] == "first 50"
    assert answer.text == said


async def test_a_person_may_choose_within_the_search(sync):
    """`human_pick` interrupts the agent, and its resume reaches the search."""
    model = agent_model()
    app = agent(model, optimised(human_pick=True), checkpointer=InMemorySaver())
    paused = await answered(sync, app, None, THREAD)
    assert "r0c0" in str(paused["__interrupt__"][0].value)
    drafts = len([tools for tools in model.bound if tools])
    with pytest.raises(ValueError, match="r0c9"):
        await answered(sync, app, Command(resume={"chosen": "r0c9"}), THREAD)
    pick = Command(resume={"stop": True, "chosen": "r0c1"})
    done = await answered(sync, app, pick, THREAD)
    assert done["messages"][-1].text == "first 1"
    assert done["messages"][-1].response_metadata["tpo"]["stop_reason"] == "human"
    assert len([tools for tools in model.bound if tools]) == drafts


async def test_turns_of_a_thread(sync):
    app = agent(None, optimised(), checkpointer=InMemorySaver())
    await answered(sync, app, None, THREAD)
    result = await answered(sync, app, asked("And in Oslo?"), THREAD)
    assert [m.type for m in result["messages"]].count("human") == 2
    assert result["messages"][-1].text == "better 5"
    spent = app.get_state(THREAD).values["tpo_spent"]
    assert spent["requests"] == 8
    assert "tpo_spent" not in result
    assert "tpo_spent" not in app.get_input_jsonschema()["properties"]


async def test_an_agent_without_a_question_keeps_its_draft():
    model = agent_model()
    model.script = lambda *_: AIMessage("hello", id="h")
    result = await agent(model, optimised()).ainvoke({"messages": []})
    trace = result["messages"][-1].response_metadata["tpo"]
    assert trace["outcome"] == "failed"
    assert "no human turn" in trace["reason"]


def test_it_is_named_and_described_for_agents():
    middleware = optimised()
    assert middleware.name == "TPOMiddleware"
    assert list(middleware.tools) == []


async def test_the_agents_own_limit_of_steps_is_not_the_searchs():
    answer = await agent(None, optimised(depth=3)).ainvoke(asked(), {"recursion_limit": 12})
    assert answer["messages"][-1].response_metadata["tpo"]["outcome"] == "improved"


@pytest.mark.parametrize(("draft", "outcome"), [("first 0", "improved"), ("better 9", "kept")])
def test_an_improved_answer_has_not_the_draft_s_id_on_the_provider_s_server(draft, outcome):
    """By it OpenAI's Responses API would go on from the draft, which nobody has seen."""
    reply = AIMessage(draft, response_metadata={"id": "resp_1", "model_name": "m"})
    app = agent(agent_model(sample=lambda k: reply if k == 0 else f"first {k}"), optimised())
    about = app.invoke(asked())["messages"][-1].response_metadata
    assert about["tpo"]["outcome"] == outcome
    assert about.get("id") == (None if outcome == "improved" else "resp_1")
    assert about["model_name"] == "m"


@pytest.mark.parametrize("kind", [tpo.Context, dict])
def test_settings_as_a_whole_and_single_ones_win(kind):
    search = tpo.TPOMiddleware(prefer_later, context=kind(depth=1, width=4), depth=0)
    trace = agent(agent_model(), search).invoke(asked())["messages"][-1].response_metadata["tpo"]
    assert (len(trace["rounds"]), len(trace["candidates"])) == (1, 4)


@pytest.mark.parametrize("draft", [{"stop_reason": "max_tokens"}, {"finish_reason": "length"}, {}])
def test_another_text_ends_for_its_own_reason(draft):
    reply = ModelResponse(result=[AIMessage("half a", id="a", response_metadata=draft)])
    (answer,) = replaced(reply, "a whole one", {}, "stop").result
    assert read_reply(answer).finish_reason == "stop"
    (kept,) = replaced(reply, None, {}, "stop").result
    assert {**kept.response_metadata, "tpo": 0} == {**draft, "tpo": 0}
