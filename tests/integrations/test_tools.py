"""Turns that call tools pass through untouched; only an answer in words is optimised."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ProviderStrategy
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from pydantic import BaseModel
from tool_model import ToolModel

import tpo
from tpo.integrations.chat_model.chat_tpo import ChatTPO

QUESTION = [HumanMessage("What is 3 cubed?")]


@tool
def cube(number: int) -> int:
    """Cube a number."""
    return number**3


@tool
def weather(place: str) -> str:
    """Tell the weather."""
    return f"Sunny in {place}."


def shortest(query: str, answer: str) -> float:
    return -sum(answer.encode()) % 997


def chat(model: ToolModel, **settings: Any) -> ChatTPO:
    return ChatTPO(policy=model, reward=shortest, **{"depth": 1, "width": 3, "seed": 1, **settings})


def fields(message: AIMessage) -> dict[str, Any]:
    """Return all of a message but the id that LangChain gives each call."""
    return message.model_dump(exclude={"id", "type", "tool_call_chunks", "chunk_position"})


async def with_result(bound: Any) -> list[Any]:
    """Return the conversation after the tool was called."""
    call = await bound.ainvoke(QUESTION)
    return [*QUESTION, call, ToolMessage("27", tool_call_id=call.tool_calls[0]["id"])]


@pytest.mark.parametrize("choice", [None, "any", "weather"])
async def test_a_turn_with_tool_calls_is_that_of_the_policy(choice):
    alone, ours = ToolModel(), ToolModel()
    options = {"tool_choice": choice} if choice else {}
    direct = await alone.bind_tools([cube, weather], **options).ainvoke(QUESTION)
    bound = chat(ours).bind_tools([cube, weather], **options)
    streamed: Any = None
    async for chunk in bound.astream(QUESTION):
        streamed = chunk if streamed is None else streamed + chunk
    assert direct.tool_calls
    assert isinstance(streamed, AIMessageChunk)
    assert streamed.chunk_position == "last"
    for message in (await bound.ainvoke(QUESTION), bound.invoke(QUESTION), streamed):
        assert fields(message) == fields(direct)
    assert [asked == alone.asked[0] for asked in ours.asked] == [True] * 3  # and nothing else


async def test_broken_tool_calls_pass_through():
    class Broken(ToolModel):
        def _generate(self, *args: Any, **kwargs: Any) -> Any:
            result = super()._generate(*args, **kwargs)
            call = {"name": "cube", "args": "{", "id": "1", "error": None}
            message = AIMessage("", invalid_tool_calls=[{**call, "type": "invalid_tool_call"}])
            result.generations[0].message = message
            return result

    model = Broken()
    message = await chat(model).bind_tools([cube]).ainvoke(QUESTION)
    assert (message.invalid_tool_calls[0]["args"], len(model.asked)) == ("{", 1)


async def test_an_answer_in_words_is_the_draft_of_a_run_without_tools():
    model = ToolModel()
    bound = chat(model).bind_tools([cube])
    conversation = await with_result(bound)
    del model.asked[:]
    message = await bound.ainvoke(conversation)
    pool = message.response_metadata["tpo"]["candidates"]
    assert [bool(c.get("drafted")) for c in pool] == [True] + [False] * 5
    (_, first), *rest = model.asked
    assert first["tools"][0]["function"]["name"] == "cube"
    assert not any("tools" in bound for _, bound in rest)
    assert len(model.asked) == message.response_metadata["tpo"]["usage"]["requests"] == 1 + 2 + 5
    assert message.text == max((c["text"] for c in pool), key=lambda text: shortest("", text))
    seen = [[m.text for m in asked] for asked, _ in model.asked[:3]]
    assert seen == [[m.text for m in conversation]] * 3


async def test_the_first_reply_keeps_the_policys_own_settings():
    model = ToolModel(temperature=0.1)
    await (
        chat(model, temperature=0.9, stop=["END"]).bind_tools([cube], strict=True).ainvoke(QUESTION)
    )
    ((_, bound),) = model.asked
    assert (bound["stop"], bound["strict"]) == (["END"], True)


@pytest.mark.parametrize(
    ("budget", "requests"), [({"budget_requests": 1}, 1), ({"budget_tokens": 1}, 1)]
)
async def test_the_first_reply_counts_for_the_budget(budget, requests):
    model = ToolModel()
    bound = chat(model, **budget).bind_tools([cube])
    conversation = await with_result(bound)
    del model.asked[:]
    message = await bound.ainvoke(conversation)
    assert len(model.asked) == requests
    assert message.response_metadata["tpo"]["candidates"][0]["text"] == message.text


class Flaky(ToolModel):
    """Fails some times with a fault that passes, before it replies."""

    faults: int = 2
    fault: type[Exception] = ConnectionError

    def _generate(self, *args: Any, **kwargs: Any) -> Any:
        result = super()._generate(*args, **kwargs)
        if len(self.asked) <= self.faults:
            raise self.fault
        return result


@pytest.fixture
def _no_pause(monkeypatch):
    monkeypatch.setattr("tpo.models.failures.faults.pause_before_retry", lambda error, attempt: 0.0)


@pytest.mark.usefixtures("_no_pause")
@pytest.mark.parametrize("inside", ["a call", "a graph that is resumed"])
async def test_attempts_of_the_first_reply_that_failed_are_counted(inside):
    model = Flaky()
    bound = chat(model, retries=2, depth=0).bind_tools([cube])
    question = [*QUESTION, AIMessage("", tool_calls=[CALL]), ToolMessage("27", tool_call_id="1")]
    if inside == "a call":
        message = await bound.ainvoke(question)
    else:
        message = await answered_after_a_fault(bound, question)
    total = message.response_metadata["tpo"]["usage"]
    assert (total["requests"], total["exact"]) == (len(model.asked), False)  # perhaps billed
    assert len(model.asked) == 3 + 2


CALL: Any = {"name": "cube", "args": {"number": 3}, "id": "1", "type": "tool_call"}


async def answered_after_a_fault(bound: Any, question: list[Any]) -> Any:
    """Return the answer of a node that fails once after the first reply was saved."""
    broken = [True]

    async def answer(state: MessagesState) -> Any:
        message = await bound.ainvoke(question)
        if broken.pop() if broken else False:
            raise ValueError("not yet")
        return {"messages": [message]}

    graph = StateGraph(MessagesState)
    graph.add_node("answer", answer)
    graph.add_edge(START, "answer")
    graph.add_edge("answer", END)
    app = graph.compile(checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "t"}}
    with pytest.raises(ValueError, match="not yet"):
        await app.ainvoke({"messages": question}, thread)
    return (await app.ainvoke(None, thread))["messages"][-1]


@pytest.mark.usefixtures("_no_pause")
async def test_the_budget_bounds_attempts_of_the_first_reply():
    model = Flaky(faults=9)
    with pytest.raises(ConnectionError):
        await chat(model, retries=5, budget_requests=2).bind_tools([cube]).ainvoke(QUESTION)
    assert len(model.asked) == 2


async def test_a_conversation_tpo_has_no_query_in_passes_through():
    model = ToolModel()
    picture = HumanMessage([{"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}])
    bound = chat(model).bind_tools([cube])
    assert (await bound.ainvoke([picture, ToolMessage("27", tool_call_id="1")])).text
    assert len(model.asked) == 1
    with pytest.raises(tpo.InputError, match="holds no text"):
        await chat(model).ainvoke([picture])
    assert len(model.asked) == 1


class Answer(BaseModel):
    """An answer."""

    number: int


async def test_an_agent_with_a_response_format_gets_it_unoptimised():
    model = ToolModel()
    agent = create_agent(chat(model), [cube], response_format=ProviderStrategy(Answer))
    with pytest.raises(Exception, match="JSON"):  # the fake answers in words
        await agent.ainvoke({"messages": QUESTION})
    formats = [bound.get("response_format") for _, bound in model.asked]
    assert len(formats) == 2
    assert all(formats)


async def test_in_an_agent_only_the_last_message_differs():
    plain = await create_agent(ToolModel(), [cube, weather]).ainvoke({"messages": QUESTION})
    ours = await create_agent(chat(ToolModel()), [cube, weather]).ainvoke({"messages": QUESTION})
    assert [m.type for m in ours["messages"]] == ["human", "ai", "tool", "ai"]
    for before, now in zip(plain["messages"][:-1], ours["messages"][:-1], strict=True):
        assert now.model_dump(exclude={"id"}) == before.model_dump(exclude={"id"})
    assert "tpo" in ours["messages"][-1].response_metadata


async def test_streams_of_a_graph_show_the_answer_once_and_no_draft():
    async def answer(state: MessagesState) -> Any:
        return {"messages": [await bound.ainvoke(state["messages"])]}

    model = ToolModel()
    bound = chat(model).bind_tools([cube])
    conversation = await with_result(bound)
    graph = StateGraph(MessagesState).add_node(answer).add_edge(START, "answer")
    app = graph.add_edge("answer", END).compile()
    for subgraphs in (False, True):
        seen, custom, final = [], [], ""
        async for part in app.astream(
            {"messages": conversation},
            stream_mode=["messages", "custom", "values"],
            subgraphs=subgraphs,
            version="v2",
        ):
            if part["type"] == "messages":
                seen.append(part["data"][0])
            elif part["type"] == "custom":
                custom.append(part["data"]["type"])
            elif not part["ns"]:
                final = part["data"]["messages"][-1].text
        assert "".join(chunk.text for chunk in seen) == final
        assert len({chunk.id for chunk in seen}) == 1
        assert custom[:1] + custom[-1:] == (["tpo.run_started", "tpo.final"] if subgraphs else [])
