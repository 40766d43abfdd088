"""Several rewards as one: one scale over the rounds, vetoes, and honest gaps."""

from __future__ import annotations

import asyncio
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

import pytest
import scored_pool
from fake_judge import fair, goods
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from langgraph.cache.memory import InMemoryCache
from langgraph.checkpoint.memory import InMemorySaver
from steps import run, says

import tpo
from tpo.core.errors import ConfigError
from tpo.core.faults import faults, faults_text
from tpo.core.feedback import feedback_text
from tpo.core.reference_mark import named_by
from tpo.core.state import Candidate
from tpo.rewards.function import FunctionReward
from tpo.rewards.judging.pairwise import PairwiseJudge
from tpo.rewards.judging.pointwise import Judge
from tpo.rewards.mixing.mix import Mix, Part
from tpo.rewards.planned_reward import Batched, Job, planned, score_job, score_now
from tpo.rewards.resolve import resolve_reward

MESSAGES = [HumanMessage("Why?")]


def number(query: str, answer: str) -> float:
    """Return the last word, a number."""
    return float(answer.rsplit(maxsplit=1)[-1])


def length(query: str, answer: str) -> float:
    return float(len(answer))


def named(title: str, function: Any = number) -> FunctionReward:
    return FunctionReward(function, title)


def fails_on(text: str) -> Any:
    def score(query: str, answer: str) -> float:
        if answer == text:
            raise ValueError(f"no score for {text}")
        return number(query, answer)

    return score


def below(limit: float) -> Any:
    return lambda query, answer: float(number(query, answer) < limit)


async def scores(mix: Mix, *answers: str, pool: Any = ()) -> list[Any]:
    """Score answers beside a pool, as the rank node does."""
    job = Job(MESSAGES, answers, pool)
    return await score_job(mix, job, lambda call: mix.call(job, call))


def ranked(answers: list[str], said: list[Any], nth: int = 0) -> list[Candidate]:
    """Return the pool that the scored ones make."""
    return [
        scored_pool.ranked(text, score["reward"], nth, **score["parts"])
        for text, score in zip(answers, said, strict=True)
        if score["reward"] is not None
    ]


async def test_weights_and_parts():
    mix = Mix((Part(named("a"), 2.0), Part(named("b", length), -0.5)), title="both")
    assert mix.name == "both"
    assert await score_now(mix, MESSAGES, ["x 4", "x 10"]) == [
        {"reward": 2 * 4 - 0.5 * 3, "error": None, "parts": {"a": 4.0, "b": 3.0}},
        {"reward": 2 * 10 - 0.5 * 4, "error": None, "parts": {"a": 10.0, "b": 4.0}},
    ]


def advert(query: str, answer: str) -> tpo.Score:
    return tpo.scored(0.0, checks=[{"criterion": "is an advertisement", "passed": False}])


@pytest.mark.parametrize(("weight", "said"), [(1.0, True), (0.0, False), (-1.0, False)])
async def test_a_part_that_counts_against_an_answer_says_nothing_of_faults(weight, said):
    mix = Mix((Part(named("a")), Part(named("ad", advert), weight)))
    (score,) = await scores(mix, "one 2")
    assert score["parts"]["ad"] == 0.0
    assert (faults(score) == {"ad: is an advertisement"}) is said


def comments(reward: float, *checks: object) -> Any:
    return lambda query, answer: tpo.scored(reward, "a comment", checks)


PASSED, FAILED = ({"criterion": "short", "passed": passed} for passed in (True, False))


async def test_words_of_what_holds_are_no_fault():
    mix = Mix(
        (Part(named("a", comments(0.2, FAILED))), Part(named("b", comments(1.0, PASSED)))),
        constraints=(named("c", comments(1.0)),),
    )
    (score,) = await scores(mix, "one 2")
    assert faults_text(score) == "- failed: a: short\na: a comment"
    lines = feedback_text(score).splitlines()
    assert lines[-3:] == ["- passed: b (a comment)", "- passed: c (a comment)", "a: a comment"]


async def test_words_of_a_constraint_that_does_not_hold_are_a_fault():
    mix = Mix((Part(named("a")),), constraints=(named("c", comments(0.0)),))
    (score,) = await scores(mix, "one 2")
    assert faults_text(score) == "c: a comment"


