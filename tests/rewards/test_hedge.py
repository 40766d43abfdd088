"""Hedging: what the rewards disagree about counts less, and so over-optimisation falls."""

from __future__ import annotations

from pathlib import Path
from random import Random
from statistics import fmean, stdev
from typing import Any

import pytest
from billing_server import BillingServer
from langchain_core.messages import HumanMessage
from langgraph.cache.memory import InMemoryCache
from steps import QUERY, run, says

import tpo
from tpo.core.errors import ConfigError, SpecError
from tpo.rewards.function import FunctionReward
from tpo.rewards.judging import form_known
from tpo.rewards.mixing.hedge import standard_error
from tpo.rewards.planned_reward import Job, score_now
from tpo.rewards.resolve import resolve_reward

MESSAGES = [HumanMessage(QUERY)]


def word(place: int) -> FunctionReward:
    """Return a reward that takes the number at a place of the answer."""
    return FunctionReward(lambda query, answer: float(answer.split()[place]), f"word {place}")


def mix(*weights: float, z: bool = False, **options: Any) -> tpo.Mix:
    return tpo.Mix([tpo.Part(word(i), w, z) for i, w in enumerate(weights)], **options)


async def rewards(reward: Any, *answers: str) -> list[float]:
    return [score["reward"] or 0.0 for score in await score_now(reward, MESSAGES, answers)]


def test_the_standard_error_is_that_of_a_mean():
    scores = [3.0, 5.0, 4.0, 9.0]
    assert standard_error([0.25] * 4, scores) == pytest.approx(stdev(scores) / 2)
    assert standard_error([1.0] * 4, scores) == pytest.approx(4 * stdev(scores) / 2)
    assert standard_error([1.0, 0.0], [3.0, 8.0]) == 0.0  # one part alone has nobody to disagree
    assert standard_error([1.0, -1.0], [3.0, -3.0]) == 0.0  # both say 3


async def test_a_disputed_answer_counts_less():
    answers = ("1 9", "4 4")
    assert await rewards(mix(0.5, 0.5), *answers) == [5.0, 4.0]
    assert await rewards(mix(0.5, 0.5, hedge=1.0), *answers) == [1.0, 4.0]


async def test_deviations_are_one_scale_for_rewards_of_any_scale():
    answers = ("1 100", "2 200", "3 100")
    hedged = mix(1.0, 1.0, z=True, hedge=1.0)
    one, two, three = await rewards(hedged, *answers)
    assert two > max(one, three)  # on the third the two disagree most, by their own scales
    plain = await rewards(mix(1.0, 1.0, z=True), *answers)
    assert three < plain[2]


def test_the_answer_of_a_run_is_the_one_they_agree_on():
    model = says(sample=lambda k: ["1 9", "4 4", "3 3"][k])
    assert run(model, mix(0.5, 0.5), depth=0)["answer"] == "1 9"
    result = run(says(sample=lambda k: ["1 9", "4 4", "3 3"][k]), mix(0.5, 0.5, hedge=1), depth=0)
    assert result["answer"] == "4 4"
    assert result["candidates"][0].get("parts") == {"word 0": 1.0, "word 1": 9.0}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: mix(1.0, 1.0, hedge=-1.0), "0 or more"),
        (lambda: mix(1.0, hedge=1.0), "two parts that can disagree"),
        (lambda: mix(1.0, 0.0, hedge=1.0), "two parts that can disagree"),
        (
            lambda: tpo.Mix([tpo.Part(word(0), z=True), tpo.Part(word(1))], hedge=1.0),
            "give each z = true",
        ),
        (
            lambda: tpo.Mix([tpo.Part(word(0)), tpo.Part(tpo.Judge("openai:m"))], hedge=1.0),
            "give each z = true",
        ),
        (lambda: tpo.repeated(tpo.Judge("openai:m"), 1), "2 to 16 times"),
    ],
)
def test_what_cannot_be_compared_is_refused(make: Any, words: str):
    with pytest.raises(ConfigError, match=words):
        make()


def test_a_mix_file_may_hedge(tmp_path: Path):
    file = tmp_path / "mix.toml"
    part = '[[parts]]\nreward = "judge:openai:{}"\n'
    file.write_text("hedge = 1.5\n" + part.format("a") + part.format("b"), encoding="utf-8")
    assert getattr(resolve_reward(f"mix:{file}"), "hedge", None) == 1.5


