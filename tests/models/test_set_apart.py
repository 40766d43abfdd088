"""What a model does is kept to its own request."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import SimpleChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.rate_limiters import BaseRateLimiter
from scripted_model import ScriptedModel
from steps import QUERY, prefer_later, run, says

import tpo
from tpo.models.asking.send import send
from tpo.models.asking.set_apart import set_apart
from tpo.models.policy import Policy
from tpo.models.request import Request


class OnlySync(BaseChatModel):
    """A model without async methods, which remembers its threads."""

    threads: list[Any]
    hold: Any = None

    @property
    def _llm_type(self) -> str:
        return "only-sync"

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None) -> ChatResult:
        self.threads.append((threading.current_thread(), type(run_manager).__name__))
        if self.hold:
            self.hold.wait()
        message = AIMessage(f"first {len(self.threads)}")
        return ChatResult(generations=[ChatGeneration(message=message)])


class Streams(OnlySync):
    def _stream(self, *args: Any, **more: Any) -> Iterator[ChatGenerationChunk]:
        for word in ("first ", "1"):
            self.threads.append((threading.current_thread(), ""))
            yield ChatGenerationChunk(message=AIMessageChunk(word))


class Simple(SimpleChatModel):
    threads: list[Any]

    @property
    def _llm_type(self) -> str:
        return "simple"

    def _call(self, *args: Any, **more: Any) -> str:
        self.threads.append((threading.current_thread(), ""))
        return "first 1"


@pytest.mark.parametrize("kind", [OnlySync, Streams, Simple])
@pytest.mark.parametrize("live", [False, True])
async def test_a_sync_model_has_threads_of_its_own(kind, live):
    model, pieces = kind(threads=[]), []
    request = Request(Policy(model, "m"), [HumanMessage(QUERY)], live=live)
    replies, _ = await send(request, frozenset(), pieces.append)
    assert replies[0].text == "first 1"
    assert {thread.name for thread, _ in model.threads} == {"tpo-own"}
    assert "".join(pieces) == ("first 1" if live else "")


def test_all_requests_of_a_sync_model_are_sent_at_once():
    wide, model = 16, OnlySync(threads=[], hold=threading.Barrier(16))
    result = run(model, reward=lambda query, answer: 1.0, depth=0, width=wide)
    assert [c["error"] for c in result["candidates"]] == [None] * wide


def test_a_sync_model_gets_a_sync_manager():
    model = OnlySync(threads=[])
    run(model, reward=lambda query, answer: 1.0, depth=0, width=1)
    assert [manager for _, manager in model.threads] == ["CallbackManagerForLLMRun"]


class Listener(BaseCallbackHandler):
    def __init__(self) -> None:
        self.ends: list[str] = []

    def on_llm_end(self, response: Any, **kwargs: Any) -> None:
        self.ends.append(response.generations[0][0].text)


async def test_callbacks_hear_of_a_sync_model():
    listener = Listener()
    app = tpo.build_tpo(OnlySync(threads=[]), lambda query, answer: 1.0).compile()
    knobs: Any = {"depth": 0, "width": 2}
    context = tpo.Context(**knobs)
    await app.ainvoke({"messages": [("user", QUERY)]}, {"callbacks": [listener]}, context=context)
    assert sorted(listener.ends) == ["first 1", "first 2"]


class Slow(BaseRateLimiter):
    """Lets one through after another, each later than a request may take."""

    def __init__(self) -> None:
        self.passed = 0

    def acquire(self, *, blocking: bool = True) -> bool:
        raise AssertionError("the async way is used")

    async def aacquire(self, *, blocking: bool = True) -> bool:
        await asyncio.sleep(0.3 * (1 + self.passed % 3))
        self.passed += 1
        return True


@pytest.mark.parametrize("live", [False, True])
def test_waiting_for_a_rate_limiter_is_neither_time_nor_a_request(live):
    limiter = Slow()
    model = says({"rate_limiter": limiter})
    result = run(model, depth=0, timeout=0.25, sampling="parallel", live=live, on_event=print)
    assert [c["error"] for c in result["candidates"]] == [None] * 3
    assert result["usage"]["total"]["requests"] == len(model.asked) == limiter.passed == 3
    assert model.rate_limiter is limiter  # the user's model stays as it is


class Never(Slow):
    async def aacquire(self, *, blocking: bool = True) -> bool:
        return await asyncio.Event().wait()


def test_a_budget_of_seconds_bounds_the_wait_too():
    model = says({"rate_limiter": Never()})
    with pytest.raises(tpo.NoCandidateError):
        run(model, depth=0, budget_seconds=0.2)
    assert model.asked == []


def test_waiting_for_a_judge_s_rate_limiter_is_not_the_score_s_time():
    judge = ScriptedModel(script=lambda *_: "7", rate_limiter=Slow())
    result = run(says(), reward=tpo.Judge(judge), depth=0, width=2, timeout=0.25)
    assert all("no score within" not in str(c["error"]) for c in result["candidates"])


def test_a_model_s_own_methods_stay_as_they_are():
    model = ScriptedModel(script=["a"])
    copied = model.model_copy()
    set_apart(copied, model)
    assert "_agenerate" in vars(copied)
    assert "_agenerate" not in vars(model)


async def test_stop_async_iteration_out_of_a_model_is_one_failed_request():
    model = says(sample=StopAsyncIteration("over"))
    with pytest.raises(tpo.NoCandidateError, match="StopAsyncIteration: over"):
        await tpo.aalign(QUERY, policy=model, reward=prefer_later, width=1, retries=2)
    assert len(model.asked) == 1
