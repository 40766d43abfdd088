"""When scoring fails: skip, raise or degrade; never two scales in one pool, never paid twice."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from steps import QUERY, improved, prefer_later, run, says

import tpo
from tpo.rewards.base import Score
from tpo.rewards.function import FunctionReward
from tpo.rewards.mixing.mix import Mix, Part
from tpo.rewards.planned_reward import Batched, Job


class Primary:
    """Prefers the later answer, fails for the texts it is told to, and counts what it is asked."""

    name, batch_size, notice = "primary", 1, ""

    def __init__(self, *broken: str) -> None:
        self.broken, self.asked = set(broken), Counter[str]()

    async def score(self, messages: Any, answers: Any) -> list[Score]:
        self.asked.update(answers)
        if self.broken & set(answers):
            raise ConnectionError("no route")
        return [Score(reward=prefer_later("", text), error=None) for text in answers]


class Fallback(Primary):
    """The opposite, a thousand lower, so that one mixed score would show."""

    name = "fallback"

    async def score(self, messages: Any, answers: Any) -> list[Score]:
        scores = await super().score(messages, answers)
        return [Score(reward=-1000.0 - (s["reward"] or 0), error=None) for s in scores]


def degrade(primary: Any, fallback: Any, **knobs: Any) -> tuple[tpo.Aligned, list[str]]:
    notices: list[str] = []

    def listen(event: Any) -> None:
        if event["type"] == "tpo.notice":
            notices.append(event["message"])

    settings = {"on_reward_failure": "degrade", "on_event": listen, **knobs}
    return run(reward=primary, fallback=fallback, **settings), notices


def rewards(result: Any) -> list[float | None]:
    return [c["reward"] for c in result["candidates"]]


def test_skip_leaves_the_candidate_out():
    result = run(reward=Primary("first 2"), fallback=Fallback())
    assert rewards(result)[:3] == [0.0, 1.0, None]
    assert result["candidates"][2]["error"] == "unscored: ConnectionError: no route"
    assert result["candidates"][2]["failure"] == "unscored"
    assert [r["ranked_by"] for r in result["rounds"]] == ["primary"] * 2


@pytest.mark.parametrize(("broken", "paid"), [("first 1", 1), ("better 1", 4)])
def test_raise_ends_the_run_and_keeps_what_was_paid(broken, paid):
    with pytest.raises(tpo.RewardError, match=r"'primary' failed for 1 candidate \(unscored") as e:
        run(reward=Primary(broken), on_reward_failure="raise")
    assert e.value.partial is not None
    assert len(e.value.partial["candidates"]) == (3 if paid == 1 else 6)
    assert e.value.partial["usage"]["total"]["requests"] == paid


def test_degrade_in_round_0_ranks_all_by_the_fallback_to_the_end():
    primary, fallback = Primary("first 1"), Fallback()
    result, notices = degrade(primary, fallback, depth=2)
    assert all(r is not None and r <= -1000 for r in rewards(result))
    assert [r["ranked_by"] for r in result["rounds"]] == ["fallback"] * 3
    assert result["rounds"][0]["chosen"] == "r0c0"
    assert set(primary.asked) == {"first 0", "first 1", "first 2"}  # and never again
    assert len(notices) == 1
    assert "reward 'primary' failed for 1 candidate" in notices[0]
    assert "ranked by 'fallback' for the rest of the turn" in notices[0]


@pytest.mark.parametrize("broken", [("better 1",), ("better 0", "better 1", "better 2")])
def test_degrade_in_a_later_round_scores_the_earlier_ones_anew(broken):
    primary, fallback = Primary(*broken), Fallback()
    result, notices = degrade(primary, fallback, depth=2)
    assert [r["ranked_by"] for r in result["rounds"]] == ["primary", "fallback", "fallback"]
    assert all(r is not None and r <= -1000 for r in rewards(result))
    assert (result["answer"], result["reward"]) == ("first 0", -1000.0)  # the fallback's best
    assert [r["chosen"] for r in result["rounds"]] == ["r0c2", "r0c0", "r0c0"]
    assert not {t for t in primary.asked if t in {"better 3", "better 4", "better 5"}}
    assert (set(fallback.asked.values()), len(fallback.asked)) == ({1}, 9)
    assert len(notices) == 1


def test_a_candidate_that_was_skipped_for_lack_of_an_answer_stays_out():
    model = says(update=lambda k: improved(f"better {k}") if k else "no tags")
    result = run(model, Primary("better 1"), fallback=Fallback(), on_reward_failure="degrade")
    assert [c["id"] for c in result["candidates"] if c["error"]] == ["r1c0"]


def test_a_fallback_that_fails_for_some_leaves_them_out():
    result, notices = degrade(Primary("first 1"), Fallback("first 0"), depth=1)
    assert rewards(result)[:3] == [None, -1001.0, -1002.0]
    assert (result["rounds"][0]["chosen"], len(notices)) == ("r0c1", 1)


def test_both_failing_is_an_error_that_names_the_fallback():
    everything = [f"first {i}" for i in range(3)]
    with pytest.raises(tpo.RewardError, match="reward 'fallback' scored none of 3 candidates"):
        degrade(Primary(*everything), Fallback(*everything))


@pytest.mark.parametrize("fallback", [None, "nonsense:x"])
def test_degrade_without_a_usable_fallback_is_refused_before_anything_is_paid(fallback):
    model, primary = says(), Primary("first 0")
    with pytest.raises(tpo.ConfigError, match=r"needs a fallback_reward|unknown reward"):
        run(model, primary, fallback=fallback, on_reward_failure="degrade")
    assert (len(model.asked), len(primary.asked)) == (0, 0)


async def test_the_next_turn_starts_undegraded():
    primary, fallback = Primary("first 1"), Fallback()
    graph = tpo.build_tpo(says(), primary, fallback=fallback)
    app = graph.compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    knobs: Any = {"depth": 0, "width": 3, "on_reward_failure": "degrade"}
    first = await app.ainvoke({"messages": [("user", QUERY)]}, config, context=knobs)
    assert first["degraded"]
    second = await app.ainvoke({"messages": [("user", "And why red?")]}, config, context=knobs)
    assert (second["degraded"], second["rounds"][0]["ranked_by"]) == (False, "primary")
    assert rewards(second) == [3.0, 4.0, 5.0]


def vetoing(*vetoed: str) -> tuple[Mix, Counter[str]]:
    asked = Counter[str]()

    def allowed(query: str, answer: str) -> float:
        asked[answer] += 1
        return float(answer not in vetoed)

    return Mix((Part(FunctionReward(prefer_later)),), (FunctionReward(allowed),)), asked


def test_a_veto_is_no_failure():
    result, notices = degrade(vetoing("first 2", "better 2")[0], Fallback())
    vetoed = [c["id"] for c in result["candidates"] if c["failure"] == "vetoed"]
    assert (vetoed, notices) == (["r0c2", "r1c2"], [])
    assert (result["answer"], result["rounds"][1]["ranked_by"]) == ("better 1", "mix")
    run(reward=vetoing("first 2")[0], on_reward_failure="raise")  # does not raise


def test_what_was_vetoed_stays_out_after_a_degradation():
    def fails(query: str, answer: str) -> float:
        return float("nan") if answer == "better 1" else prefer_later(query, answer)

    mix = Mix((Part(FunctionReward(fails)),), (vetoing("first 0", "better 0")[0].constraints[0],))
    result, _ = degrade(mix, Fallback())
    assert [c["error"] for c in result["candidates"] if c["error"]] == ["vetoed by allowed"] * 2
    assert (result["answer"], result["rounds"][1]["ranked_by"]) == ("first 1", "fallback")
    assert not any(c.get("parts") for c in result["candidates"] if not c["error"])  # not the mix's


def test_all_vetoed_says_what_helps():
    with pytest.raises(tpo.RewardError, match="Every one was vetoed: ask for more"):
        run(reward=vetoing("first 0", "first 1", "first 2")[0])


class Reasons(Primary):
    """A plain reward that gives a failure of its own, as users write it, for `first 2`."""

    name = "reasons"

    def __init__(self, given: Any) -> None:
        super().__init__()
        self.given = given

    async def score(self, messages: Any, answers: Any) -> list[Score]:
        scores = await super().score(messages, answers)
        pairs = zip(answers, scores, strict=True)
        return [self.given if text == "first 2" else score for text, score in pairs]


GPU = "vetoed: the server lost its GPU"


@pytest.mark.parametrize("given", [tpo.unscored(GPU), {"reward": None, "error": GPU}])
def test_a_failed_score_is_no_veto_whatever_its_sentence_says(given):
    result, notices = degrade(Reasons(given), Fallback())
    assert "reward 'reasons' failed for 1 candidate" in notices[0]
    assert [c["failure"] for c in result["candidates"]] == [None] * 6
    assert result["rounds"][0]["ranked_by"] == "fallback"
    left_out = run(reward=Reasons(given))["candidates"][2]
    assert (left_out["failure"], left_out["error"]) == ("unscored", f"unscored: {GPU}")
    with pytest.raises(tpo.RewardError, match="'reasons' failed for 1 candidate"):
        run(reward=Reasons(given), on_reward_failure="raise")


def test_a_part_of_a_mix_that_speaks_of_a_veto_has_failed():
    def fails(query: str, answer: str) -> float:
        raise tpo.RewardError("vetoed by a bug")

    mix = Mix((Part(FunctionReward(prefer_later)), Part(FunctionReward(fails))))
    with pytest.raises(
        tpo.RewardError, match=r"Repair the reward\. A saved run keeps its candidates"
    ):
        run(reward=mix)


def test_a_reward_may_veto_by_saying_so():
    given: Any = {"reward": None, "error": "too long", "failure": "vetoed"}
    result, notices = degrade(Reasons(given), Fallback())
    vetoed = result["candidates"][2]
    assert (vetoed["failure"], vetoed["error"], notices) == ("vetoed", "too long", [])
    assert result["rounds"][0]["ranked_by"] == "reasons"
    with pytest.raises(tpo.RewardError, match="Every one was vetoed"):
        run(says(sample="first 2"), Reasons(given))


def test_equal_texts_are_paid_once_in_a_round_and_in_a_run():
    primary = Primary()
    model = says(
        sample=lambda k: f"first {k % 2}",
        update=lambda k: improved(["first 0", "better 1", "better 1"][k % 3]),
    )
    result = run(model, primary, depth=2)
    assert primary.asked == {"first 0": 1, "first 1": 1, "better 1": 1}
    assert rewards(result) == [0, 1, 0, 0, 11, 11, 0, 11, 11]
    assert result["usage"]["total"]["scores"] == 3


def test_an_equal_text_is_not_vetoed_twice_for_pay():
    mix, asked = vetoing("first 0")
    result = run(says(update=lambda k: improved(f"first {k}")), mix)
    assert set(asked.values()) == {1}
    assert result["candidates"][3]["error"] == "vetoed by allowed"


def test_the_event_of_a_score_has_its_fields_and_comes_once_for_each_candidate():
    events: list[Any] = []
    mix, _ = vetoing("first 2", "better 2")
    model = says(update=lambda k: improved(["first 0", "better 2", "better 2"][k]))
    result = run(model, mix, on_event=events.append)
    told = {e["candidate"]: e for e in events if e["type"] == "tpo.reward"}
    assert len(told) == len([e for e in events if e["type"] == "tpo.reward"]) == 6
    names = ("reward", "error", "failure", "parts")
    for candidate in result["candidates"]:
        event = told[candidate["id"]]
        assert {n: event[n] for n in names} == {n: candidate.get(n) for n in names}
    assert told["r1c2"]["failure"] == "vetoed"


def z_mix(title: str) -> Mix:
    return Mix((Part(FunctionReward(prefer_later), z=True),), title=title)


def test_a_relative_fallback_scores_as_if_it_had_ranked_from_the_first_round():
    """Its reference is round 0, wherever the degradation comes."""
    late, _ = degrade(Primary("better 1"), z_mix("z"), depth=2)
    always = run(reward=z_mix("z"), depth=2)
    assert rewards(late) == rewards(always)


class Steps:
    """A run that breaks in mid-ranking and is resumed with other parts."""

    def __init__(self) -> None:
        self.saver, self.model = InMemorySaver(), says()
        self.config: Any = {"configurable": {"thread_id": "t"}}

    async def go(self, given: Any, reward: Any, knobs: Any, **parts: Any) -> Any:
        graph = tpo.build_tpo(self.model, reward, **parts)
        app = graph.compile(checkpointer=self.saver)
        return await app.ainvoke(given, self.config, context={"depth": 1, "width": 3, **knobs})


START: Any = {"messages": [("user", QUERY)]}


async def test_a_resumed_run_with_another_reward_takes_no_score_of_the_old_one():
    steps, other = Steps(), Fallback()
    with pytest.raises(tpo.RewardError):
        await steps.go(START, Primary("first 1"), {"on_reward_failure": "raise"})
    result = await steps.go(None, other, {})
    assert all(r <= -1000 for r in rewards(result))
    assert {r["ranked_by"] for r in result["rounds"]} == {"fallback"}


async def test_a_reward_changed_between_rounds_ranks_the_whole_pool():
    steps, other = Steps(), Fallback()
    with pytest.raises(tpo.RewardError):
        await steps.go(START, Primary("better 1"), {"on_reward_failure": "raise"})
    result = await steps.go(None, other, {})
    assert [r["ranked_by"] for r in result["rounds"]] == ["primary", "fallback"]
    assert all(r <= -1000 for r in rewards(result))


class Dying(Batched):
    """A held-out reward at which the process dies, while it is told to."""

    dies: ClassVar[list[bool]] = [True]

    def plan(self, job: Job) -> list[Any]:
        if self.dies[0]:
            raise ProcessLookupError("killed")
        return super().plan(job)


async def test_after_a_crash_the_fallbacks_scores_are_not_taken_for_the_heldout_ones():
    """Saved results are found by their order, and the repaired reward needs no fallback."""
    steps, primary, heldout = Steps(), Primary("first 1"), Dying(Primary())
    knobs = {"on_reward_failure": "degrade", "depth": 0, "guard": "stop"}
    with pytest.raises(ProcessLookupError):
        await steps.go(START, primary, knobs, fallback=Fallback(), heldout=heldout)
    heldout.dies[0] = False
    primary.broken.clear()
    result = await steps.go(None, primary, knobs, fallback=Fallback(), heldout=heldout)
    assert rewards(result) == [0.0, 1.0, 2.0]
    assert (result["rounds"][0]["heldout"], result["degraded"]) == (2.0, False)
    assert primary.asked == {"first 0": 1, "first 1": 2, "first 2": 1}


class Limited(Exception):
    """What a client library raises at 429."""

    status_code = 429
    headers: ClassVar[dict[str, str]] = {"retry-after": "7"}


@pytest.mark.parametrize("on_failure", ["skip", "raise"])
@pytest.mark.parametrize("form", ["object", "function", "part"])
@pytest.mark.parametrize("sampling", ["auto", "parallel"])
def test_too_many_requests_are_told_as_that_whichever_reward_sent_them(form, sampling, on_failure):
    """Also when another answer failed for another reason first, or while others were drawn."""

    def limited(query: str, answer: str) -> float:
        raise ConnectionError("no route") if answer == "first 0" else Limited("slow down")

    class Whole(Primary):
        async def score(self, messages: Any, answers: Any) -> list[Score]:
            return [Score(reward=limited("", text), error=None) for text in answers]

    rewards = {"object": Whole(), "function": limited, "part": Mix([Part(limited)])}
    with pytest.raises(tpo.RewardError) as caught:
        run(reward=rewards[form], on_reward_failure=on_failure, sampling=sampling)
    assert (caught.value.status, caught.value.retry_after) == (429, 7.0)
