"""Ranking when the reward misbehaves: nothing paid for is lost, nothing is ranked by accident."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.messages import SystemMessage
from langgraph.checkpoint.memory import InMemorySaver
from steps import QUERY, prefer_later, run, says

import tpo
from tpo.rewards.base import scored, unscored

NAN = float("nan")


def broken(query: str, answer: str) -> float:
    raise ConnectionError("no route to the reward")


class Batched:
    """A reward that takes a whole round, or pairs, at once and fails where told."""

    name, notice = "batched", ""

    def __init__(self, batch_size: int | None = None, fail: Any = ()) -> None:
        self.batch_size, self.fail, self.calls = batch_size, fail, list[Any]()

    async def score(self, messages: Any, answers: Any) -> Any:
        self.calls.append(([m.text for m in messages], list(answers)))
        if len(self.calls) - 1 in self.fail:
            raise ConnectionError("no route")
        return [scored(prefer_later("", answer)) for answer in answers]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (broken, "ConnectionError: no route to the reward"),
        (lambda q, a: NAN, "gave nan, which is not a finite number"),
        (lambda q, a: None, "gave None, which is not a number"),
    ],
)
def test_no_score_at_all_is_a_clear_error_that_keeps_the_candidates(bad, why):
    with pytest.raises(tpo.RewardError) as caught:
        run(reward=bad)
    said = str(caught.value)
    assert "scored none of 3 candidates (unscored: " in said
    assert why in said
    assert "Repair the reward. A saved run keeps its candidates and can be resumed" in said
    kept = caught.value.partial
    assert kept is not None
    assert [c["text"] for c in kept["candidates"]] == ["first 0", "first 1", "first 2"]
    assert kept["usage"]["total"]["requests"] == 1


@pytest.mark.parametrize("bad", [broken, lambda q, a: NAN, lambda q, a: None])
async def test_after_the_repair_the_run_resumes_without_asking_the_policy_again(bad):
    works = [False]
    model = says()

    def reward(query: str, answer: str) -> float:
        return (prefer_later if works[0] else bad)(query, answer)

    app = tpo.build_tpo(model, reward).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    knobs: Any = {"depth": 0, "width": 3}
    with pytest.raises(tpo.RewardError):
        await app.ainvoke({"messages": [("user", QUERY)]}, config, context=knobs)
    works[0] = True
    result = await app.ainvoke(None, config, context=knobs)
    assert (result["answer"], len(model.asked)) == ("first 2", 1)


@pytest.mark.parametrize("bad", [broken, lambda q, a: NAN])
def test_one_candidate_without_a_score_is_neither_chosen_nor_rejected(bad):
    def reward(query: str, answer: str) -> float:
        return (bad if answer == "first 2" else prefer_later)(query, answer)

    result = run(reward=reward)
    failed = result["candidates"][2]
    assert failed["reward"] is None
    assert failed["failure"] == "unscored"
    assert result["rounds"][0]["chosen"] == "r0c1"
    assert all("r0c2" not in (r["chosen"], r["rejected"]) for r in result["rounds"])
    assert (result["answer"], result["stop_reason"]) == ("better 2", "depth")


@pytest.mark.parametrize("bad", [broken, lambda q, a: NAN])
def test_no_score_in_a_later_round_leaves_the_best_so_far(bad):
    result = run(reward=lambda q, a: (bad if "better" in a else prefer_later)(q, a), depth=3)
    assert (result["answer"], result["stop_reason"]) == ("first 2", "no_update")
    kept = [c["text"] for c in result["candidates"] if c["round"]]
    assert kept == ["better 0", "better 1", "better 2"]
    assert result["rounds"][1]["best"] is None


@pytest.mark.parametrize(
    ("size", "calls"), [(None, [5, 5]), (1, [1] * 10), (2, [2, 2, 1] * 2), (9, [5, 5])]
)
def test_batches_are_as_the_reward_wants_them(size, calls):
    reward = Batched(size)
    result = run(reward=reward, width=5)
    assert [len(answers) for _, answers in reward.calls] == calls
    assert result["answer"] == "better 4"


def test_a_failed_batch_fails_its_own_candidates_only():
    result = run(reward=Batched(2, fail={0}), width=5, depth=0)
    failed = [(c["failure"], c["error"]) for c in result["candidates"] if c["error"]]
    assert failed == [("unscored", "unscored: ConnectionError: no route")] * 2
    assert [c["reward"] for c in result["candidates"]] == [None, None, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("results", [[], [scored(1.0)], [1.0, 2.0, 3.0], None])
def test_a_reward_that_breaks_its_contract_is_told_how(results):
    class Odd(Batched):
        async def score(self, messages: Any, answers: Any) -> Any:
            return results

    with pytest.raises(tpo.RewardError, match=r"reward 'batched' (returned|scored).*must return"):
        run(reward=Odd())


def test_a_reward_that_hangs_is_given_up():
    async def hang(query: str, answer: str) -> float:
        await asyncio.sleep(60 if answer == "first 2" else 0)
        return prefer_later(query, answer)

    result = run(reward=hang, timeout=0.5, depth=0)
    assert result["candidates"][2]["error"] == "unscored: no score within 0.5 s"
    assert result["answer"] == "first 1"


def test_the_reward_sees_the_conversation_and_never_our_prompts():
    reward = Batched()
    turns = [SystemMessage("Be brief."), ("user", "one"), ("assistant", "1"), ("user", "two")]
    tpo.align(turns, policy=says(), reward=reward, depth=2, width=2, retries=0)
    assert [messages for messages, _ in reward.calls] == [["Be brief.", "one", "1", "two"]] * 3
    assert not any("<" in answer for _, answers in reward.calls for answer in answers)


def test_a_rewards_own_reason_is_shown():
    class Judge(Batched):
        async def score(self, messages: Any, answers: Any) -> Any:
            return [unscored("no verdict in the reply"), *[scored(0.5)] * (len(answers) - 1)]

    result = run(reward=Judge(), depth=0)
    assert result["candidates"][0]["error"] == "unscored: no verdict in the reply"


def test_the_demonstration_says_so_on_every_run():
    events: list[Any] = []
    run(reward="heuristic", depth=0, on_event=events.append)
    notices = [e["message"] for e in events if e["type"] == "tpo.notice"]
    assert len(notices) == 1
    assert "not a preference model" in notices[0]