async def test_length_has_a_price_per_thousand_characters():
    mix = Mix((Part(named("a", lambda q, a: 1.0)),), length_penalty=0.1)
    short, long = await score_now(mix, MESSAGES, ["", "x" * 2500])
    assert (short["reward"], long["reward"]) == (1.0, 0.75)


async def test_z_counts_standard_deviations_of_round_0_in_all_rounds():
    mix = Mix((Part(named("a"), z=True),))
    answers = ["x 1", "x 2", "x 6"]
    first = await scores(mix, *answers)
    mean, spread = fmean([1, 2, 6]), pstdev([1, 2, 6])
    assert [s["reward"] for s in first] == [(v - mean) / spread for v in (1, 2, 6)]
    pool = ranked(answers, first)
    second = await scores(mix, "y 2", "y 9", pool=pool)
    assert [s["reward"] for s in second] == [(v - mean) / spread for v in (2, 9)]
    pool += ranked(["y 2", "y 9"], second, nth=1)
    (third,) = await scores(mix, "z 9", pool=pool)
    assert third["reward"] == second[1]["reward"]  # the same value, the same score


async def test_the_scale_of_round_0_is_the_same_in_it_and_later():
    """Neither vetoed nor failed answers make it, nor copies, which later rounds see twice."""
    parts = (Part(named("a"), z=True), Part(named("b", fails_on("x 50")), 0.0))
    mix = Mix(parts, (named("c", below(100)),))
    answers = ["x 1", "x 3", "x 50", "x 200"]
    first = await scores(mix, *answers)
    assert [s["reward"] for s in first] == [-1.0, 1.0, None, None]
    pool = ranked(answers, first)
    pool += [{**pool[0]}, {**pool[0]}]
    again = await scores(mix, "y 1", "y 5", pool=pool)
    assert [s["reward"] for s in again] == [-1.0, 3.0]


async def test_z_of_equal_scores_is_nothing():
    mix = Mix((Part(named("a"), z=True), Part(named("b", length))))
    assert [s["reward"] for s in await scores(mix, "x 5", "xyz 5")] == [3.0, 5.0]


async def test_z_of_rounding_is_nothing():
    near = {"x": 0.1 + 0.2, "y": 0.3, "z": 1000.0 * (1 + 1e-7)}
    mix = Mix((Part(named("a", lambda q, a: near[a]), z=True),))
    assert [s["reward"] for s in await scores(mix, "x", "y")] == [0.0, 0.0]
    near["y"] = 1000.0
    assert [s["reward"] for s in await scores(mix, "y", "z")] == [0.0, 0.0]
    near["y"] = 999.0
    assert [s["reward"] for s in await scores(mix, "y", "z")] == pytest.approx([-1.0, 1.0])


async def test_a_constraint_vetoes():
    mix = Mix((Part(named("a")),), (named("small", below(5)),))
    low, high = await score_now(mix, MESSAGES, ["x 1", "x 9"])
    assert low == {"reward": 1.0, "error": None, "parts": {"a": 1.0, "small": 1.0}}
    assert high["reward"] is None
    assert high["error"] == "vetoed by small"
    assert high["parts"] == {"small": 0.0}


class Counting:
    """Returns the last word, and remembers every answer it is asked about."""

    name, batch_size, notice = "counting", 2, ""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def score(self, messages: Any, answers: Any) -> list[Any]:
        self.asked += answers
        return [tpo.scored(number("", answer)) for answer in answers]


async def test_what_a_constraint_vetoes_costs_the_parts_nothing():
    part = Counting()
    mix = Mix((Part(part, z=True),), (named("small", below(5)),))
    said = await scores(mix, "x 9", "x 1", "y 9", "x 3")
    assert part.asked == ["x 1", "x 3"]
    assert [s["reward"] for s in said] == [None, -1.0, None, 1.0]
    assert [s["error"] for s in said] == ["vetoed by small", None, "vetoed by small", None]


