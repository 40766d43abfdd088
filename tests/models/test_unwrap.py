"""A policy in LangChain's wrappers: bound, configured, with fallbacks, chosen by the config."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.chat_models import init_chat_model
from langchain_core.callbacks import get_usage_metadata_callback
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import ConfigurableField, RunnableConfig, RunnableLambda
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import PrivateAttr
from steps import QUERY, prefer_later, says

import tpo
from tpo.core.errors import ConfigError
from tpo.models.policy import check_policy, model_name, resolve_policy
from tpo.models.runnable_chat import RunnableChat
from tpo.models.unwrap import unwrap

OPTIONS: Any = {"reward": prefer_later, "depth": 1, "width": 2, "retries": 0}
SCHEMA = {"title": "Answer", "type": "object", "properties": {"text": {"type": "string"}}}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {}}}


class Told(BaseChatModel):
    """Wraps a scripted model and remembers with what else it was asked."""

    inner: Any
    tier: str = "usual"
    _with: list[dict[str, Any]] = PrivateAttr(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "told"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind(tools=tools, **kwargs)

    async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
        self._with.append({**kwargs, "tier": self.tier})
        return await self.inner._agenerate(messages)

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        raise AssertionError("async only")


async def test_bound_arguments_go_with_every_request():
    model = Told(inner=says())
    bound = model.bind(user="ada", tier="flex", n=7)
    result = await tpo.aalign(QUERY, policy=bound, **OPTIONS)
    assert result["answer"] == "better 1"
    assert len(model._with) == 6
    assert all(asked == {"user": "ada", "tier": "flex"} for asked in model._with)
    assert model.tier == "usual"


@pytest.mark.parametrize(
    ("tools", "kept"),
    [
        ([WEATHER], {}),
        ([{"name": "weather", "input_schema": {}}], {}),
        ([{"function_declarations": []}], {}),
        ([len], {}),
        ([WEATHER, {"type": "web_search"}], {"tools": [{"type": "web_search"}]}),
        ([{"google_search": {}}], {"tools": [{"google_search": {}}]}),
    ],
)
def test_tools_that_a_program_would_run_are_left_out(tools, kept):
    model = ChatOpenAI(model="m", api_key="x")
    bound = model.bind(tools=tools, tool_choice="any", parallel_tool_calls=False)
    assert unwrap(bound) == (model, kept)


def test_an_argument_with_a_field_is_set_as_the_user_s_own():
    model = ChatOpenAI(model="m", api_key="x", extra_body={"a": 1})
    inner, arguments = unwrap(model.bind(max_tokens=50, user="ada").with_config(tags=["mine"]))
    assert arguments == {"user": "ada"}
    assert isinstance(inner, ChatOpenAI)
    assert (inner.max_tokens, inner.tags, inner.extra_body) == (50, ["mine"], {"a": 1})
    assert "max_tokens" in inner.model_fields_set


async def test_a_field_that_the_config_chooses():
    told = Told(inner=says()).configurable_fields(tier=ConfigurableField(id="tier"))
    for wrapped, tier in (
        (told, "usual"),
        (told.with_config(configurable={"tier": "flex"}), "flex"),
        (told.with_config(configurable={"tier": "flex"}).bind(user="ada"), "flex"),
    ):
        inner, _ = unwrap(wrapped)
        assert isinstance(inner, Told)
        assert inner.tier == tier
    app = tpo.build_tpo(told, prefer_later, defaults=tpo.Context(depth=0, width=2)).compile()
    asked = {"messages": [("user", QUERY)]}
    await app.ainvoke(asked, {"configurable": {"tier": "flex"}})
    assert {one["tier"] for one in told.default._with} == set()  # a copy was asked


@pytest.mark.parametrize("wrap", ["fallbacks", "retry"])
async def test_fallbacks_and_retries_answer_as_one_model(wrap):
    down, up = Told(inner=says(sample=ConnectionError("down"))), says()
    model = down.with_fallbacks([up]) if wrap == "fallbacks" else up.with_retry()
    result = await tpo.aalign(QUERY, policy=model, **OPTIONS)
    assert result["answer"] == "better 1"
    assert result["usage"]["total"]["requests"] == 6


class Named(Told):
    """Says its name, without which LangChain counts nothing."""

    async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
        (one, *_) = (await self.inner._agenerate(messages)).generations
        message = AIMessage(one.text, usage_metadata=one.message.usage_metadata)
        message.response_metadata["model_name"] = "named"
        return ChatResult(generations=[ChatGeneration(message=message)])


async def test_usage_is_counted_once():
    model = Named(inner=says())
    with get_usage_metadata_callback() as once:
        await RunnableChat(runnable=model.with_retry()).ainvoke(QUERY)
    with get_usage_metadata_callback() as alone:
        await Named(inner=says()).ainvoke(QUERY)
    assert once.usage_metadata == alone.usage_metadata != {}


def by_config(**options: Any) -> Any:
    return init_chat_model(configurable_fields=("model",), model_provider="openai", **options)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda model: model.bind(user="ada"), "m"),
        (lambda model: model.with_fallbacks([says()]), "m"),
        (lambda model: model.with_retry().bind(user="ada"), "m"),
        (lambda _: by_config(), "ConfigurableModel"),
        (lambda _: by_config(model="m"), "ConfigurableModel"),  # without a key: it is not made
    ],
)
async def test_each_is_taken_and_named_after_its_model(make, name):
    given = make(ChatOpenAI(model="m", api_key="x"))
    check_policy(given)
    assert (await resolve_policy(given)).name == model_name(given) == name


async def test_a_model_by_config_gets_what_the_caller_configured_and_no_more():
    """`configurable_fields="any"` takes each key for a field of the model."""
    seen: list[dict[str, Any]] = []

    async def answer(messages: Any, config: RunnableConfig) -> Any:
        seen.append(dict(config["configurable"]))
        return await says().ainvoke(messages)

    class ByConfig(RunnableLambda[Any, Any]):
        bind_tools = None

    app = tpo.build_tpo(ByConfig(answer), lambda query, answer: len(answer)).compile(
        checkpointer=InMemorySaver()
    )
    place = {"configurable": {"thread_id": "t", "model": "m"}}
    context = tpo.Context(depth=0, width=2)
    await app.ainvoke({"messages": [("user", QUERY)]}, place, context=context)
    assert seen == [{"model": "m"}] * 2


def test_structured_output_is_not_a_policy():
    chain = ChatOpenAI(model="m", api_key="x").with_structured_output(SCHEMA)
    with pytest.raises(ConfigError, match="cannot be a policy: give a BaseChatModel"):
        check_policy(chain)  # type: ignore[arg-type]
