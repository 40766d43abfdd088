"""The held-out score is made beside the loss, or where the run ends: no step waits for it."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from event_log import check, only, places
from langgraph.checkpoint.memory import InMemorySaver
from scripted_model import Ask, ScriptedModel
from steps import QUERY, prefer_later, says

import tpo

THREAD: Any = {"configurable": {"thread_id": "t"}}
START = {"messages": [("user", QUERY)]}
SETTINGS = {"depth": 1, "width": 3, "retries": 0, "live": False, "guard_tolerance": 0.0}


class Watch:
    """A held-out reward that waits, if it is to, and counts what it is asked."""

    def __init__(self, gate: asyncio.Event | None = None) -> None:
        self.gate, self.asked = gate, Counter[str]()

    async def __call__(self, query: str, answer: str) -> float:
        self.asked[answer] += 1
        if self.gate:
            await self.gate.wait()
        return -prefer_later(query, answer)


class SlowLoss(ScriptedModel):
    """Writes the loss when it is let."""

    gate: Any = None

    async def _agenerate(self, *args: Any, **kwargs: Any) -> Any:
        if Ask(args[0], 1, {}).step == "loss":
            await self.gate.wait()
        return self._result(args[0])


def app_of(model: Any, watch: Any) -> Any:
    return tpo.build_tpo(model, prefer_later, heldout=watch).compile(checkpointer=InMemorySaver())


async def listen(app: Any, given: Any, **knobs: Any) -> list[Any]:
    settings = {**SETTINGS, **knobs}
    return [e async for e in app.astream(given, THREAD, context=settings, stream_mode="custom")]


def figures(events: Any, nth: int) -> list[Any]:
    return [events[i]["selected"]["heldout"] for i in places(events, "round", round=nth)]


async def test_the_loss_is_asked_for_while_the_held_out_reward_is_at_work():
    watch = Watch(asyncio.Event())
    app, events = app_of(says(), watch), list[Any]()
    async for event in app.astream(START, THREAD, context=SETTINGS, stream_mode="custom"):
        events.append(event)
        if places(events, "request_finished", phase="loss"):
            watch.gate.set()  # nothing else lets it score
    check(events)
    assert figures(events, 0) == [None, -2.0]
    assert figures(events, 1) == [None, -12.0]
    assert places(events, "round", round=0)[-1] < places(events, "loss")[0]
    state = (await app.aget_state(THREAD)).values
    assert [r["heldout"] for r in state["rounds"]] == [-2.0, -12.0]
    assert state["rounds"][0]["loss"] == "loss 0"
    assert state["usage"]["phases"]["rank"]["scores"] == 6 + 2


async def test_where_the_run_ends_it_is_made_before_the_last_events_and_counted_in_them():
    app = app_of(says(), Watch())
    events = await listen(app, START, depth=0)
    check(events)
    assert figures(events, 0) == [None, -2.0]
    assert places(events, "round")[-1] < places(events, "stop")[0]
    state = (await app.aget_state(THREAD)).values
    assert only(events, "final")["usage"] == state["usage"]
    assert state["usage"]["phases"]["rank"]["scores"] == 3 + 1
    assert state["rounds"][0]["heldout"] == -2.0


async def test_with_the_guard_the_ranking_waits_for_it():
    events = await listen(app_of(says(), Watch()), START, guard="stop")
    assert figures(events, 0) == [-2.0]


async def test_stopped_while_the_loss_is_written_it_is_not_paid_again():
    model, watch = SlowLoss(script=says().script, gate=asyncio.Event()), Watch()
    app = app_of(model, watch)
    async for event in app.astream(START, THREAD, context=SETTINGS, stream_mode="custom"):
        if event["type"] == "tpo.round" and event["selected"]["heldout"] is not None:
            break
    model.gate.set()
    result = await app.ainvoke(None, THREAD, context=SETTINGS)
    assert [r["heldout"] for r in result["rounds"]] == [-2.0, -12.0]
    assert watch.asked == {"first 2": 1, "better 2": 1}
    assert result["usage"]["phases"]["rank"]["scores"] == 6 + 2


async def test_a_critic_that_fails_costs_no_second_score():
    watch = Watch()
    app = app_of(says(loss=ValueError("away")), watch)
    result = await app.ainvoke(START, THREAD, context=SETTINGS)
    assert (result["stop_reason"], result["rounds"][0]["heldout"]) == ("critique_failed", -2.0)
    assert watch.asked == {"first 2": 1}


@pytest.mark.parametrize("budget", [5, 6, 7, 8, 9])
async def test_the_critic_comes_first_where_the_budget_does_not_pay_for_both(budget):
    """A judge as held-out reward: it takes what a budget has left, and never more."""
    judge = ScriptedModel(script=lambda *_: "5")
    model = says()
    app = app_of(model, tpo.Judge(judge))
    context = {**SETTINGS, "depth": 3, "budget_requests": budget, "sampling": "parallel"}
    result = await app.ainvoke(START, THREAD, context=context)
    sent = len(model.asked) + len(judge.asked)
    assert result["usage"]["total"]["requests"] == sent <= budget
    steps = {ask.step for ask in model.asked}
    assert "loss" not in steps or "update" in steps


async def test_an_alarm_at_the_end_is_held_against_other_answers_of_its_rounds():
    """The guard is to tell a fall from noise, and only where one is in sight."""
    watch = Watch()
    app = app_of(says(), watch)
    await listen(app, START, width=5, guard_tolerance=None)
    rounds = (await app.aget_state(THREAD)).values["rounds"]
    assert [len(r.get("heldout_sample", [])) for r in rounds] == [4, 4]
    assert set(watch.asked.values()) == {1}
    assert sum(watch.asked.values()) == 10