async def test_if_a_constraint_vetoes_all_or_fails_nothing_else_is_asked():
    part = Counting()
    mix = Mix((Part(part), Part(PairwiseJudge(fair()))), (named("small", below(5)),))
    assert [s["error"] for s in await scores(mix, "x 9", "x 7")] == ["vetoed by small"] * 2
    mix = Mix((Part(part),), (named("bad", fails_on("x 2")),))
    assert [s["reward"] for s in await scores(mix, "x 2")] == [None]
    assert part.asked == []


async def test_a_mix_inside_asks_its_constraints_first_too():
    part = Counting()
    inner = Mix((Part(part),), (named("even", lambda q, a: number(q, a) % 2 == 0),), title="inner")
    outer = Mix((Part(inner), Part(named("b", length), 0.0)), (named("small", below(5)),))
    said = await scores(outer, "x 1", "x 2", "x 8", "x 4")
    assert part.asked == ["x 2", "x 4"]
    assert [s["reward"] for s in said] == [None, 2.0, None, 4.0]
    as_constraint = Mix((Part(named("b", length)),), (inner,))
    assert [s["error"] for s in await scores(as_constraint, "x 1", "xy 2")] == [
        "vetoed by even",
        None,
    ]


async def test_a_judge_among_the_parts_compares_what_is_left():
    mix = Mix((Part(PairwiseJudge(fair())),), (named("short", lambda q, a: len(a) < 15),))
    said = await scores(mix, "good", "good good good good", "bad")
    assert said[1]["error"] == "vetoed by short"
    assert said[0]["reward"] > 0 > said[2]["reward"]


def test_a_resumed_run_asks_no_part_of_a_mix_again():
    part, broken = Counting(), [True]

    def later(query: str, answer: str) -> float:
        if broken and number(query, answer) == 1:
            raise ValueError("out of order")
        return 0.0

    mix = Mix((Part(part), Part(named("later", later))), (named("small", below(2)),))
    app = tpo.build_tpo(says(), mix).compile(checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "t"}}
    knobs: Any = {"depth": 0, "width": 3, "on_reward_failure": "raise"}
    first: Any = {"messages": [("user", "Why?")]}

    async def twice() -> Any:
        with pytest.raises(tpo.RewardError):
            await app.ainvoke(first, thread, context=knobs)
        broken.clear()
        return await app.ainvoke(None, thread, context=knobs)

    result = asyncio.run(twice())
    assert part.asked == ["first 0", "first 1"]
    assert [c["reward"] for c in result["candidates"]] == [0.0, 1.0, None]


@pytest.mark.parametrize("role", ["part", "constraint"])
async def test_a_failed_part_fails_its_answer_only(role):
    bad = named("bad", fails_on("x 2"))
    parts = (Part(named("a")), *([Part(bad)] if role == "part" else []))
    mix = Mix(parts, (bad,) if role == "constraint" else ())
    fine, lost = await score_now(mix, MESSAGES, ["x 1", "x 2"])
    assert fine["reward"] == (2.0 if role == "part" else 1.0)
    assert lost["reward"] is None
    assert lost["error"] == "bad: reward 'bad' failed: ValueError: no score for x 2"
    assert lost["parts"] == ({"a": 2.0} if role == "part" else {})


async def test_a_sum_that_is_not_finite_is_a_reason():
    mix = Mix((Part(named("a"), 1e308), Part(named("b", length), -1e308)))
    (score,) = await score_now(mix, MESSAGES, ["xxxxxxxxxxxxxxx 40"])
    assert score["reward"] is None
    assert "which is not a finite number" in str(score["error"])


async def test_a_mix_in_a_mix_keeps_its_scale_and_its_vetoes():
    inner = Mix((Part(named("a"), z=True),), (named("small", below(100)),), title="inner")
    outer = Mix((Part(inner), Part(named("b", length), 0.0)))
    answers = ["x 1", "x 3", "x 500"]
    first = await scores(outer, *answers)
    assert [s["reward"] for s in first] == [-1.0, 1.0, None]
    assert first[2]["error"] == "vetoed by small"
    (later,) = await scores(outer, "y 3", pool=ranked(answers, first))
    assert later["reward"] == 1.0
    assert later["parts"] == {"a": 3.0, "small": 1.0, "inner": 1.0, "b": 3.0}


def test_what_cannot_be_a_mix():
    with pytest.raises(ConfigError, match="a mix needs at least one part"):
        Mix(())
    with pytest.raises(ConfigError, match="a mix names a twice; add the weights instead"):
        Mix((Part(named("a")),), (named("a", length),))


