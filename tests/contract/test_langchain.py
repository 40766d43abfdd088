"""What we rely on in LangChain beyond its documented interface (see test_private_parts.py)."""

from __future__ import annotations

from contextvars import copy_context
from typing import Annotated, Any, NotRequired

import pytest
import synthetic_task
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, AgentState
from langchain.agents.middleware.types import PrivateStateAttr
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import RunnableConfig, ensure_config
from langchain_core.runnables.config import set_config_context, var_child_runnable_config
from loopback_server import LoopbackServer
from pydantic import SecretStr
from scripted_model import ScriptedModel

from tpo.models.compatible_chat import CompatibleChat
from tpo.models.hide_from_traces import guarded
from tpo.models.provider_model import compatible_model


class Listener(BaseCallbackHandler):
    """Remembers what tracers are given of a model."""

    def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
        self.serialized, self.given = serialized, kwargs["invocation_params"]


@pytest.fixture
def model() -> ScriptedModel:
    return synthetic_task.model()


def test_a_config_set_in_a_context_is_inherited():
    context, own = copy_context(), Listener()
    config: RunnableConfig = {"callbacks": [own], "configurable": {"thread_id": "t"}}
    context.run(var_child_runnable_config.set, config)
    inherited = context.run(ensure_config)
    assert inherited["callbacks"] == [own]
    assert inherited["configurable"] == {"thread_id": "t"}
    assert not ensure_config().get("callbacks")


def test_chat_openai_reads_replies_with_the_methods_that_are_overridden():
    chat = CompatibleChat(model="m", api_key=SecretStr("none"))
    said = {"content": "yes", "reasoning": "hm"}
    body = {"choices": [{"message": said, "finish_reason": "stop"}]}
    message = chat._create_chat_result(body).generations[0].message
    assert (message.text, message.additional_kwargs) == ("yes", {"reasoning": "hm"})
    chunk = {"choices": [{"delta": said, "finish_reason": None}]}
    piece = chat._convert_chunk_to_generation_chunk(chunk, AIMessageChunk, None)
    assert piece
    assert (piece.text, piece.message.additional_kwargs) == ("yes", {"reasoning": "hm"})


@pytest.mark.loopback
async def test_structured_output_is_still_the_client_s_own():
    with LoopbackServer(lambda body, index: '{"answer": 4}') as server:
        chat = compatible_model("m", server.base_url, "none")
        schema = {"title": "a", "type": "object", "properties": {"answer": {"type": "integer"}}}
        found = await chat.with_structured_output(schema).ainvoke("2+2?")
        await chat.http_async_client.aclose()  # type: ignore[attr-defined]
    assert found == {"answer": 4}


def test_a_function_finds_the_config_it_is_run_with():
    config: RunnableConfig = {"configurable": {"thread_id": "t"}}
    with set_config_context(config) as context:
        assert context.run(ensure_config)["configurable"] == {"thread_id": "t"}


@pytest.mark.parametrize("way", ["ainvoke", "astream"])
async def test_tracers_get_the_manifest_that_is_set(model, way):
    listener, shown = Listener(), guarded(model.model_copy())
    vars(shown)["_serialized"]["kwargs"] = {"model": "marked"}
    config: RunnableConfig = {"callbacks": [listener]}
    if way == "ainvoke":
        await shown.ainvoke("Hi", config)
    else:
        assert [piece async for piece in shown.astream("Hi", config)]
    assert listener.serialized["kwargs"] == {"model": "marked"}


async def test_tracers_get_the_parameters_that_the_model_returns():
    class Marked(ScriptedModel):
        def _get_invocation_params(self, stop: Any = None, **kwargs: Any) -> dict[str, Any]:
            return {**super()._get_invocation_params(stop=stop, **kwargs), "tools": "marked"}

    listener = Listener()
    await Marked(script=["Hello."]).ainvoke("Hi", {"callbacks": [listener]})
    assert listener.given["tools"] == "marked"


def test_a_private_channel_is_neither_input_nor_output(model):
    class Counted(AgentState[Any]):
        counted: NotRequired[Annotated[int, PrivateStateAttr]]

    class Counter(AgentMiddleware[Counted, Any, Any]):
        state_schema = Counted

        def before_model(self, state: Counted, runtime: Any) -> dict[str, Any]:
            return {"counted": state.get("counted", 0) + 1}

    agent = create_agent(model, middleware=[Counter()])
    assert "counted" not in agent.get_input_jsonschema()["properties"]
    assert "counted" not in agent.get_output_jsonschema()["properties"]
