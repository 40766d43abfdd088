"""What holds for every event of every run.

E1  an event is exactly one of the TypedDicts of core.events
E2  the order: started < delta < finished < candidate < reward < round < loss < ... < final
E3  the events agree with the state and add up to the usage
"""

from __future__ import annotations

import pytest
import synthetic_task
from event_log import check, only, places
from scripted_model import ScriptedModel

RUNS = pytest.mark.parametrize(
    ("sampling", "width", "live"),
    [(s, w, live) for s in ("native", "parallel") for w in (1, 3) for live in (True, False)],
)


@RUNS
async def test_e1_e3_events_are_valid_and_agree_with_the_state(told, sampling, width, live):
    run = await told(sampling=sampling, width=width, live=live, max_concurrency=8)
    check(run.events)
    rewards = {e["candidate"]: e["reward"] for e in run.events if e["type"] == "tpo.reward"}
    said = [e["candidate"] for e in run.events if e["type"] == "tpo.candidate"]
    pool = {c["id"]: c for c in run.state["candidates"]}
    assert {c["id"]: {**c, "reward": rewards[c["id"]]} for c in said} == pool
    assert len(said) == len(pool) == 2 * width
    costs = [e["cost"] for e in run.events if e["type"] == "tpo.request_finished"]
    final = run.events[-1]
    for field in ("requests", "sequences", "input_tokens", "output_tokens"):
        assert sum(c[field] for c in costs) == final["usage"]["total"][field] > 0
    assert final["usage"]["total"]["scores"] == len(rewards)
    assert (final["answer"], final["reward"]) == (run.state["answer"], run.state["reward"])
    assert final["usage"] == run.state["usage"]
    selected = [e["selected"] for e in run.events if e["type"] == "tpo.round"]
    without = {"loss": None, "gradient": None}  # they come later, as events of their own
    assert selected == [{**r, **without} for r in run.state["rounds"]]
    assert only(run.events, "loss")["text"] == run.state["rounds"][0]["loss"]
    assert only(run.events, "gradient")["text"] == run.state["rounds"][0]["gradient"]


@RUNS
async def test_e2_order(told, sampling, width, live):
    events = (await told(sampling=sampling, width=width, live=live, max_concurrency=8)).events
    assert places(events, "run_started") == [0]
    assert [e["type"] for e in events[-2:]] == ["tpo.stop", "tpo.final"]
    assert [e["elapsed"] for e in events] == sorted(e["elapsed"] for e in events)
    for end in places(events, "request_finished"):
        name = events[end]["request"]
        (start,) = places(events, "request_started", request=name)
        deltas = [j for j, e in enumerate(events) if "delta" in e["type"] and e["request"] == name]
        assert start < end
        assert all(start < j < end for j in deltas)
    for now in (0, 1):
        candidates = places(events, "candidate", round=now)
        rewards = places(events, "reward", round=now)
        (selected,) = places(events, "round", round=now)
        assert len(candidates) == len(rewards) == width
        assert min(places(events, "request_finished", round=now)) < min(candidates)
        assert max(candidates) < min(rewards)
        assert max(rewards) < selected
    first, second = places(events, "round")
    (loss,), (gradient,) = places(events, "loss"), places(events, "gradient")
    assert first < loss < gradient < min(places(events, "request_started", phase="update")) < second


async def test_failures_are_events_too(told):
    def say(messages, index, seed):
        said = synthetic_task.say(messages, index, seed)
        if "improved_answer" in messages[-1].text:
            return "no tags" if index else said
        return ValueError("the critic is gone") if "Add:" in said else said

    one = (await told(ScriptedModel(script=say), width=3, sampling="native")).events
    check(one)
    assert "the critic is gone" in only(one, "request_failed", request="r0-gradient")["error"]
    assert only(one, "stop")["reason"] == "critique_failed"
    assert one[-1]["type"] == "tpo.final"


async def test_a_malformed_update_and_a_failed_score_are_events_too(told):
    def say(messages, index, seed):
        said = synthetic_task.say(messages, index, seed)
        return "no tags" if index and "improved_answer" in messages[-1].text else said

    events = (await told(ScriptedModel(script=say), width=3, sampling="native")).events
    check(events)
    errors = [e["candidate"]["error"] for e in events if e["type"] == "tpo.candidate"]
    assert errors[:4] == [None] * 4
    assert all(error.startswith("malformed") for error in errors[4:])
    assert len(errors) == 6
    assert len(places(events, "reward", round=1)) == 1
    assert only(events, "round", round=1)["selected"]["malformed"] == 2


async def test_a_demonstration_reward_says_so(told):
    events = (await told(reward="heuristic")).events
    check(events)
    assert events[1]["type"] == "tpo.notice"
    assert "not a preference model" in events[1]["message"]