def test_two_functions_of_one_name_are_given_titles_as_the_error_says():
    one, other = (lambda query, answer: 1.0), (lambda query, answer: 2.0)
    with pytest.raises(ConfigError, match=r"twice; add.*tpo\.FunctionReward\(function, 'brief'\)"):
        Mix([Part(one), Part(other)])
    assert Mix([Part(tpo.FunctionReward(one, "brief")), Part(other)]).name == "mix"
    with pytest.raises(ConfigError, match=r"a mix names <lambda> twice; add the weights instead$"):
        Mix([Part(one), Part(one)])


@pytest.mark.parametrize("number", [float("nan"), float("inf"), "2", None])
def test_a_number_with_which_no_sum_is_one_is_refused_at_once(number):
    with pytest.raises(ConfigError, match="a weight of a mix must be a finite number, not "):
        Mix([Part(length, number)])
    with pytest.raises(ConfigError, match="length_penalty of a mix must be a finite number"):
        Mix([Part(length)], length_penalty=number)


@pytest.mark.parametrize("before", ["cached:", " cached:cached:"])
def test_a_mix_that_names_itself_through_a_cache_is_told_like_any_other(before, tmp_path):
    path = tmp_path / "own.toml"
    spec = f"{before}mix:{path}"
    path.write_text(f'[[parts]]\nreward = "{spec}"', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"own\.toml: '.*' is a mix: name its parts here instead"):
        resolve_reward(f"mix:{path}")


def hosted(server: str, **more: Any) -> Any:
    return ChatOpenAI(model="m", base_url=f"http://{server}/v1", api_key="none", **more)  # type: ignore[arg-type]


def test_judges_of_one_model_at_two_servers_are_two_parts():
    one, two = (Judge(hosted(server)) for server in ("one:1", "two:1"))
    kept = tpo.cached(Judge(hosted("three:1")), InMemoryCache())
    other = Judge(hosted("one:1"), rubric="Is it short?")
    mix = Mix((Part(one), Part(two), Part(kept), Part(other)))
    judges: list[str] = [
        *(f"judge:m@http://{server}:1/v1" for server in ("one", "two", "three")),
        other.name,
    ]
    job = Job(MESSAGES, ["x", "y"])
    calls = mix.plan(job)
    scores = mix.combine(job, calls, [float(place) for place, _ in calls])
    assert scores[0].get("parts") == {name: float(i) for i, name in enumerate(judges)}
    with pytest.raises(ConfigError, match=r"a mix names judge:m@http://one:1/v1 twice"):
        Mix((Part(one), Part(Judge(hosted("one:1"), notice="hm"))))


def test_notices_are_passed_on():
    mix = Mix((Part(resolve_reward("heuristic")), Part(named("a"))))
    assert mix.notice == resolve_reward("heuristic").notice != ""


# --- in a run ---------------------------------------------------------------


def test_a_vetoed_candidate_leaves_the_ranking_with_its_parts():
    mix = Mix((Part(named("a")),), (named("small", below(2)),))
    result = run(reward=mix, width=3, depth=0)
    vetoed = result["candidates"][2]
    assert (vetoed["reward"], vetoed["error"]) == (None, "vetoed by small")
    assert vetoed.get("parts") == {"small": 0.0}
    assert result["answer"] == "first 1"
    assert result["rounds"][0]["rejected"] == "r0c0"


@pytest.mark.parametrize("policy", ["raise", "degrade"])
def test_a_veto_is_no_failure_of_the_reward(policy):
    mix = Mix((Part(named("a")),), (named("small", below(2)),))
    knobs = {"on_reward_failure": policy, "fallback_reward": "heuristic"}
    result = run(reward=mix, width=3, depth=0, **knobs)
    assert result["rounds"][0]["ranked_by"] == "mix"


def test_all_vetoed_is_a_sentence():
    mix = Mix((Part(named("a")),), (named("small", below(-1)),))
    with pytest.raises(tpo.RewardError) as caught:
        run(reward=mix, width=3)
    assert "reward 'mix' scored none of 3 candidates (vetoed by small)" in str(caught.value)