def chosen(hedge: float, width: int, odd: float, draws: int = 300) -> float:
    """Return the true value of the answer that four noisy rewards choose, on average.

    They are mistaken about all answers a little, and about the odd ones by a lot.
    """
    rng, values, found = Random(7), [0.25] * 4, []
    reward = mix(*values, hedge=hedge)
    for _ in range(draws):
        true = [rng.gauss(0, 1) for _ in range(width)]
        noise = [2.5 if rng.random() < odd else 0.4 for _ in true]
        said = [[t + rng.gauss(0, n) for _ in values] for t, n in zip(true, noise, strict=True)]
        scores = [reward.total("", row) for row in said]
        found.append(true[scores.index(max(scores))])
    return fmean(found)


def test_over_optimisation_falls_at_width_50():
    plain, hedged = chosen(0.0, 50, odd=0.2), chosen(1.0, 50, odd=0.2)
    assert hedged > plain + 0.2
    # Without it four times as many answers are hardly worth anything; with it they are.
    assert chosen(0.0, 200, odd=0.2) - plain < 0.15 < chosen(1.0, 200, odd=0.2) - hedged


def test_where_the_rewards_are_equally_sure_of_all_answers_it_costs_next_to_nothing():
    assert chosen(1.0, 50, odd=0.0) > chosen(0.0, 50, odd=0.0) - 0.03


# --- one judge, asked several times --------------------------------------------------------------


def spec(server: BillingServer, options: str) -> str:
    form_known._named.add(("judge", f"openai:j@{server.base_url}"))
    return f"judge:openai:j@{server.base_url}{options}"


def in_turn(*ratings: str) -> Any:
    """Return how a judge answers that says one rating after the other."""
    left = list(ratings)
    return lambda body, index: left.pop(0)


@pytest.mark.loopback
async def test_a_judge_asked_three_times_keeps_every_rating():
    with BillingServer(in_turn("7", "5", "6")) as server:
        reward = resolve_reward(spec(server, "?repeats=3"))
        [score] = await score_now(reward, MESSAGES, ["An answer."])
        bodies = [asked.body for asked in server.asked]
    assert score["reward"] == pytest.approx(6.0)
    assert sorted(score.get("parts", {}).values()) == [5.0, 6.0, 7.0]
    assert all(name.startswith("judge:openai:j") for name in score.get("parts", {}))
    assert {body["temperature"] for body in bodies} == {0.7}
    assert reward.name.endswith("?repeats=3")


@pytest.mark.loopback
async def test_each_time_has_a_seed_of_its_own_and_is_kept_apart():
    with BillingServer(in_turn("7", "5")) as server:
        reward = tpo.cached(resolve_reward(spec(server, "?repeats=2&hedge=1")), InMemoryCache())
        job = Job(MESSAGES, ["An answer."], settings=tpo.Context(seed=3))
        both = [await reward.call(job, call) for call in reward.plan(job)]  # type: ignore[union-attr]
        again = [await reward.call(job, call) for call in reward.plan(job)]  # type: ignore[union-attr]
        seeds = [asked.body["seed"] for asked in server.asked]
    assert [one["result"] for one in both] == [one["result"] for one in again] == [7.0, 5.0]
    assert len(set(seeds)) == len(seeds) == 2
    [score] = await score_now(reward, MESSAGES, ["An answer."])
    assert score["reward"] == pytest.approx(5.0)  # 6, less one standard error


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("?hedge=1", "hedge needs repeats"),
        ("?repeats=many", "are numbers"),
        ("?repeats=3&reasons=2", "reasons is 1 or 0"),
    ],
)
def test_options_that_cannot_be_right(options: str, words: str):
    with pytest.raises(SpecError, match=words):
        resolve_reward(f"judge:openai:m{options}")


def test_once_is_the_plain_judge():
    assert resolve_reward("judge:openai:m?repeats=1") == tpo.Judge("openai:m")
    both = resolve_reward("judge:openai:m?repeats=2&reasons=1")
    assert both.name == "judge:openai:m?reasons=1&repeats=2"
