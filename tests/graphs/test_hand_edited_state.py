"""Forks through `update_state`, whose edges are decided before the settings are known."""

from __future__ import annotations

from typing import Any, cast

import pytest
import synthetic_task
from langgraph.checkpoint.memory import InMemorySaver

import tpo
from tpo.core.sound_state import check_state
from tpo.core.state import State
from tpo.core.usage import cost

THREAD = {"configurable": {"thread_id": "t"}}
CONTEXT = {"depth": 2, "width": 3, "seed": 1}


class Past:
    """A finished run and its checkpoints, oldest first."""

    def __init__(self) -> None:
        self.model = synthetic_task.model()
        graph = tpo.build_tpo(self.model, synthetic_task.reward)
        self.app = graph.compile(checkpointer=InMemorySaver())

    async def live(self) -> None:
        question = {"messages": [("user", synthetic_task.QUERY)]}
        await self.app.ainvoke(question, THREAD, context=CONTEXT)
        history = [state async for state in self.app.aget_state_history(THREAD)]
        self.checkpoints = history[::-1]

    def before(self, node: str, turned: int = 0) -> Any:
        fits = [s for s in self.checkpoints if s.next == (node,)]
        return next(s for s in fits if s.values["round"] == turned)

    async def change(self, there: Any, node: str, **fields: Any) -> Any:
        record = {"turn": 1, "round": there.values["round"], **fields}
        return await self.app.aupdate_state(there.config, {"rounds": [record]}, as_node=node)


@pytest.fixture
async def past() -> Past:
    made = Past()
    await made.live()
    return made


@pytest.mark.parametrize(
    ("coming", "now", "depth", "rounds"),
    [
        ("loss", 0, 2, 3),  # as it was
        ("loss", 0, 0, 1),  # now it is to stop here
        ("finish", 2, 3, 4),  # now it is to go on
        ("finish", 2, 2, 3),
    ],
)
async def test_an_edited_ranking_stops_by_the_settings_it_goes_on_with(
    past, coming, now, depth, rounds
):
    there = past.before(coming, now)
    fork = await past.change(there, "rank", rejected=there.values["rounds"][-1]["rejected"])
    asked = len(past.model.asked)
    out = await past.app.ainvoke(None, fork, context={**CONTEXT, "depth": depth})
    assert out["stop_reason"] == "depth"
    assert len(out["rounds"]) == rounds
    assert len(past.model.asked) - asked == 3 * (rounds - now - 1)


@pytest.mark.parametrize(("step", "then"), [("loss", "gradient"), ("gradient", "update")])
async def test_an_edited_critique_is_what_follows_works_with(past, step, then):
    fork = await past.change(past.before(then), step, **{step: "Say basil."})
    assert (await past.app.aget_state(fork)).next == (then,)
    asked = len(past.model.asked)
    out = await past.app.ainvoke(None, fork, context={**CONTEXT, "depth": 1})
    assert out["rounds"][0][step] == "Say basil."
    assert "Say basil." in past.model.asked[asked].text
    assert out["stop_reason"] == "depth"


async def test_an_edited_halt_is_heeded_at_once(past):
    there = past.before("loss")
    fork = await past.app.aupdate_state(there.config, {"halt": "human"}, as_node="rank")
    assert (await past.app.aget_state(fork)).next == ("finish",)
    out = await past.app.ainvoke(None, fork, context=CONTEXT)
    assert out["stop_reason"] == "human"


async def test_with_other_settings_a_resumed_run_stops_before_it_pays(past):
    there = past.before("loss", 1)
    asked = len(past.model.asked)
    out = await past.app.ainvoke(None, there.config, context={**CONTEXT, "depth": 1})
    assert (out["stop_reason"], len(out["rounds"])) == ("depth", 2)
    assert len(past.model.asked) == asked


PLAN = {"fresh": 2, "rewrite": 1, "advised": 0, "why": "mine"}


def of_round(**fields: Any) -> dict[str, Any]:
    return {"rounds": [{"turn": 1, "round": 0, **fields}]}


def of_answer(**fields: Any) -> dict[str, Any]:
    return {"candidates": [{"turn": 1, "id": "r0c0", **fields}]}