def test_a_pairwise_judge_in_a_mix_keeps_its_own_scale():
    model = fair(worth=lambda text: number("", text) + 10 * text.startswith("better"))
    pairwise = PairwiseJudge(model)
    mix = Mix((Part(pairwise), Part(named("a"), 0.0)), length_penalty=1000.0)
    result = run(reward=mix, width=2, depth=1)
    own = [c["parts"][pairwise.name] for c in result["candidates"]]  # type: ignore[typeddict-item]
    assert own == sorted(own)
    assert len(set(own)) == 4
    assert len(model.asked) == 2 + 6
    totals = [c["reward"] for c in result["candidates"]]
    lengths = [len(c["text"]) for c in result["candidates"]]
    assert totals == [o - n for o, n in zip(own, lengths, strict=True)]


def test_what_judges_in_a_mix_cost_is_counted():
    judge = fair(goods)
    result = run(reward=Mix((Part(Judge(judge)), Part(named("a")))), width=3, depth=0)
    assert result["usage"]["phases"]["rank"]["requests"] == len(judge.asked) == 3


# --- from a file ------------------------------------------------------------

GOOD = """
length_penalty = 0.5
constraints = ["verify:exact:first 1"]
[[parts]]
reward = "heuristic"
weight = 2
z = true
[[parts]]
reward = "judge"
"""


def written(path: Path, text: str) -> str:
    (path / "own.toml").write_text(text, encoding="utf-8")
    return f"mix:{path / 'own.toml'}"


def test_a_file(tmp_path):
    mix = resolve_reward(written(tmp_path, GOOD), policy="openai:m")
    assert isinstance(mix, Mix)
    assert (mix.name, mix.length_penalty) == ("mix:own", 0.5)
    heuristic, judge = mix.parts
    assert (heuristic.weight, heuristic.z, judge.weight, judge.z) == (2.0, True, 1.0, False)
    assert judge.reward == Judge("openai:m")
    assert [planned(c).name for c in mix.constraints] == [named_by("exact", "first 1")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("parts = [", "cannot be read: TOMLDecodeError"),
        ("", "own.toml: it has no parts"),
        ("parts = []", "own.toml: parts must not be empty"),
        (
            '[[parts]]\nreward = "heuristic"\nwight = 1',
            "wight in parts 1 is not a key: did you m",
        ),
        (
            '[[parts]]\nreward = "heuristic"\nweight = nan',
            "weight in parts 1 must be a finite numb",
        ),
        ("[[parts]]\nreward = 3", "own.toml: reward in parts 1 must be a text, not 3"),
        ('[[parts]]\nreward = "heurist"', "own.toml: unknown reward 'heurist'"),
        ('[[parts]]\nreward = "mix:own.toml"', "'mix:own.toml' is a mix: name its parts here"),
        ('[[parts]]\nreward = "heuristic"\n[[parts]]\nreward = "heuristic"', "heuristic twice"),
        ('[[parts]]\nreward = "verify:exact:"', "own.toml: unknown verifier"),
    ],
)
def test_a_wrong_file_is_told_what_is_wrong(tmp_path, text, said):
    with pytest.raises(ConfigError) as caught:
        resolve_reward(written(tmp_path, text))
    assert "own.toml" in str(caught.value)
    assert said in str(caught.value)


def test_a_missing_file_and_no_text(tmp_path):
    with pytest.raises(ConfigError, match=r"FileNotFoundError.*; give the path of a TOML file"):
        resolve_reward(f"mix:{tmp_path / 'none.toml'}")
    with pytest.raises(ConfigError, match="cannot be read: "):
        resolve_reward("mix:")
    (tmp_path / "own.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read: UnicodeDecodeError"):
        resolve_reward(f"mix:{tmp_path / 'own.toml'}")


def test_a_file_in_a_run(tmp_path):
    spec = written(tmp_path, GOOD.replace('[[parts]]\nreward = "judge"\n', ""))
    result = run(says(), spec, width=2, depth=0)
    assert (result["answer"], result["candidates"][0]["error"]) == (
        "first 1",
        "vetoed by verify:exact",
    )


def test_plain_rewards_are_batched_inside():
    assert isinstance(planned(named("a")), Batched)
