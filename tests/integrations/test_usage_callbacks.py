"""Whichever usage callback is used, a run is counted once: through each door, and by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from billing_server import BillingServer, varied
from langchain.agents import create_agent
from langchain_core.callbacks import get_usage_metadata_callback
from langchain_openai import ChatOpenAI

import tpo

pytestmark = pytest.mark.loopback

QUERY = "Why is the sky blue?"
Tokens = Callable[[], tuple[int, int]]


def reward(query: str, answer: str) -> float:
    return float(sum(answer.encode()))


@pytest.fixture
def server() -> Iterator[BillingServer]:
    with BillingServer(varied) as opened:
        yield opened


@contextmanager
def langchain_s() -> Iterator[Tokens]:
    with get_usage_metadata_callback() as callback:

        def tokens() -> tuple[int, int]:
            found = callback.usage_metadata.values()
            return sum(u["input_tokens"] for u in found), sum(u["output_tokens"] for u in found)

        yield tokens


@contextmanager
def community_s() -> Iterator[Tokens]:
    manager = pytest.importorskip("langchain_community.callbacks.manager")
    with manager.get_openai_callback() as callback:
        yield lambda: (callback.prompt_tokens, callback.completion_tokens)


COUNTERS = pytest.mark.parametrize("counting", [langchain_s, community_s])


@COUNTERS
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("how", ["invoke", "ainvoke", "stream", "astream"])
async def test_the_chat_model(server, counting, how):
    chat = tpo.ChatTPO(policy=f"openai:x@{server.base_url}", reward=reward, depth=1, width=2)
    with counting() as tokens:
        if how == "ainvoke":
            await chat.ainvoke(QUERY)
        elif how == "astream":
            assert [chunk async for chunk in chat.astream(QUERY)]
        elif how == "stream":
            assert list(chat.stream(QUERY))
        else:
            chat.invoke(QUERY)
    assert tokens() == server.tokens


@COUNTERS
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("sync", [True, False])
async def test_the_middleware(server, counting, sync):
    model = ChatOpenAI(model="x", base_url=server.base_url, api_key="none")  # type: ignore[arg-type]
    agent: Any = create_agent(model, middleware=[tpo.TPOMiddleware(reward, depth=1, width=2)])
    asked = {"messages": [("human", QUERY)]}
    with counting() as tokens:
        if sync:
            agent.invoke(asked)
        else:
            await agent.ainvoke(asked)
    assert tokens() == server.tokens


@COUNTERS
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_a_run_by_itself(server, counting):
    with counting() as tokens:
        await tpo.aalign(
            QUERY, policy=f"openai:x@{server.base_url}", reward=reward, depth=1, width=2
        )
    assert tokens() == server.tokens