NONSENSE: list[tuple[dict[str, Any], str]] = [
    (of_round(plan={**PLAN, "fresh": -1}), "rounds.0.plan.fresh: input should be greater"),
    (of_round(plan={**PLAN, "rewrite": 1.5}), "rounds.0.plan.rewrite: input should be a valid int"),
    (of_round(plan={**PLAN, "advised": "2"}), "rounds.0.plan.advised: input should be a valid int"),
    (of_round(plan={"fresh": 2}), "rounds.0.plan.rewrite: field required"),
    (of_round(plan="all fresh"), "rounds.0.plan: input should be a valid dictionary"),
    (of_round(plan=None), "rounds.0.plan"),
    (of_round(further="x"), "rounds.0.further: input should be a valid list"),
    (of_round(further=[{"rejected": "r9c9", "loss": "a", "gradient": "b"}]), "no candidate 'r9c9'"),
    (of_round(chosen="r9c9"), "there is no candidate 'r9c9'"),
    (of_round(chosen=None), "the chosen answer None cannot be used"),
    (of_round(rejected="r9c9"), "there is no candidate 'r9c9'"),
    (of_round(gradient=3), "rounds.0.gradient: input should be a valid string"),
    ({"rounds": [{"turn": 1, "round": 5, "plan": PLAN}]}, "rounds.1.chosen: field required"),
    (of_answer(reward="high"), "candidates.0.reward: input should be a valid number"),
    (of_answer(reward=True), "candidates.0.reward: input should be a valid number"),
    (of_answer(reward=float("nan")), "candidates.0.reward: input should be a finite number"),
    (of_answer(reward=float("inf")), "candidates.0.reward: input should be a finite number"),
    (of_answer(reward=1e200), "the reward of r0c0: stay within 1e"),
    (of_answer(text=None), "candidates.0.text: input should be a valid string"),
    (of_answer(checks=["bad", 3]), "candidates.0.checks.0: input should be a valid dictionary"),
    (of_answer(checks=[{"passed": False}]), "candidates.0.checks.0.criterion: field required"),
    (of_answer(ratings="x"), "candidates.0.ratings: input should be a valid list"),
    (of_answer(feedback=17), "candidates.0.feedback: input should be a valid string"),
    (of_answer(move="guess"), "candidates.0.move: input should be 'fresh', 'rewrite'"),
    (of_answer(turn=7, round=0, index=0), "r0c0 is of turn 7, not 1"),
    ({"halt": "nonsense"}, "halt: input should be 'depth', 'target'"),
    ({"round": -12}, "round: input should be greater than or equal to 0"),
    ({"round": 7}, r"round 7 does not follow the ranked rounds \[0\]"),
    ({"turn": 77}, "r0c0 is of turn 1, not 77"),
    ({"refused": "n"}, "refused: input should be a valid list"),
    ({"early": "x"}, "early: input should be a valid dictionary"),
    ({"usage": {"turn": 1, "total": {}, "phases": {}}}, "usage.total.requests: field required"),
    ({"usage": {"turn": 1, "phase": "rank", "cost": cost(requests=-99)}}, "usage.total.requests"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "says"), NONSENSE)
async def test_what_no_run_can_have_come_to_is_refused_before_anything_is_paid(past, edit, says):
    there = past.before("loss")
    fork = await past.app.aupdate_state(there.config, edit, as_node="rank")
    asked = len(past.model.asked)
    with pytest.raises(tpo.InputError, match=says):
        await past.app.ainvoke(None, fork, context={**CONTEXT, "mode": "adaptive", "fusion": True})
    assert len(past.model.asked) == asked


@pytest.mark.parametrize(
    "edit",
    [
        {"rounds": [{"turn": 1, "plan": PLAN}]},
        {"rounds": "x"},
        {"candidates": [3]},
        {"candidates": [{"turn": 1, "id": "r0c9", "text": "nowhere"}]},
        {"candidates": [{"turn": "1", "id": "r0c0"}]},
        {"messages": 7},
        {"usage": {"total": "x"}},
        {"usage": "x"},
        {"usage": {"turn": 1, "phase": "rank", "cost": "much"}},
    ],
)
async def test_what_cannot_be_merged_is_refused_at_once_and_the_thread_stays_readable(past, edit):
    there = past.before("loss")
    with pytest.raises(tpo.InputError, match=r"give (a list of|turn, phase and cost)"):
        await past.app.aupdate_state(there.config, edit, as_node="rank")
    assert (await past.app.aget_state(there.config)).values == there.values


async def test_dropped_answers_are_ranked_without_or_it_says_how(past):
    """As `rank` the round's record would stay as it was, and name an answer that is gone."""
    there = past.before("loss")
    gone = [{"turn": 1, "id": f"r0c{i}", "error": "dropped", "reward": None} for i in range(3)]
    fork = await past.app.aupdate_state(there.config, {"candidates": gone}, as_node="rank")
    with pytest.raises(tpo.InputError, match="write it as `sample`, and the round is ranked again"):
        await past.app.ainvoke(None, fork, context=CONTEXT)
    fork = await past.app.aupdate_state(there.config, {"candidates": gone}, as_node="sample")
    with pytest.raises(tpo.RewardError, match="scored none of 0 candidates"):
        await past.app.ainvoke(None, fork, context=CONTEXT)


async def test_a_step_after_a_ranking_needs_one(past):
    there = past.before("rank")
    fork = await past.app.aupdate_state(there.config, None, as_node="rank")
    with pytest.raises(tpo.InputError, match="round 0 is not ranked yet: write it as `sample`"):
        await past.app.ainvoke(None, fork, context=CONTEXT)


def test_what_a_reward_or_a_fork_may_have_made_is_no_nonsense():
    whole = {"turn": 2, "round": 0, "candidates": [], "rounds": [], "usage": {}, "halt": None}
    check_state(cast("State", {}), "sample")
    check_state(cast("State", whole), "rank")
