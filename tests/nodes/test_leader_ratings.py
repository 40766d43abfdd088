"""Whoever leads is rated again, where another rating may be another one: luck does not choose."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import pytest
from fake_judge import judging
from langgraph.cache.memory import InMemoryCache
from langgraph.checkpoint.memory import InMemorySaver
from scripted_model import ScriptedModel
from steps import QUERY, prefer_later, run, says

import tpo
from tpo.core.errors import RewardError
from tpo.core.ratings import noise_of, with_ratings
from tpo.rewards.base import Score
from tpo.rewards.second_ratings import times_again

ADAPTIVE: dict[str, Any] = {"mode": "adaptive", "depth": 0, "width": 2}
THREAD: Any = {"configurable": {"thread_id": "t"}}


class Rates:
    """Says one number after the other of a text; the last is said for ever."""

    name, batch_size, notice, varies = "rates", None, "", True

    def __init__(self, **says: list[float]) -> None:
        self.numbers = says
        self.says, self.asked = {k.replace("_", " "): v for k, v in says.items()}, Counter[str]()

    async def score(self, messages: Any, answers: Any) -> list[Score]:
        return [self.next(text) for text in answers]

    def next(self, text: str) -> Score:
        numbers = self.says[text]
        self.asked[text] += 1
        number = numbers[min(self.asked[text], len(numbers)) - 1]
        return tpo.unscored("the server is gone") if number < 0 else tpo.scored(number)


def ratings_in(result: Any) -> list[list[float] | None]:
    """All ratings of each candidate, the highest first: further ones are asked for at once."""
    found = [candidate.get("ratings") for candidate in result["candidates"]]
    return [sorted(some, reverse=True) if some else None for some in found]


def lucky() -> Rates:
    return Rates(first_0=[9, 5, 4], first_1=[8, 8, 8])


def test_an_answer_that_was_lucky_once_loses_its_place():
    reward, events = lucky(), list[Any]()
    result = run(says(), reward, **ADAPTIVE, on_event=events.append)
    assert (result["answer"], result["reward"]) == ("first 1", 8.0)
    assert ratings_in(result) == [[9, 5, 4], [8, 8, 8]]
    assert [c["reward"] for c in result["candidates"]] == [6.0, 8.0]
    assert result["usage"]["total"]["scores"] == 6
    told = [(e["candidate"], e["reward"], sorted(e["ratings"])) for e in events if "ratings" in e]
    assert told == [("r0c0", 6.0, [4, 5, 9]), ("r0c1", 8.0, [8, 8, 8])]


def test_an_answer_that_does_not_lead_costs_no_further_rating():
    reward = Rates(first_0=[7, 7, 7], first_1=[2])
    result = run(says(), reward, **ADAPTIVE)
    assert reward.asked == {"first 0": 3, "first 1": 1}
    assert "ratings" not in result["candidates"][1]


@pytest.mark.parametrize(
    ("knobs", "times"),
    [({"mode": "tpo"}, 1), ({"mode": "tpo", "ratings": 2}, 2), ({"ratings": 1}, 1), ({}, 3)],
)
def test_only_the_adaptive_search_does_so_unasked(knobs, times):
    reward = Rates(first_0=[7], first_1=[2])
    run(says(), reward, **{**ADAPTIVE, **knobs})
    assert reward.asked["first 0"] == times


def test_a_reward_that_would_say_the_same_is_not_asked_again():
    reward = lucky()
    reward.varies = False
    assert run(says(), reward, **ADAPTIVE)["answer"] == "first 0"
    assert reward.asked.total() == 2


def test_a_later_round_rates_only_who_leads_then():
    reward = Rates(first_0=[5, 5, 5], first_1=[1], better_0=[4], better_1=[9, 6, 6])
    result = run(says(), reward, **{**ADAPTIVE, "depth": 1, "mode": "tpo", "ratings": 3})
    assert (result["answer"], result["reward"]) == ("better 1", 7.0)
    assert reward.asked == {"first 0": 3, "first 1": 1, "better 0": 1, "better 1": 3}


def test_a_rating_that_fails_is_passed_over_and_told_of_once_a_round():
    reward, events = Rates(first_0=[9, -1, 6], first_1=[8, -1, -1]), list[Any]()
    result = run(says(), reward, **ADAPTIVE, on_event=events.append)
    assert ratings_in(result) == [[9, 6], None]
    assert (result["answer"], result["reward"]) == ("first 1", 8.0)
    assert [event["message"] for event in events if event["type"] == "tpo.notice"] == [
        "a further rating of the best answer failed (the server is gone); the others count"
    ]


class Waits(Rates):
    """Hangs where "first 1" is to be rated for the third time."""

    async def score(self, messages: Any, answers: Any) -> list[Score]:
        if self.asked["first 1"] == 2:
            await asyncio.sleep(60)
        return await super().score(messages, answers)


async def resumed(broken: Waits, repaired: Rates, **knobs: Any) -> Any:
    """Break a run off where the first reward hangs, and end it with the other one."""
    saver, settings = InMemorySaver(), {**ADAPTIVE, "retries": 0, **knobs}

    def begin(reward: Rates, given: Any) -> asyncio.Task[Any]:
        app = tpo.build_tpo(says(), reward).compile(checkpointer=saver)
        return asyncio.create_task(app.ainvoke(given, THREAD, context=settings))

    work = begin(broken, {"messages": [("user", QUERY)]})
    while broken.asked["first 1"] < 2:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    return await begin(repaired, None)


async def test_what_was_rated_before_a_crash_is_not_paid_again():
    again = lucky()
    result = await resumed(Waits(**again.numbers), again)
    assert again.asked == {"first 1": 1}
    assert result["reward"] == pytest.approx((8 + 8 + 8) / 3)
    assert result["usage"]["total"]["scores"] == 6


async def test_what_was_rated_before_a_crash_is_kept_if_an_early_score_failed_too():
    """It is asked first then, so saved calls come in another order than they were made in."""
    numbers: Any = {**lucky().numbers, "first_2": [-1]}
    broken, again = Waits(**numbers), Rates(**numbers)
    broken.batch_size = again.batch_size = 1  # so that each is scored as it arrives
    result = await resumed(broken, again, width=3, sampling="parallel")
    assert again.asked == {"first 1": 1, "first 2": 1}
    assert (result["answer"], result["reward"]) == ("first 1", 8.0)
    assert result["usage"]["total"]["scores"] == 7


def test_copies_of_the_leader_have_its_ratings():
    reward = Rates(same=[9, 3, 3], other=[6])
    texts = ["same", "same", "other"]
    result = run(says(sample=lambda k: texts[k]), reward, **{**ADAPTIVE, "width": 3})
    assert [c["reward"] for c in result["candidates"]] == [5, 5, 6]
    assert reward.asked == {"same": 3, "other": 3}
    assert result["answer"] == "other"


def test_no_more_is_asked_at_once_than_the_run_allows():
    under_way, most = [0], [0]

    class Slow(Rates):
        async def score(self, messages: Any, answers: Any) -> list[Score]:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
            await asyncio.sleep(0.01)
            under_way[0] -= 1
            return await super().score(messages, answers)

    reward = Slow(first_0=[9], first_1=[1])
    run(says(), reward, **ADAPTIVE, ratings=6, max_concurrency=2)
    assert (reward.asked["first 0"], most[0]) == (6, 2)


def test_a_function_that_varies_is_asked_again():
    rates = lucky()

    def varies(query: str, answer: str) -> Any:
        return rates.next(answer)

    assert not any("ratings" in c for c in run(says(), prefer_later, **ADAPTIVE)["candidates"])
    varies.varies = True  # type: ignore[attr-defined]
    assert run(says(), varies, **ADAPTIVE)["reward"] == 8.0


@pytest.mark.parametrize(("requests", "times"), [(4, 1), (5, 1), (6, 3), (7, 3)])
def test_a_budget_is_left_to_the_held_out_score(requests, times):
    """One is sent for the answers, two for ratings, two for more of these, and one for it."""
    judge, held = judging(lambda *_: "7"), judging(lambda *_: "5")
    knobs = {"depth": 0, "width": 2, "mode": "adaptive", "budget_requests": requests}
    result = run(says(), tpo.Judge(judge), heldout=tpo.Judge(held), **knobs)
    assert len(result["candidates"][0].get("ratings", [7])) == times
    assert result["rounds"][0]["heldout"] == 5.0


@pytest.mark.parametrize(("requests", "times"), [(9, 1), (10, 3)])
def test_a_budget_is_left_to_the_next_round(requests, times):
    """Three are sent, two are for more ratings; a round takes three, and one for each answer."""
    judge = judging(lambda *_: "7")
    knobs = {"depth": 1, "width": 2, "mode": "adaptive", "budget_requests": requests}
    result = run(says(), tpo.Judge(judge), **knobs)
    assert len(result["candidates"][0].get("ratings", [7])) == times
    assert len(result["rounds"]) == 2


# --- judges --------------------------------------------------------------------------------------


def judge_of(said: dict[str, list[str]]) -> ScriptedModel:
    """A judge that says these of each answer in turn, in whatever order answers come."""
    left = {answer: list(some) for answer, some in said.items()}

    def script(messages: Any, index: int, seed: Any) -> str:
        return next(left[answer] for answer in left if answer in messages[-1].text).pop(0)

    return judging(script)


UNSURE = {"first 0": ["9", "5", "4"], "first 1": ["8", "8", "8"]}


def test_a_judge_is_asked_again_at_a_temperature():
    judge = judge_of(UNSURE)
    result = run(says(), tpo.Judge(judge), **ADAPTIVE, seed=3)
    assert ratings_in(result) == [[9, 5, 4], [8, 8, 8]]
    assert [ask.parameters["temperature"] for ask in judge.asked] == [0, 0, 0.7, 0.7, 0.7, 0.7]
    assert len({ask.parameters["seed"] for ask in judge.asked}) == 3  # each time has one of its own
    assert result["usage"]["phases"]["rank"]["requests"] == 6


def test_one_that_says_how_sure_it_is_is_not_asked_again():
    """A rating between two grades is a mean over all of them already."""
    judge = tpo.Judge("openai:j")
    assert judge.asked_again(tpo.scored(6.8), 1) is None
    assert judge.asked_again(tpo.scored(7.0), 1) is not None
    assert tpo.PairwiseJudge("openai:j").asked_again(tpo.scored(7.0), 1) is None


def test_further_verdicts_are_kept_in_a_cache_each_by_itself():
    cache = InMemoryCache()

    def once(judge: ScriptedModel) -> Any:
        reward = tpo.cached(tpo.Judge(judge), cache, identity="j")
        return run(says(), reward, **ADAPTIVE)["candidates"]

    first, asked_no_more = judge_of(UNSURE), judge_of({})
    assert once(first) == once(asked_no_more)
    assert not asked_no_more.asked


def test_criteria_that_were_written_for_the_query_hold_for_further_marks():
    def verdict(messages: Any, index: int, seed: Any) -> str:
        text = messages[-1].text
        if "Write what they are to be checked for" in text:
            named = [{"name": n, "ask": f"Is it {n}?", "weight": 1} for n in ("dry", "kind")]
            return json.dumps({"criteria": named})
        return json.dumps({"1": True, "2": True})

    judge = judging(verdict)
    result = run(says(), tpo.QueryRubric(judge, reasons=True), **ADAPTIVE)
    written = [ask for ask in judge.asked if "Write what they are to be checked for" in ask.text]
    assert len(written) == 1
    assert result["candidates"][0].get("ratings") == [1.0, 1.0, 1.0]
    assert list(result["rounds"][0]["criteria"]) == [tpo.QueryRubric(judge).name]


def rubric_says(first_0: list[Any], first_1: list[Any]) -> tpo.Rubric:
    """A rubric of one essential criterion and another, whose judge says these of each answer."""
    said = {
        answer: [json.dumps({"1": a, "2": {"why": why, "passed": b}}) for a, b, why in some]
        for answer, some in (("first 0", first_0), ("first 1", first_1))
    }
    criteria = [tpo.Criterion("is polite", essential=True), tpo.Criterion("is kind")]
    return tpo.Rubric(judge_of(said), criteria)


FINE, RUDE, VETOED = (True, True, "it is"), (True, False, "it is rude"), (False, True, "it is")


def test_an_answer_that_most_ratings_veto_is_vetoed():
    reward = rubric_says([FINE, VETOED, VETOED], [RUDE, RUDE, FINE])
    result = run(says(), reward, **ADAPTIVE)
    assert result["candidates"][0]["failure"] == "vetoed"
    assert ratings_in(result)[1] == [1.0, 0.5, 0.5]
    assert result["answer"] == "first 1"


def test_one_veto_of_three_does_not_rule_an_answer_out_and_is_no_failure_to_tell_of():
    told, reward = list[Any](), rubric_says([FINE, VETOED, FINE], [RUDE])
    result = run(says(), reward, **ADAPTIVE, on_event=told.append)
    assert [event for event in told if event["type"] == "tpo.notice"] == []
    assert result["candidates"][0].get("ratings") == [1.0, 1.0]
    assert result["answer"] == "first 0"


def test_what_is_said_of_it_goes_with_the_rating_nearest_to_the_mean():
    result = run(says(), rubric_says([FINE, RUDE, RUDE], [VETOED]), **ADAPTIVE)
    best = result["candidates"][0]
    assert best.get("ratings") == [1.0, 0.5, 0.5]
    assert [check.get("passed") for check in best.get("checks", [])] == [True, False]
    assert "rude" in str(best.get("checks"))


@pytest.mark.parametrize("rating", [0.8, 0.1, 1 / 3, 1e100, -2.3])
@pytest.mark.parametrize("more", [1, 2, 5])
def test_the_mean_of_equal_ratings_is_that_rating(rating, more):
    one = tpo.scored(rating)
    again = with_ratings({**one, "parts": {"a": rating}}, [one] * more)
    assert (again["reward"], again.get("parts")) == (rating, {"a": rating})
    pool: Any = [{**again, "id": "r0c0", "text": "a"}]
    assert noise_of(pool) == 0.0


def test_words_of_another_rating_do_not_stay():
    rates = Rates(first_0=[9, 5, 5], first_1=[1])

    def said(query: str, answer: str) -> Any:
        score = rates.next(answer)
        return (9.0, "perfect") if score["reward"] == 9 else score

    said.varies = True  # type: ignore[attr-defined]
    best = run(says(), said, **ADAPTIVE)["candidates"][0]
    assert (best.get("ratings"), best.get("feedback")) == ([9.0, 5.0, 5.0], "")


def test_a_leader_with_two_ratings_is_not_asked_for_the_third_round_after_round():
    reward = Rates(first_0=[9, 9, -1], first_1=[1], better_0=[2])
    knobs = {"mode": "tpo", "ratings": 3, "depth": 3, "width": 2}
    run(says(update=lambda k: "<improved_answer>better 0</improved_answer>"), reward, **knobs)
    assert reward.asked["first 0"] == 3


def test_if_all_are_vetoed_by_further_ratings_the_error_counts_each_once():
    reward = rubric_says([FINE, VETOED, VETOED], [FINE, VETOED, VETOED])
    with pytest.raises(RewardError, match=r"scored none of 2 candidates.*Every one was vetoed"):
        run(says(), reward, **ADAPTIVE)


@pytest.mark.parametrize(
    ("knobs", "again"),
    [({}, True), ({"reasons": False}, True), ({"reasons": False, "one_by_one": True}, False)],
)
def test_a_rubric_is_asked_again_unless_its_marks_are_chances(knobs, again):
    rubric = tpo.Rubric("openai:j", [tpo.Criterion("is kind")], **knobs)
    assert (rubric.asked_again(tpo.scored(1.0), 1) is not None) == again


def test_a_judge_within_a_form_is_asked_again():
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    judge = judge_of({'"a": 0': ["9", "5", "4"], '"a": 1': ["8", "8", "8"]})
    model = says(sample=lambda k: json.dumps({"a": k}))
    result = run(model, tpo.Judge(judge), **ADAPTIVE, answer_schema=schema)
    assert ratings_in(result) == [[9, 5, 4], [8, 8, 8]]
    assert [next(iter(c["parts"].values())) for c in result["candidates"]] == [6.0, 8.0]


def test_a_sum_of_several_is_not_asked_again():
    judge = tpo.Judge("openai:j")
    score = tpo.scored(7.0)
    assert tpo.Mix([tpo.Part(judge)]).asked_again(score, 1) is not None
    assert tpo.Mix([tpo.Part(judge, 2.0)]).asked_again(score, 1) is None
    assert tpo.Mix([tpo.Part(judge)], length_penalty=0.1).asked_again(score, 1) is None
    assert tpo.Mix([tpo.Part(judge), tpo.Part(prefer_later)]).asked_again(score, 1) is None


def test_a_time_that_failed_is_another_one_in_the_next_round():
    """So a judge with a seed or a cache does not say one verdict twice."""
    judge = tpo.Judge("openai:j")
    once: Any = tpo.scored(7.0)
    settings = tpo.Context(mode="adaptive")
    assert list(times_again(judge, once, settings, 0)) == [1, 2]
    assert list(times_again(judge, once, settings, 1)) == [3, 4]
    assert judge.asked_again({**once, "reward": 8.5, "ratings": [9.0, 8.0]}, 1) is not None
    assert judge.asked_again({**once, "reward": 7.0, "ratings": [6.5, 7.5]}, 1) is None
