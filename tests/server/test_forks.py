"""Changing the past and the choice of a run, as Studio does."""

from __future__ import annotations

from typing import Any

import pytest
from event_log import check, places

pytestmark = pytest.mark.loopback

INPUT = {"messages": [{"role": "user", "content": "Why is the sky blue?"}]}
CONTEXT = {"depth": 1, "width": 3, "seed": 1}


async def checkpoint_before(client: Any, thread: str, node: str) -> Any:
    history = await client.threads.get_history(thread, limit=50)
    return next(c for c in reversed(history) if c["next"] == [node])


async def test_a_fork_with_an_edited_gradient(client, thread, models):
    first = await client.runs.wait(thread, "tpo", input=INPUT, context=CONTEXT)
    there = await checkpoint_before(client, thread, "update")
    models.forget()
    edited = {"turn": 1, "round": 0, "gradient": "Say it in one word."}
    fork = await client.threads.update_state(
        thread, {"rounds": [edited]}, checkpoint=there["checkpoint"], as_node="gradient"
    )
    assert (await client.threads.get_state(thread))["next"] == ["update"]
    second = await client.runs.wait(
        thread, "tpo", input=None, context=CONTEXT, checkpoint=fork["checkpoint"]
    )
    assert [len(a.body["messages"]) for a in models.asked] == [2]  # only the update was asked again
    assert "Say it in one word." in models.asked[0].body["messages"][-1]["content"]
    assert second["rounds"][0]["gradient"] == "Say it in one word."
    assert second["candidates"][:3] == first["candidates"][:3]
    assert second["candidates"][3:] != first["candidates"][3:]
    assert second["stop_reason"] == "depth"


async def test_a_fork_with_an_edited_candidate_ranks_it_anew(client, thread, models):
    await client.runs.wait(thread, "tpo", input=INPUT, context=CONTEXT)
    there = await checkpoint_before(client, thread, "loss")
    models.forget()
    text = "The sky is blue because air scatters short waves most. That is why."
    edited = {"turn": 1, "id": "r0c1", "text": text, "reward": None}
    fork = await client.threads.update_state(
        thread, {"candidates": [edited]}, checkpoint=there["checkpoint"], as_node="sample"
    )
    out = await client.runs.wait(
        thread, "tpo", input=None, context=CONTEXT, checkpoint=fork["checkpoint"]
    )
    assert (out["candidates"][1]["text"], out["rounds"][0]["chosen"]) == (text, "r0c1")
    assert out["candidates"][1]["reward"] > there["values"]["candidates"][1]["reward"]
    assert len(models.asked) == 3  # loss, gradient, update; nothing was sampled again
    assert text in str(models.asked[0].body["messages"])


@pytest.mark.parametrize(("depth", "rounds"), [(0, 1), (2, 3)])
async def test_a_fork_after_rank_decides_with_the_settings_it_goes_on_with(
    client, thread, models, depth, rounds
):
    await client.runs.wait(thread, "tpo", input=INPUT, context=CONTEXT)
    there = await checkpoint_before(client, thread, "finish" if depth else "loss")
    last = there["values"]["rounds"][-1]
    swapped = {**last, "chosen": last["rejected"], "rejected": last["chosen"]}
    fork = await client.threads.update_state(
        thread, {"rounds": [swapped]}, checkpoint=there["checkpoint"], as_node="rank"
    )
    out = await client.runs.wait(
        thread,
        "tpo",
        input=None,
        context={**CONTEXT, "depth": depth},
        checkpoint=fork["checkpoint"],
    )
    assert len(out["rounds"]) == rounds
    assert out["rounds"][last["round"]]["chosen"] == last["rejected"]
    assert out["stop_reason"] == "depth"


async def test_a_person_picks_and_stops(client, thread):
    context = {**CONTEXT, "human_pick": True}
    paused = await client.runs.wait(thread, "tpo", input=INPUT, context=context)
    (pause,) = paused["__interrupt__"]
    assert pause["value"]["kind"] == "tpo.pick"
    asked = set(pause["response_schema"]["properties"])
    assert asked == {"chosen", "rejected", "stop", "loss", "gradient"}
    state = await client.threads.get_state(thread)
    assert state["next"] == ["choose"]
    worst = pause["value"]["candidates"][-1]
    assert worst["id"] != pause["value"]["chosen"]

    events: list[Any] = []
    async for part in client.runs.stream(
        thread,
        "tpo",
        command={"resume": {"chosen": worst["id"]}},
        context=context,
        stream_mode=["custom"],
    ):
        assert part.event != "error", part.data
        events += [part.data] if part.event == "custom" else []
    check(events)
    told = [events[i]["selected"] for i in places(events, "round")]
    assert [(r["round"], r["picked_by"]) for r in told] == [(0, "human"), (1, "reward")]
    assert told[0]["chosen"] == worst["id"]
    assert told[0]["rejected"] != worst["id"]  # never held against itself

    out = await client.runs.wait(
        thread, "tpo", command={"resume": {"chosen": worst["id"], "stop": True}}, context=context
    )
    assert out["stop_reason"] == "human"
    assert out["answer"] == worst["text"]


async def test_a_wrong_pick_is_told_and_can_be_answered_again(client, thread, errors_expected):
    context = {**CONTEXT, "human_pick": True, "depth": 0}
    await client.runs.wait(thread, "tpo", input=INPUT, context=context)
    for wrong, said in [({"chosen": "r9c9"}, "should be 'r0c"), ({"chose": "r0c0"}, "chose")]:
        parts = [
            part
            async for part in client.runs.stream(
                thread, "tpo", command={"resume": wrong}, context=context, stream_mode="custom"
            )
        ]
        assert parts[-1].event == "error"
        assert said in parts[-1].data["message"]
    keep = {"resume": {"stop": False}}
    out = await client.runs.wait(thread, "tpo", command=keep, context=context)
    assert out["stop_reason"] == "depth"
