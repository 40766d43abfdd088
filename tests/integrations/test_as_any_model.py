"""ChatTPO where LangChain expects a chat model: bound, configured, counted, in other agents."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    HumanMessage,
    RemoveMessage,
    ToolMessage,
    trim_messages,
)
from langchain_core.runnables import ConfigurableField
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from steps import QUERY, prefer_later, says
from tool_model import ToolModel

from tpo import ChatTPO, Context
from tpo.core.errors import ConfigError, InputError


@tool
def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"22 degrees in {city}"


def longer(query: str, answer: str) -> float:
    return float(len(answer))


def chat(model: Any = None, **settings: Any) -> ChatTPO:
    given = {"reward": prefer_later, "depth": 0, "width": 2, "retries": 0, **settings}
    return ChatTPO(policy=model or says(), **given)


def test_bound_tools_are_schemas_and_the_policy_gets_the_tools_themselves():
    class Seen(ToolModel):
        def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
            assert tools == [weather, {"type": "web_search"}]
            return super().bind_tools(tools[:1], **kwargs)

    bound: Any = chat(Seen(), reward=longer).bind_tools([weather, {"type": "web_search"}])
    schema, served = bound.kwargs["tools"]
    assert (schema["function"]["name"], served) == ("weather", {"type": "web_search"})
    assert bound.invoke(QUERY).tool_calls


def test_an_agent_takes_it_with_its_tools_bound():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is the older agent
        from langgraph.prebuilt import create_react_agent

        app = create_react_agent(chat(ToolModel(), reward=longer).bind_tools([weather]), [weather])
    turns = app.invoke({"messages": [("user", QUERY)]})["messages"]
    assert [m.type for m in turns] == ["human", "ai", "tool", "ai"]


def test_a_supervisor_takes_it():
    supervisor = pytest.importorskip("langgraph_supervisor")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its agents are the older ones
        from langgraph.prebuilt import create_react_agent

        worker = create_react_agent(chat(ToolModel(), reward=longer), [weather], name="worker")
        app = supervisor.create_supervisor([worker], model=chat(ToolModel(), reward=longer))
        turns = app.compile().invoke({"messages": [("user", QUERY)]})["messages"]
    assert {m.name for m in turns if m.type == "ai"} == {"supervisor", "worker"}
    assert turns[-1].text


def test_fallbacks_of_it_take_tools():
    both: Any = chat(ToolModel(), reward=longer).with_fallbacks([ToolModel()])
    assert both.bind_tools([weather]).invoke(QUERY).tool_calls


def test_the_config_chooses_settings_and_parts():
    model = chat()
    chosen = model.configurable_fields(
        depth=ConfigurableField(id="rounds"), policy=ConfigurableField(id="policy", name="Model")
    )
    about = {spec.id: (spec.default, spec.annotation) for spec in chosen.config_specs}
    assert about["rounds"] == (0, int)
    for config, answer in (
        ({}, "first 1"),
        ({"rounds": 1}, "better 1"),
        ({"policy": says(sample=lambda k: f"first {9 - k}")}, "first 9"),
    ):
        assert chosen.invoke(QUERY, {"configurable": config}).text == answer
    with pytest.raises(ValueError, match="dept not found"):
        model.configurable_fields(dept=ConfigurableField(id="x"))
    assert model.depth == 0
    with pytest.raises(AttributeError, match="dept"):
        _ = model.dept


def test_the_policy_may_be_called_model_and_settings_be_given_as_a_whole():
    model = ChatTPO(model=says(), reward=prefer_later, context={"depth": 1, "width": 2}, depth=0)
    assert model.invoke(QUERY).text == "first 1"
    whole = ChatTPO(policy=says(), reward=prefer_later, context=Context(depth=1, width=2))
    assert whole.invoke(QUERY).text == "better 1"
    with pytest.raises(ConfigError, match="unknown setting model_kwargs"):
        ChatTPO(model=says(), reward=prefer_later, model_kwargs={})


def test_tokens_are_counted_by_the_policy():
    class Counts(ToolModel):
        def get_token_ids(self, text: str) -> list[int]:
            return [len(word) for word in text.split()]

        def get_num_tokens_from_messages(self, messages: Any, tools: Any = None) -> int:
            return 100 * len(messages) + len(tools or [])

    model = chat(Counts())
    assert model.get_token_ids("a bc") == [1, 2]
    assert model.get_num_tokens("a bc def") == 3
    turns = [HumanMessage("one"), AIMessage("1"), HumanMessage("two")]
    assert model.get_num_tokens_from_messages(turns) == 300
    assert model.get_num_tokens_from_messages(turns, [weather]) == 301
    assert len(trim_messages(turns, max_tokens=200, token_counter=model)) == 2


def test_a_bound_policy_in_the_place_of_a_model():
    assert chat(says().bind(user="ada")).invoke(QUERY).text == "first 1"
    assert chat(says().bind(user="ada").with_retry()).invoke(QUERY).text == "first 1"


@pytest.mark.parametrize("wrap", ["bound", "fallbacks"])
def test_tools_are_bound_to_a_policy_in_a_wrapper(wrap):
    model, other = ToolModel(), ToolModel()
    wrapped: Any = model.bind(user="ada") if wrap == "bound" else model.with_fallbacks([other])
    reply: Any = chat(wrapped, reward=longer).bind_tools([weather]).invoke(QUERY)
    assert reply.tool_calls
    ((_, bound),) = model.asked
    assert [tool["function"]["name"] for tool in bound["tools"]] == ["weather"]
    assert bound.get("user") == ("ada" if wrap == "bound" else None)


def test_messages_as_they_come():
    model = says()
    turns: list[Any] = [
        HumanMessage("2+2?", id="a"),
        AIMessage("4", id="run-1"),
        HumanMessage("3+3?", id="a"),
        AIMessage("6", id="run-1"),
        RemoveMessage(id="run-1"),
        HumanMessage("4+4?"),
    ]
    assert chat(model).invoke(turns).text == "first 1"
    assert [m.text for m in model.asked[0].messages] == ["2+2?", "3+3?", "6", "4+4?"]
    assert turns[-1].id is None
    with pytest.raises(InputError, match="there is no message 'nope' to remove"):
        chat().invoke([HumanMessage("Why?"), RemoveMessage(id="nope")])


class Unsaved:
    """An object that no saver can write."""


async def test_an_artifact_that_cannot_be_saved_in_a_graph_that_saves():
    call = {"name": "weather", "args": {}, "id": "c"}
    found = ToolMessage("22", tool_call_id="c", artifact=Unsaved())

    async def ask(state: MessagesState) -> Any:
        turns = [HumanMessage("Warm?"), AIMessage("", tool_calls=[call]), found]
        return {"messages": [await chat().ainvoke(turns)]}

    graph = StateGraph(MessagesState).add_node("ask", ask).add_edge(START, "ask")
    app = graph.compile(checkpointer=InMemorySaver())
    given: Any = {"messages": [("user", "x")]}
    state = await app.ainvoke(given, {"configurable": {"thread_id": "t"}})
    assert state["messages"][-1].text == "first 1"
    assert isinstance(found.artifact, Unsaved)


@pytest.mark.parametrize(
    "last",
    [
        ToolMessage("22", tool_call_id="c"),
        AIMessage("I found it.", name="researcher"),
    ],
    ids=["a tool result", "another agent"],
)
def test_a_history_may_end_in_what_is_not_a_question(last):
    calls = [{"name": "weather", "args": {}, "id": "c"}]
    before = [AIMessage("", tool_calls=calls)] if last.type == "tool" else []
    assert chat().invoke([HumanMessage("Warm?"), *before, last]).text == "first 1"
