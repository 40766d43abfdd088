"""Judges that say why: asked in the same request, kept with the verdict, paid only if wanted."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from billing_server import BillingServer
from fake_judge import fair, goods, judging, read, said_with
from langchain_core.messages import HumanMessage
from langgraph.cache.memory import InMemoryCache
from steps import QUERY, prefer_later, run, says

import tpo
from tpo.core.context import Context
from tpo.prompts import judge as prompts
from tpo.prompts.reasons import WHY_OUTPUT, reasoned_schema
from tpo.rewards.caching.cached import cached
from tpo.rewards.caching.score_cache import ScoreCache
from tpo.rewards.judging.groupwise import GroupwiseJudge
from tpo.rewards.judging.pairwise import PairwiseJudge
from tpo.rewards.judging.pointwise import Judge
from tpo.rewards.planned_reward import Job, score_job
from tpo.rewards.resolve import resolve_reward

TALK: Any = [HumanMessage(QUERY)]
JUDGES: dict[str, Any] = {"judge": Judge, "pairwise": PairwiseJudge, "groupwise": GroupwiseJudge}
REPLIES = {"judge": "7", "pairwise": "T", "groupwise": "1 = 2"}


async def score(reward: Any, *answers: str, settings: Any = None) -> list[Any]:
    job = Job(TALK, answers, settings=settings or Context(retries=0))
    return await score_job(reward, job, lambda call: reward.call(job, call))


def explains(messages: Any, index: int, seed: int | None) -> str:
    """Judge by the word good, and say why if asked."""
    blocks, around = read(messages[-1].text)
    if WHY_OUTPUT not in around:
        raise AssertionError(f"it is not asked why: {around}")
    if "answer" in blocks:
        many = goods(blocks["answer"])
        return json.dumps({"why": f"it says good {many - 1:.0f} times", "rating": int(many)})
    if "answer1" in blocks:
        found = {n.removeprefix("answer"): goods(x) for n, x in blocks.items() if n != "query"}
        ranked = sorted(found, key=lambda number: -found[number])
        why = f"answer {ranked[0]} says good"
        return json.dumps({"why": why, "ranking": [[int(number)] for number in ranked]})
    a, b = goods(blocks["answer_a"]), goods(blocks["answer_b"])
    return json.dumps({"why": "A is shown first", "better": "T" if a == b else "AB"[a < b]})


async def test_a_rating_comes_with_its_reason():
    good, poor = await score(Judge(judging(explains), reasons=True), "good good", "poor")
    assert good == tpo.scored(3.0, "it says good 2 times")
    assert poor == tpo.scored(1.0, "it says good 0 times")


def why_in(judged: Any) -> list[str]:
    """The lines of the only check of an answer that was compared."""
    assert "feedback" not in judged
    (check,) = judged["checks"]
    lines: list[str] = check["why"].splitlines()
    return lines


async def test_both_answers_of_a_pair_are_told_why_one_won():
    good, poor = await score(PairwiseJudge(judging(explains), reasons=True), "good", "poor")
    assert good["reward"] > poor["reward"]
    assert why_in(good) == [
        "better than another answer (this one is A): A is shown first",
        "better than another answer (this one is B): A is shown first",
    ]
    assert why_in(poor) == [
        "worse than another answer (this one is B): A is shown first",
        "worse than another answer (this one is A): A is shown first",
    ]


async def test_the_worst_is_said_first_and_not_too_much_of_it():
    texts = ["good", "good good", "good good good", "poor"]
    scores = await score(PairwiseJudge(judging(explains), reasons=True), *texts)
    said = [line.split()[0] for line in why_in(scores[1])]
    assert said == ["worse", "worse", "better", "better"]


async def test_reasons_too_long_for_a_check_are_left_out_whole():
    def talks(messages: Any, *_: Any) -> str:
        blocks, _around = read(messages[-1].text)
        better = "AB"[goods(blocks["answer_a"]) < goods(blocks["answer_b"])]
        return json.dumps({"why": "long " * 80, "better": better})

    scores = await score(PairwiseJudge(judging(talks), reasons=True), "good", "poor", "good good")
    lines = why_in(scores[0])
    assert [line.split()[0] for line in lines] == ["worse", "worse"]
    assert all(line.endswith("long") for line in lines)


@pytest.mark.parametrize("kind", ["pairwise", "groupwise"])
async def test_the_best_of_those_compared_passes_a_check_and_the_others_fail_it(kind):
    reward = JUDGES[kind](judging(explains), reasons=True)
    scores = await score(reward, "good", "poor", "good good", "good good good")
    checks = [s["checks"][0] for s in scores]
    assert [c["criterion"] for c in checks] == ["best of 4"] * 4
    assert [c["passed"] for c in checks] == [False, False, False, True]

    pool: Any = [{"text": "good good", "reward": 1.5, "round": 0}]
    job = Job(TALK, ["good", "good good", "good good good"], pool, settings=Context(retries=0))
    later = await score_job(reward, job, lambda call: reward.call(job, call))
    assert [s["checks"][0]["criterion"] for s in later] == ["best of 4"] * 3
    assert [s["checks"][0]["passed"] for s in later] == [False, False, True]
    job = Job(TALK, ["good", "good good"], pool, settings=Context(retries=0))
    tied = await score_job(reward, job, lambda call: reward.call(job, call))
    assert [s["checks"][0]["passed"] for s in tied] == [False, True]


async def test_all_answers_of_a_ranking_are_told_why():
    reward = GroupwiseJudge(judging(explains), reasons=True)
    good, poor = await score(reward, "good", "poor")
    assert why_in(good)[0] == "ranked 1 of 2 (this one is answer 1): answer 1 says good"
    assert why_in(poor) == [
        "ranked 2 of 2 (this one is answer 2): answer 1 says good",
        "ranked 2 of 2 (this one is answer 1): answer 2 says good",
    ]


@pytest.mark.parametrize("kind", JUDGES)
async def test_nobody_pays_for_reasons_who_does_not_want_them(kind):
    model = judging(lambda *_: REPLIES[kind])
    scores = await score(JUDGES[kind](model), "one", "two")
    assert all(s.keys() == {"reward", "error"} for s in scores)
    assert all("why" not in ask.messages[-1].text.split("\n")[-1] for ask in model.asked)


@pytest.mark.parametrize("kind", JUDGES)
async def test_a_judge_that_cannot_say_why_still_judges(kind):
    model = judging(lambda *_: REPLIES[kind])
    for judged in await score(JUDGES[kind](model, reasons=True), "one", "two"):
        assert judged.keys() == {"reward", "error"}
        assert judged["error"] is None


@pytest.mark.loopback
async def test_it_is_asked_with_the_schema_then_in_words_then_for_the_verdict_alone():
    def answer(body: Any, index: int) -> str:
        asked = body["messages"][-1]["content"]
        return "7" if asked.endswith(prompts.DIGIT_OUTPUT) else '{"why": "x"}'

    with BillingServer(answer, refuse=["response_format"]) as server:
        reward = Judge(f"openai:j@{server.base_url}", reasons=True)
        assert await score(reward, "an answer") == [tpo.scored(7.0)]
    first, second, third = (asked.body for asked in server.asked)
    assert first["response_format"]["json_schema"]["schema"] == reasoned_schema(
        prompts.RATING_SCHEMA, verdict_first=True
    )
    assert "response_format" not in second
    assert second["messages"] == first["messages"]
    assert all(body["logprobs"] for body in (first, second))
    assert third["messages"][-1]["content"].endswith(prompts.DIGIT_OUTPUT)


@pytest.mark.loopback
@pytest.mark.parametrize("before", ['{"rating": ', '{ "rating" :'])
@pytest.mark.parametrize(("likely", "rating"), [({"7": 0.5, "9": 0.5}, 8.0), ({"7": 0.1}, 7.0)])
async def test_how_likely_each_rating_is_counts_beside_a_reason(before, likely, rating):
    after = ', "why": "not a 5"}'

    def answer(body: Any, index: int) -> Any:
        said = said_with("7", likely, before=[before])
        said["logprobs"]["content"] += said_with(after, {after: 1.0})["logprobs"]["content"]
        said["message"]["content"] += after
        return said

    with BillingServer(answer) as server:
        judge = Judge(f"openai:j@{server.base_url}", reasons=True)
        assert await score(judge, "an answer") == [tpo.scored(rating, "not a 5")]
    (asked,) = server.asked
    assert list(asked.body["response_format"]["json_schema"]["schema"]["properties"]) == [
        "rating",
        "why",
    ]


@pytest.mark.parametrize("kind", ["pairwise", "groupwise"])
def test_of_a_comparison_the_reason_comes_first(kind):
    form = JUDGES[kind](judging(explains), reasons=True).asked([1, 2])
    assert next(iter(form.schema["properties"])) == "why"
    assert "Begin the object with" in form.as_json


@pytest.mark.parametrize("why", ["", "  ", 7, None, ["a"], {"a": 1}])
async def test_what_is_not_a_reason_is_none(why):
    model = judging(lambda *_: json.dumps({"why": why, "rating": 4}))
    assert await score(Judge(model, reasons=True), "a") == [tpo.scored(4.0)]


async def test_a_long_reason_is_clipped():
    model = judging(lambda *_: json.dumps({"why": "long " * 9999, "rating": 4}))
    (judged,) = await score(Judge(model, reasons=True), "a")
    assert len(judged["feedback"]) == 8000


# --- specs and names --------------------------------------------------------


@pytest.mark.parametrize("kind", JUDGES)
def test_the_spec(kind):
    reward: Any = resolve_reward(f"{kind}:openai:m@http://127.0.0.1:1/v1?reasons=1")
    assert (reward.model, reward.reasons) == ("openai:m@http://127.0.0.1:1/v1", True)
    assert reward.name == f"{kind}:openai:m@http://127.0.0.1:1/v1?reasons=1"
    reward = resolve_reward(f"{kind}:?reasons=1", policy="openai:p")
    assert (reward.model, reward.reasons) == ("openai:p", True)
    assert resolve_reward(f"{kind}:openai:m?reasons=0") == resolve_reward(f"{kind}:openai:m")


def test_a_wrong_option_is_told():
    for spec, wrong in [
        ("groupwise:?repeats=3", "repeats"),
        ("pairwise:openai:m?reasons=1&repeats=3", "repeats"),
        ("groupwise:openai:m?hedge=1", "hedge"),
        ("groupwise:?seed=1", "seed"),
    ]:
        kind = spec.partition(":")[0]
        said = f"in {spec} {wrong} is not an option of {kind}. Options: reasons"
        with pytest.raises(tpo.SpecError, match=re.escape(said)):
            resolve_reward(spec, policy="openai:m")
    with pytest.raises(tpo.SpecError, match=r"resons is not an option of judge\. Options: r"):
        resolve_reward("judge:?resons=1", policy="openai:m")
    with pytest.raises(tpo.SpecError, match=r"in judge:openai:m\?reasons=yes reasons is 1 or 0"):
        resolve_reward("judge:openai:m?reasons=yes")


# --- kept -------------------------------------------------------------------


@pytest.mark.parametrize("kind", JUDGES)
async def test_a_verdict_is_kept_with_its_reason_and_apart_from_one_without(kind):
    store, model, plain = InMemoryCache[Any](), judging(explains), fair()
    reward = cached(JUDGES[kind](model, reasons=True), store, identity="j")
    bare = cached(JUDGES[kind](plain), store, identity="j")
    before = await score(bare, "good", "poor")
    first = await score(reward, "good", "poor")
    asked = len(model.asked), len(plain.asked)
    assert await score(reward, "good", "poor") == first
    assert await score(bare, "good", "poor") == before
    assert (len(model.asked), len(plain.asked)) == asked
    assert {"feedback", "checks"} & first[0].keys()
    assert not {"feedback", "checks"} & before[0].keys()


async def test_a_verdict_of_an_older_version_is_read():
    store, model = InMemoryCache[Any](), judging(["never asked"])
    question = Judge(model).question(Job(TALK, ["a"]), 0)
    key = ScoreCache.key("j", prompts.JUDGE_SYSTEM.text, question)
    await ScoreCache(store).keep({key: 6.5})
    assert await score(cached(Judge(model), store, identity="j"), "a") == [tpo.scored(6.5)]
    assert model.asked == []


def test_critics_are_shown_the_reason():
    model = says()
    judge = judging(lambda messages, *_: json.dumps(
        {"why": f"<query>{messages[-1].text.count('better')}", "rating": 1 + index_of(messages)}
    ))  # fmt: skip
    result = run(model, Judge(judge, reasons=True), depth=1)
    assert result["candidates"][0]["feedback"].startswith("<query>")
    (loss,) = model.asked.of("loss")
    assert loss.text.count("‹query>") == 2


@pytest.mark.parametrize("kind", ["pairwise", "groupwise"])
def test_why_the_best_answer_leads_is_not_a_fault_so_its_critic_is_asked(kind):
    def by_number(messages: Any, *_: Any) -> str:
        blocks = {n: x for n, x in read(messages[-1].text)[0].items() if n.startswith("answer")}
        ranked = sorted(blocks, key=lambda name: -prefer_later("", blocks[name]))
        if "answer_a" in blocks:
            return json.dumps({"why": "it is later", "better": ranked[0][-1].upper()})
        order = [[int(name.removeprefix("answer"))] for name in ranked]
        return json.dumps({"why": "it is later", "ranking": order})

    model, reward = says(), JUDGES[kind](judging(by_number), reasons=True)
    result = run(model, reward, depth=1, width=4, mode="adaptive", seed=1)
    assert result["rounds"][0]["plan"]["critique"] is True
    (loss,) = model.asked.of("loss")
    assert "- passed: best of 4 (" in loss.text
    assert "- failed: best of 4 (" in loss.text
    assert not any("That answer failed" in asked.text for asked in model.asked)


def index_of(messages: Any) -> int:
    answer = read(messages[-1].text)[0]["answer"]
    return int(answer.split()[-1]) + 3 * answer.startswith("better")
