"""What callbacks see of a run: every request under the call, its usage counted once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from billing_server import BillingServer, varied
from langchain_core.callbacks import (
    AsyncCallbackHandler,
    UsageMetadataCallbackHandler,
    get_usage_metadata_callback,
)
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langgraph.constants import TAG_NOSTREAM

import tpo

pytestmark = pytest.mark.loopback

QUERY = "Why is the sky blue?"


class Watch(AsyncCallbackHandler):
    """Keeps what was started under what."""

    def __init__(self) -> None:
        self.models: list[tuple[str, Any, Any]] = []
        self.parents: dict[Any, Any] = {}
        self.tags: list[list[str]] = []

    async def on_chat_model_start(self, serialized: Any, *args: Any, **kwargs: Any) -> None:
        self.parents[kwargs["run_id"]] = kwargs["parent_run_id"]
        self.models.append((kwargs["name"], kwargs["run_id"], kwargs["metadata"]["ls_provider"]))
        self.tags.append(kwargs["tags"])

    async def on_chain_start(self, serialized: Any, *args: Any, **kwargs: Any) -> None:
        self.parents[kwargs["run_id"]] = kwargs["parent_run_id"]
        assert "ls_model_name" not in (kwargs["metadata"] or {})

    def above(self, run: Any) -> list[Any]:
        found = []
        while run := self.parents.get(run):
            found.append(run)
        return found


@tool
def now() -> str:
    """Tell the time."""
    return "noon"


@pytest.fixture(params=["native", "parallel"])
def chat(request: Any, server: BillingServer) -> tpo.ChatTPO:
    return tpo.ChatTPO(
        policy=f"openai:x@{server.base_url}",
        reward=lambda query, answer: sum(answer.encode()),
        depth=1,
        width=3,
        seed=1,
        sampling=request.param,
        price="1000,2000",
    )


def usd_of(tokens: tuple[int, int]) -> Any:
    return pytest.approx(tokens[0] / 1000 + tokens[1] / 500, abs=1e-6)


@pytest.fixture
def server() -> Any:
    with BillingServer(varied) as opened:
        yield opened


async def test_usage_is_the_sum_of_what_was_billed(chat, server):
    message = await chat.ainvoke(QUERY)
    used = message.usage_metadata
    assert (used["input_tokens"], used["output_tokens"]) == server.tokens
    assert used["total_tokens"] == sum(server.tokens)
    paid = message.response_metadata["tpo"]["usage"]
    assert (paid["requests"], paid["cost_usd"]) == (len(server.sent), usd_of(server.tokens))


async def test_the_first_reply_with_tools_is_priced_too(chat, server):
    tool = {"name": "look", "description": "Look.", "parameters": {"type": "object"}}
    message = await chat.bind_tools([tool]).ainvoke(QUERY)
    paid = message.response_metadata["tpo"]["usage"]
    assert (paid["priced_requests"], paid["cost_usd"]) == (len(server.sent), usd_of(server.tokens))


@pytest.mark.parametrize("tools", [False, True])
@pytest.mark.parametrize("how", ["ainvoke", "astream", "invoke", "stream", "in a chain"])
async def test_the_usage_callback_counts_it_once(chat, server, how, tools):
    handler = UsageMetadataCallbackHandler()
    model: Any = chat.bind_tools([now]) if tools else chat
    with get_usage_metadata_callback() as active:
        config: Any = {"callbacks": [handler]}
        if how == "in a chain":
            await (RunnableLambda(lambda query: query) | model).ainvoke(QUERY, config)
        elif how == "ainvoke":
            await model.ainvoke(QUERY, config)
        elif how == "astream":
            assert [chunk async for chunk in model.astream(QUERY, config)]
        elif how == "invoke":
            model.invoke(QUERY, config)
        else:
            assert list(model.stream(QUERY, config))
    name = f"openai:x@{server.base_url}"
    for counted in (handler.usage_metadata, active.usage_metadata):
        assert set(counted) == {name}
        found = counted[name]
        assert (found["input_tokens"], found["output_tokens"]) == server.tokens


async def test_the_callers_own_handler_stays_active(chat):
    """Only the runs beneath are hidden from it, and only while they run."""
    with get_usage_metadata_callback() as active:
        await chat.ainvoke(QUERY)
        once = Counter(active.usage_metadata[next(iter(active.usage_metadata))])["total_tokens"]
        await chat.ainvoke(QUERY)
    twice = next(iter(active.usage_metadata.values()))["total_tokens"]
    assert twice > once


@pytest.mark.parametrize("how", ["ainvoke", "invoke"])
async def test_every_request_is_traced_under_the_call(chat, server, how):
    watch = Watch()
    config: Any = {"callbacks": [watch], "tags": ["mine"], "metadata": {"user": "me"}}
    if how == "ainvoke":
        await chat.ainvoke(QUERY, config)
    else:
        chat.invoke(QUERY, config)
    (_, outer, provider), *inner = watch.models
    assert provider == "tpo"
    assert len(inner) == len(server.sent)
    assert all(outer in watch.above(run) for _, run, _ in inner)
    assert {provider for _, _, provider in inner} == {"openai"}
    assert {name.split()[0] for name, _, _ in inner} == {"sample", "loss", "gradient", "update"}
    assert all({TAG_NOSTREAM, "tpo", "mine"} <= set(tags) for tags in watch.tags[1:])


async def test_a_stream_inside_a_chain_traces_its_requests_too(chat, server):
    watch = Watch()
    chain = RunnableLambda(lambda query: query) | chat
    assert [chunk async for chunk in chain.astream(QUERY, {"callbacks": [watch]})]
    assert len(watch.models) == 1 + len(server.sent)
