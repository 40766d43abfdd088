"""Forty calls at once against one server: each answer belongs to its own question."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_openai import ChatOpenAI
from loopback_server import LoopbackServer, shaped
from openai import DefaultAsyncHttpxClient

import tpo

pytestmark = pytest.mark.loopback

CALLS = 40  # more than any pool has threads


def about(text: str) -> set[str]:
    """Return which questions a text names."""
    return set(re.findall(r"question-\d+", text))


def answer(body: dict[str, Any], index: int) -> str:
    """Name the question in the answer; it stands in every prompt of its run."""
    everything = " ".join(str(message["content"]) for message in body["messages"])
    (question,) = about(everything)
    return shaped(body, f"{question} {index} {body.get('seed')}")


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """A server whose answers overtake each other."""
    with LoopbackServer(answer, delay=lambda body: (body.get("seed") or 0) % 5 * 0.004) as opened:
        yield opened


def own(query: str, answer: str) -> float:
    """Refuse to score an answer to another question."""
    assert about(query) == about(answer)
    return sum(answer.encode()) % 101


@pytest.mark.parametrize(("policy", "sampling"), [("spec", "native"), ("model", "parallel")])
async def test_each_answer_belongs_to_its_own_question(server, sampling, policy):
    async with DefaultAsyncHttpxClient() as client:
        model = ChatOpenAI(
            model="x", base_url=server.base_url, api_key="none", http_async_client=client
        )
        chat = tpo.ChatTPO(
            policy=f"openai:x@{server.base_url}" if policy == "spec" else model,
            reward=own,
            depth=1,
            width=2,
            seed=1,
            sampling=sampling,
            live=False,
        )
        calls = [chat.ainvoke(f"Tell me of question-{i}.") for i in range(CALLS)]
        messages = await asyncio.gather(*calls)
    for i, message in enumerate(messages):
        found = message.response_metadata["tpo"]
        texts = [c["text"] for c in found["candidates"]]
        assert about(message.text) == {f"question-{i}"}
        assert all(about(text) == {f"question-{i}"} for text in texts)
        assert not [c["error"] for c in found["candidates"] if c["error"]]
        assert len(texts) == 4
    requests = 4 if sampling == "native" else 6
    assert len(server.asked) == CALLS * requests
    assert all(m.response_metadata["tpo"]["usage"]["requests"] == requests for m in messages)
