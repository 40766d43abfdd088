"""tpo_tool: what an agent's model reads, what it gets, what the agent's streams show."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.checkpoint.memory import InMemorySaver
from scripted_model import ScriptedModel
from steps import prefer_later, says

import tpo

ARGS = {"task": "Explain tides.", "draft": "first 1", "criteria": "Short."}
CALL: Any = {"name": "write_carefully", "args": ARGS, "id": "1", "type": "tool_call"}
CONFIG: Any = {"configurable": {"thread_id": "t"}}


def tool(model: Any = None, reward: Any = prefer_later, **settings: Any) -> Any:
    return tpo.tpo_tool(model or says(), reward, **{"depth": 1, "width": 3, **settings})


class Agent(ScriptedModel):
    """Calls the tool, and then says what it got."""

    script: Any = None
    disable_streaming: Any = True

    def _say(self, messages: Any, index: int) -> AIMessage:
        if isinstance(messages[-1], ToolMessage):
            return AIMessage(f"It is: {messages[-1].text}")
        return AIMessage("", tool_calls=[CALL])

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind()


def test_what_a_model_reads():
    schema = convert_to_openai_tool(tool())["function"]
    assert schema["name"] == "write_carefully"
    assert "use it only where quality matters" in schema["description"]
    fields = schema["parameters"]["properties"]
    assert list(fields) == ["task", "draft", "criteria"]
    assert all(field["description"] for field in fields.values())
    assert schema["parameters"]["required"] == ["task"]
    mine = tool(name="write", description="Write.")
    assert (mine.name, mine.description) == ("write", "Write.")


@pytest.mark.parametrize("how", ["async", "sync"])
async def test_the_text_and_how_it_was_found(how):
    model = says()
    written = tool(model)
    message = await written.ainvoke(CALL) if how == "async" else written.invoke(CALL)
    assert (message.content, message.status) == ("better 2", "success")
    found = message.artifact
    assert found["reward"] == 12
    assert [c["text"] for c in found["candidates"]][:2] == ["first 1", "first 0"]
    assert found["candidates"][0]["drafted"]
    (asked, *_) = model.asked
    assert asked.text == "Explain tides.\n\nWhat makes it good: Short."


async def test_a_failed_run_is_told_to_the_agent_and_not_raised():
    def broken(query: str, answer: str) -> float:
        raise ValueError("down")

    message = await tool(reward=broken, retries=0).ainvoke(CALL)
    assert message.status == "error"
    assert message.content.startswith("The text could not be written: ")
    empty = await tool().ainvoke({**CALL, "args": {"task": " "}})
    assert (empty.status, "the prompt is empty" in empty.content) == ("error", True)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"dept": 1}, tpo.ConfigError),
        ({"critic": "x"}, tpo.SpecError),
        ({"depth": -1}, tpo.ConfigError),
    ],
)
def test_bad_settings_are_refused_when_it_is_made(settings, error):
    with pytest.raises(error):
        tool(**settings)


@pytest.mark.parametrize("saver", [None, InMemorySaver()])
async def test_in_an_agent(saver):
    app = create_agent(Agent(), [tool()], checkpointer=saver)
    said, custom, state = [], [], {}
    async for part in app.astream(
        {"messages": [HumanMessage("Write on tides.")]},
        CONFIG,
        stream_mode=["messages", "custom", "values"],
        subgraphs=True,
        version="v2",
    ):
        if part["type"] == "messages":
            said.append(part["data"][0])
        elif part["type"] == "custom":
            custom.append((part["ns"][0].split(":")[0], part["data"]["type"]))
        elif not part["ns"]:
            state = part["data"]
    assert [m.type for m in state["messages"]] == ["human", "ai", "tool", "ai"]
    assert state["messages"][-1].text == "It is: better 2"
    assert (custom[0], custom[-1]) == (("tools", "tpo.run_started"), ("tools", "tpo.final"))
    assert "".join(m.text for m in said) == "better 2It is: better 2"  # the tool's, the model's
    assert "tpo" not in str(state["messages"][-1].response_metadata)


def test_in_a_sync_agent():
    result = create_agent(Agent(), [tool()]).invoke({"messages": [HumanMessage("Write.")]})
    assert result["messages"][-1].text == "It is: better 2"


async def test_usage_callbacks_see_the_requests_themselves():
    """A tool's message has no usage of its own."""

    class Named(ScriptedModel):
        n: None = None

        def _result(self, messages: Any) -> Any:
            result = super()._result(messages)
            result.generations[0].message.response_metadata["model_name"] = "named"
            return result

    handler = UsageMetadataCallbackHandler()
    model = Named(script=says().script)
    message = await tool(model, sampling="parallel", live=False).ainvoke(
        CALL, {"callbacks": [handler]}
    )
    counted = handler.usage_metadata["named"]
    paid = message.artifact["usage"]
    assert (counted["input_tokens"], counted["output_tokens"]) == (
        paid["input_tokens"],
        paid["output_tokens"],
    )


@pytest.mark.parametrize("kind", [tpo.Context, dict])
def test_settings_as_a_whole(kind):
    written = tpo.tpo_tool(says(), prefer_later, context=kind(depth=1, width=3), depth=0)
    assert len(written.invoke(CALL).artifact["candidates"]) == 3


def test_nul_in_the_task():
    odd = {**CALL, "args": {**ARGS, "task": "Explain\0 tides."}}
    model = says()
    assert tool(model).invoke(odd).content == "better 2"
    assert "Explain\ufffd tides." in model.asked[0].text
