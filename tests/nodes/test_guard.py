"""The guard: a held-out reward watches without steering, and may end a run that games."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import gaming_task
import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from steps import QUERY, improved, prefer_later, run, says

import tpo
from tpo.core.moves import Plan
from tpo.core.overoptimisation import drift
from tpo.nodes import rank
from tpo.rewards.heldout_sample import other_texts
from tpo.rewards.heuristic import HeuristicReward
from tpo.rewards.judging.pairwise import PairwiseJudge
from tpo.rewards.mixing.mix import Mix, Part

TRUE, PROXY = gaming_task.true_reward, gaming_task.proxy_reward


class Watch:
    """A held-out reward that counts what it is asked."""

    def __init__(self, function: Any = lambda q, a: 1.0) -> None:
        self.function, self.asked = function, Counter[str]()

    async def __call__(self, query: str, answer: str) -> float:
        self.asked[answer] += 1
        return float(self.function(query, answer))


def game(**knobs: Any) -> tpo.Aligned:
    settings = {"depth": 8, "width": 4, "heldout": TRUE, "live": False, **knobs}
    return tpo.align(
        gaming_task.QUERY, policy=gaming_task.model(), reward=PROXY, retries=0, **settings
    )


def test_it_scores_the_chosen_of_each_round():
    result = run(heldout=lambda q, a: -prefer_later(q, a), depth=2)
    assert [r["heldout"] for r in result["rounds"]] == [-2.0, -12.0, -15.0]
    assert run()["rounds"][0]["heldout"] is None


@pytest.mark.parametrize("guard", ["report", "stop"])
def test_it_does_not_steer(guard):
    def outline(result: Any) -> Any:
        ranked = [(r["chosen"], r["rejected"], r["reward"], r["spread"]) for r in result["rounds"]]
        pool = [(c["id"], c["text"], c["reward"]) for c in result["candidates"]]
        return pool, ranked, result["answer"], result["stop_reason"]

    depth = 8 if guard == "report" else 1  # a guard that stops, before it has a reason to
    assert outline(game(depth=depth, guard=guard)) == outline(game(depth=depth, heldout=None))


def test_only_the_chosen_is_paid_and_an_unchanged_one_not_again():
    watch = Watch()
    model = says(update=lambda k: improved(f"first {-1 - k}"))  # nothing better comes
    result = run(model, heldout=watch, depth=3)
    assert watch.asked == {"first 2": 1}
    assert [r["heldout"] for r in result["rounds"]] == [1.0] * 4
    scores = result["usage"]["phases"]["rank"]["scores"]
    assert scores == len(result["candidates"]) + 1


def test_a_failed_heldout_score_is_a_notice_and_is_asked_for_again():
    events: list[Any] = []
    watch = Watch(lambda q, a: float("nan"))
    model = says(update=lambda k: improved(f"first {-1 - k}"))
    knobs = {"guard": "stop", "on_reward_failure": "raise", "on_event": events.append}
    result = run(model, heldout=watch, **knobs)
    assert (result["answer"], result["stop_reason"]) == ("first 2", "depth")
    assert [r["heldout"] for r in result["rounds"]] == [None, None]
    notices = [e["message"] for e in events if e["type"] == "tpo.notice"]
    assert len(notices) == watch.asked["first 2"] == 2
    assert "the held-out reward 'Watch' failed" in notices[0]
    assert "not a finite number" in notices[0]


def test_a_wrong_heldout_is_refused_before_anything_is_paid():
    model = says()
    with pytest.raises(tpo.SpecError, match="unknown reward 'nonsense'"):
        run(model, heldout="nonsense")
    assert len(model.asked) == 0


def test_without_the_guard_the_reward_rises_and_the_truth_falls():
    result = game(heldout=None)
    chosen = {c["id"]: c["text"] for c in result["candidates"]}
    path = [chosen[str(r["chosen"])] for r in result["rounds"]]
    proxy, true = [PROXY("", text) for text in path], [TRUE("", text) for text in path]
    assert proxy == sorted(set(proxy))
    assert max(true) > true[0]  # it did help at first
    assert true[-1] < true[0]
    assert TRUE("", result["answer"]) == true[-1]
    assert result["stop_reason"] == "depth"


def test_reporting_goes_on_and_changes_nothing_but_the_records():
    result = game()
    assert (len(result["rounds"]), result["stop_reason"]) == (9, "depth")
    held = [r["heldout"] for r in result["rounds"]]
    assert held[-1] == TRUE("", result["answer"]) < max(h for h in held if h is not None)


@pytest.mark.parametrize("depth", [8, 4])
def test_the_guard_stops_and_returns_what_was_best_before(depth):
    events: list[Any] = []
    result = game(guard="stop", guard_tolerance=0, depth=depth, on_event=events.append)
    held = [r["heldout"] for r in result["rounds"]]
    assert result["stop_reason"] == "overoptimised"
    assert len(held) < len(game(depth=depth)["rounds"]) or depth == 4
    assert held[-1] < max(held)  # the fall ended it, at once
    assert held[:-1] == sorted(held[:-1])
    assert TRUE("", result["answer"]) == max(held) == held[-2]
    assert result["reward"] == result["rounds"][-2]["reward"] == PROXY("", result["answer"])
    assert result["messages"][-1].text == result["answer"]
    final, stop = events[-1], events[-2]
    assert (stop["type"], stop["reason"]) == ("tpo.stop", "overoptimised")
    assert (final["candidate"], final["reward"]) == (
        result["rounds"][-2]["chosen"],
        result["reward"],
    )


def test_by_default_a_fall_is_told_from_noise_before_the_guard_stops():
    """Other answers of the two rounds are scored, once each, and only if an alarm is in sight."""
    watch = Watch(TRUE)
    result = game(guard="stop", heldout=watch)
    held = [r["heldout"] for r in result["rounds"]]
    assert result["stop_reason"] == "overoptimised"
    assert TRUE("", result["answer"]) == max(held) == held[3]
    sampled = {r["round"]: r["heldout_sample"] for r in result["rounds"] if "heldout_sample" in r}
    assert list(sampled) == [3, 4, 5]  # of round 4 alone it could not tell
    others = [c["text"] for c in result["candidates"] if c["round"] == 3 and c["id"] != "r3c3"]
    assert result["rounds"][3]["chosen"] == "r3c3"
    assert sampled[3] == [TRUE("", text) for text in others]
    assert set(watch.asked.values()) == {1}
    assert sum(watch.asked.values()) == len(held) + 3 * 3
    scores = result["usage"]["phases"]["rank"]["scores"]
    assert scores == len(result["candidates"]) + sum(watch.asked.values())


def planned(monkeypatch: pytest.MonkeyPatch, fresh: int, rewrite: int, advised: int) -> None:
    plan = Plan(fresh=fresh, rewrite=rewrite, advised=advised, why="the test says so")
    monkeypatch.setattr(rank, "next_plan", lambda *_: plan)


def test_a_fall_of_rewrites_is_not_hidden_by_fresh_answers_beside_them(monkeypatch):
    """The held-out reward likes first answers, which differ a little, and no update."""
    planned(monkeypatch, 4, 3, 0)
    watch = Watch(lambda query, answer: (answer[0] == "f") * 5 + int(answer[-1]) % 2)
    result = run(heldout=watch, width=5, mode="adaptive", guard="stop")
    assert result["rounds"][1]["heldout_sample"] == [0.0, 1.0]  # the chosen rewrite is the third
    assert (result["stop_reason"], result["answer"]) == ("overoptimised", "first 4")


def test_too_few_answers_like_the_chosen_one_are_said(monkeypatch):
    planned(monkeypatch, 4, 2, 1)
    events = list[Any]()
    watch = Watch(lambda query, answer: (answer[0] == "f") * 5 + int(answer[-1]) % 2)
    result = run(heldout=watch, width=5, mode="adaptive", guard="stop", on_event=events.append)
    assert (result["stop_reason"], len(result["rounds"][1]["heldout_sample"])) == ("depth", 1)
    (told,) = [e["message"] for e in events if e["type"] == "tpo.notice"]
    assert "round 1 has too few answers like its chosen one to know its noise" in told


def test_fresh_answers_of_other_rounds_stand_in_as_they_are_alike():
    def answer(nth: int, k: int, move: str) -> Any:
        name, parent = f"r{nth}c{k}", None if move == "fresh" else nth - 1
        place = {"id": name, "round": nth, "parent_round": parent, "move": move}
        return {**place, "text": name, "reward": 1.0, "error": None}

    def others(nth: int, chosen: str, *moves: str) -> list[str]:
        pool = [answer(0, k, "fresh") for k in range(3)]
        pool += [answer(1, k, move) for k, move in enumerate(moves)]
        rounds = [{"round": 0, "chosen": "r0c0"}, {"round": nth, "chosen": chosen}]
        state: Any = {"candidates": pool, "rounds": rounds}
        return other_texts(state, nth)

    mixed = ("fresh", "fresh", "rewrite", "rewrite", "advised", "advised", "rewrite")
    assert others(1, "r1c0", *mixed) == ["r1c1", "r0c1", "r0c2"]
    assert others(1, "r1c0", "fresh", *mixed) == ["r1c1", "r1c2"]
    assert others(1, "r1c2", *mixed) == ["r1c3", "r1c6"]
    assert others(1, "r1c4", *mixed) == ["r1c5"]
    everyone = [f"r1c{k}" for k in range(6)]
    assert others(1, "r1c7", *mixed, "fused") == everyone, "it is alone of its kind"
    assert others(1, "r0c1", *mixed) == everyone, "a person chose it"


def test_a_report_of_a_fall_asks_once_at_the_end():
    watch, events = Watch(TRUE), list[Any]()
    result = game(heldout=watch, on_event=events.append)
    sampled = [r["round"] for r in result["rounds"] if "heldout_sample" in r]
    assert sampled == [3, 8]
    assert drift(result["rounds"])["overoptimised"]
    assert sum(watch.asked.values()) == 9 + 2 * 3
    scores = result["usage"]["phases"]["rank"]["scores"]
    assert scores == len(result["candidates"]) + sum(watch.asked.values())
    assert events[-1]["usage"] == result["usage"]
    assert result["stop_reason"] == "depth"


def test_noise_alone_gives_no_alarm():
    noisy = Watch(lambda query, answer: -float(answer.rsplit(maxsplit=1)[-1]) % 7)
    result = run(heldout=noisy, guard="stop", depth=3, width=5)
    assert (result["stop_reason"], len(result["rounds"])) == ("depth", 4)


def test_too_few_answers_to_tell_are_said():
    events: list[Any] = []
    settings = {"heldout": TRUE, "guard": "stop", "width": 2, "on_event": events.append}
    assert game(**settings)["stop_reason"] == "depth"
    notices = {e["message"] for e in events if e["type"] == "tpo.notice"}
    assert any("take a greater width, or set guard_tolerance" in said for said in notices)


def test_what_fails_of_the_further_scores_gives_no_alarm():
    watch = Watch(lambda query, answer: -len(answer) if len(watch.asked) < 3 else float("nan"))
    result = run(heldout=watch, guard="stop", depth=1)
    assert result["stop_reason"] == "depth"
    assert [r.get("heldout_sample") for r in result["rounds"]] == [[], None]


async def test_the_further_scores_are_paid_once_even_if_the_run_is_cancelled_among_them():
    reached, asked = asyncio.Event(), Counter[str]()

    async def truth(query: str, answer: str) -> float:
        asked[answer] += 1
        if asked.total() == 5 + 3 + 3:  # the chosen of five rounds, others of the peak, and these
            reached.set()
            await asyncio.Event().wait()
        return TRUE(query, answer)

    graph = tpo.build_tpo(gaming_task.model(), PROXY, heldout=truth)
    app = graph.compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    knobs: Any = {"depth": 8, "width": 4, "guard": "stop"}
    first: Any = {"messages": [("user", gaming_task.QUERY)]}
    running = asyncio.create_task(app.ainvoke(first, config, context=knobs))
    await reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    state = await app.ainvoke(None, config, context=knobs)
    assert state["stop_reason"] == "overoptimised"
    twice = {c["round"] for c in state["candidates"] if asked[c["text"]] > 1}
    assert twice == {4}  # of those that were under way; what was finished before is kept
    assert len([r for r in state["rounds"] if "heldout_sample" in r]) == 3


def test_the_guard_saves_the_critique_it_does_not_need():
    guarded = game(guard="stop")
    assert guarded["rounds"][-1]["loss"] is None


async def test_a_persons_choice_is_measured_by_itself():
    watch = Watch(prefer_later)
    app = tpo.build_tpo(says(), prefer_later, heldout=watch).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    knobs: Any = {"depth": 1, "width": 3, "human_pick": True}
    await app.ainvoke({"messages": [("user", QUERY)]}, config, context=knobs)
    state = await app.ainvoke(Command(resume={"chosen": "r0c1"}), config, context=knobs)
    first, second = state["rounds"]
    assert (first["chosen"], first["reward"], first["best_length"]) == ("r0c1", 1.0, 7)
    assert first["heldout"] is None  # it was measured on another answer
    assert second["heldout"] == 12.0


@pytest.mark.parametrize(
    "heldout",
    [
        PairwiseJudge(says()),
        Mix((Part(HeuristicReward(), z=True),)),
        Mix((Part(PairwiseJudge(says())),)),
    ],
)
def test_what_only_compares_cannot_watch_and_costs_nothing(heldout):
    policy = says()
    with pytest.raises(tpo.ConfigError, match="cannot be the held-out reward"):
        tpo.align(QUERY, policy=policy, reward=prefer_later, heldout=heldout)
    assert policy.asked == []
