"""Threads saved before failures had a kind: they load, and rank as they did."""

from __future__ import annotations

from collections import Counter
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from steps import QUERY, prefer_later, says

import tpo
from tpo.rewards.base import Score
from tpo.rewards.function import FunctionReward
from tpo.rewards.mixing.mix import Mix, Part

CONFIG: Any = {"configurable": {"thread_id": "t"}}


def saved(nth: int, index: int, text: str, **more: Any) -> dict[str, Any]:
    place = {"turn": 1, "id": f"r{nth}c{index}", "round": nth, "index": index}
    ranked = {"reward": None, "error": None, "finish_reason": "stop"}
    return {"text": text, **ranked, "parent_round": None if nth == 0 else 0, **place, **more}


def parts(**scores: float) -> dict[str, float]:
    return scores


# What version 0.1.0 wrote of a run with a mix: `worth` was down for `first 1`, and `polite`
# vetoed `first 2`; round 1 is drawn and not ranked.
POOL = [
    saved(0, 0, "first 0", reward=0.0, parts=parts(worth=0.0, polite=1.0)),
    saved(0, 1, "first 1", parts=parts(polite=1.0),
          error="unscored: worth: reward 'worth' failed: ConnectionError: no route"),
    saved(0, 2, "first 2", parts=parts(worth=2.0, polite=0.0), error="vetoed by polite"),
    saved(0, 3, "", error="empty: the model returned no text"),
    saved(1, 0, "no tags", error="malformed: no <improved_answer> in the reply"),
    saved(1, 1, "better 1"),
    saved(1, 2, "first 2"),
    saved(1, 3, "first 1"),
]  # fmt: skip
ROUND = {
    "turn": 1, "round": 0, "chosen": "r0c0", "rejected": None, "loss": "loss 0",
    "gradient": "gradient 0", "best": 0.0, "mean": 0.0, "std": 0.0, "spread": None,
    "best_length": 7, "reward": 0.0, "heldout": None, "ranked_by": "mix", "malformed": 3,
    "picked_by": "reward", "error": None,
}  # fmt: skip


class Asked:
    """Prefers the later answer, fails where told, and counts what it is asked."""

    batch_size, notice = 1, ""

    def __init__(self, name: str, *broken: str) -> None:
        self.name, self.broken, self.asked = name, broken, Counter[str]()

    async def score(self, messages: Any, answers: Any) -> list[Score]:
        self.asked.update(answers)
        if set(self.broken) & set(answers):
            raise ConnectionError("no route")
        return [Score(reward=prefer_later("", text), error=None) for text in answers]


def mix(*broken: str) -> tuple[Mix, Asked]:
    worth = Asked("worth", *broken)

    def polite(query: str, answer: str) -> float:
        return float(answer != "first 2")

    return Mix((Part(worth),), (FunctionReward(polite),)), worth


async def resumed(reward: Any, fallback: Any = None, **settings: Any) -> dict[str, Any]:
    graph = tpo.build_tpo(says(), reward, fallback=fallback)
    app = graph.compile(checkpointer=InMemorySaver())
    old: Any = {
        "messages": [("user", QUERY)], "turn": 1, "round": 1, "candidates": POOL,
        "rounds": [ROUND], "degraded": False, "refused": [], "critic_refused": [], "halt": None,
    }  # fmt: skip
    place = await app.aupdate_state(CONFIG, old, as_node="update")
    context: Any = {"depth": 1, "width": 4, **settings}
    result: dict[str, Any] = await app.ainvoke(None, place, context=context)
    return result


def errors(result: dict[str, Any]) -> dict[str, str]:
    return {c["id"]: c["error"] for c in result["candidates"] if c["error"]}


async def test_an_old_veto_holds_and_is_not_paid_for_again_while_a_failed_score_is():
    reward, worth = mix()
    result = await resumed(reward)
    assert (result["answer"], result["reward"]) == ("better 1", 11.0)
    assert worth.asked == {"better 1": 1, "first 1": 1}
    assert errors(result) == {c["id"]: c["error"] for c in POOL if c["error"]} | {
        "r1c2": "vetoed by polite"
    }
    copy = next(c for c in result["candidates"] if c["id"] == "r1c2")
    assert (copy["failure"], copy["parts"]) == ("vetoed", {"worth": 2.0, "polite": 0.0})


async def test_another_reward_ranks_what_was_unscored_or_vetoed_but_nothing_without_an_answer():
    other = Asked("other")
    result = await resumed(other)
    assert other.asked == {"first 0": 1, "first 1": 1, "first 2": 1, "better 1": 1}
    assert set(errors(result)) == {"r0c3", "r1c0"}


async def test_after_a_degradation_the_old_veto_holds_and_the_failed_score_is_made_up_for():
    fallback = Asked("fallback")
    reward, _ = mix("better 1")
    result = await resumed(reward, fallback, on_reward_failure="degrade")
    assert set(fallback.asked) == {"first 0", "first 1", "better 1"}
    assert {i: e for i, e in errors(result).items() if e == "vetoed by polite"}.keys() == {
        "r0c2", "r1c2",
    }  # fmt: skip
    assert result["rounds"][-1]["ranked_by"] == "fallback"
