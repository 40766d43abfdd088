"""What a judge takes from the run, from its model, and from neither."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fake_judge import judging
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from langgraph.cache.memory import InMemoryCache
from loopback_server import Fault, LoopbackServer
from scripted_model import ScriptedModel
from steps import run, says

import tpo
from tpo.core.context import Context
from tpo.rewards.caching.identity import server_of
from tpo.rewards.judging.groupwise import GroupwiseJudge
from tpo.rewards.judging.pairwise import PairwiseJudge
from tpo.rewards.judging.pointwise import Judge
from tpo.rewards.planned_reward import Job, planned, score_job, score_now

TALK = [HumanMessage("Why?")]
LONG = " ".join(f"word{number}" for number in range(400))


async def judge(reward: Any, *answers: str, **settings: Any) -> list[Any]:
    job = Job(TALK, answers, settings=Context(**{"retries": 0, **settings}))
    return await score_job(reward, job, lambda call: reward.call(job, call))


def asked(model: ScriptedModel, name: str) -> list[Any]:
    return [ask.parameters[name] for ask in model.asked]


async def test_a_model_without_a_limit_gets_ours_and_one_with_a_limit_keeps_it():
    for own, sent in ((None, 1024), (64, 64), (9000, 9000)):
        model = judging(lambda *_: "7")
        model.max_tokens = own
        await judge(Judge(model), "a")
        assert asked(model, "max_tokens") == [sent]


class Cut(ScriptedModel):
    """Its first reply stops at the limit."""

    async def _agenerate(self, *args: Any, **more: Any) -> Any:
        result = await super()._agenerate(*args, **more)
        if len(self.asked) == 1:
            result.generations[0].generation_info = {"finish_reason": "length"}
        return result


async def test_a_reply_that_our_limit_cut_off_is_asked_for_without():
    replies = ["Let me think", "7"]
    model = Cut(script=lambda *_: replies.pop(0))
    assert await judge(Judge(model), "a") == [tpo.scored(7.0)]
    assert asked(model, "max_tokens") == [1024, None]


async def test_a_seed_of_the_run_makes_verdicts_repeatable():
    model = judging(lambda *_: "7")
    await judge(Judge(model), "a")
    await judge(Judge(model), "a", seed=5)
    await judge(Judge(model), "a", seed=5)
    await judge(Judge(model), "a", seed=6)
    none, five, again, six = asked(model, "seed")
    assert none is None
    assert five == again != six


@pytest.mark.parametrize("kind", [Judge, PairwiseJudge, GroupwiseJudge])
async def test_texts_are_clipped_as_the_run_says(kind):
    model = judging(lambda *_: "?")
    reward = kind(model)
    for tokens, shown in ((4096, True), (64, False)):
        model.asked.clear()
        await judge(reward, LONG, f"{LONG}!", clip_tokens=tokens)
        for ask in model.asked:
            assert (LONG in ask.text) is shown
            assert ("tokens left out" in ask.text) is not shown


@pytest.mark.loopback
@pytest.mark.parametrize(("retries", "requests"), [(0, 1), (1, 2)])
async def test_the_run_says_how_often_a_judge_is_asked_again(retries, requests):
    busy = Fault(status=503, times=None)
    with LoopbackServer(lambda *_: "7", script=[busy]) as server:
        reward = Judge(f"openai:j@{server.base_url}")
        [score] = await judge(reward, "a", retries=retries)
        assert score["reward"] is None
        assert len(server.asked) == requests


def test_a_judge_s_timeout_is_that_of_one_request():
    slow = [True]

    class Slow(ScriptedModel):
        async def _agenerate(self, *args: Any, **more: Any) -> Any:
            if slow and slow.pop():
                await asyncio.sleep(60)
            return await super()._agenerate(*args, **more)

    model = Slow(script=lambda *_: "7")
    result = run(says(), Judge(model), depth=0, width=2, timeout=0.3, retries=1)
    assert [c["reward"] for c in result["candidates"]] == [7.0, 7.0]
    total = result["usage"]["total"]
    assert total["requests"] == 1 + len(model.asked) + 1  # the one that was given up counts


# --- kept verdicts -----------------------------------------------------------


def hosted(server: str) -> ChatOpenAI:
    return ChatOpenAI(model="same", base_url=server, api_key="none", max_retries=0)  # type: ignore[arg-type]


def test_a_model_is_told_by_its_server_without_the_login(monkeypatch):
    assert server_of(hosted("http://one:1/v1/")) == "http://one:1/v1"
    assert "secret" not in server_of(hosted("http://me:secret@one:1/v1"))
    assert server_of(ScriptedModel(script=[])) == ""
    assert server_of("openai:m@http://one:1/v1") == ""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://env:1/v1")
    assert server_of(ChatOpenAI(model="m", api_key="none")) == "http://env:1/v1"  # type: ignore[arg-type]


@pytest.mark.loopback
async def test_two_servers_with_one_model_name_are_two_judges():
    cache = InMemoryCache[Any]()
    with LoopbackServer(lambda *_: "3") as one, LoopbackServer(lambda *_: "8") as two:
        for _ in range(2):
            for server, verdict in ((one, 3.0), (two, 8.0)):
                kept = planned(tpo.cached(Judge(hosted(server.base_url)), cache))
                assert await score_now(kept, TALK, ["a"]) == [tpo.scored(verdict)]
        assert (len(one.asked), len(two.asked)) == (1, 1)
