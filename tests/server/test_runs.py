"""Runs on the server: streamed, stateless, a second turn, and what is said about bad input."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from contextlib import closing
from typing import Any

import pytest
from event_log import check, places

pytestmark = pytest.mark.loopback

KEY = "sk-loopback-1234567890"
INPUT = {"messages": [{"role": "user", "content": "Why is the sky blue?"}]}
CONTEXT = {"depth": 1, "width": 3, "seed": 1}
NODES = {"sample", "rank", "loss", "gradient", "update", "finish"}


async def streamed(client: Any, thread: str, modes: list[str], **context: Any) -> Any:
    parts: dict[str, list[Any]] = defaultdict(list)
    async for part in client.runs.stream(
        thread, "tpo", input=INPUT, context={**CONTEXT, **context}, stream_mode=modes
    ):
        parts[part.event].append(part.data)
    assert "error" not in parts, parts["error"]
    return parts


@pytest.mark.parametrize("sampling", ["native", "parallel"])
async def test_a_streamed_run(client, thread, models, sampling):
    modes = ["custom", "updates", "messages-tuple", "values"]
    parts = await streamed(client, thread, modes, sampling=sampling)
    events, state = parts["custom"], parts["values"][-1]
    check(events)
    assert events[0]["type"] == "tpo.run_started"
    assert events[-1]["type"] == "tpo.final"
    assert events[-1]["answer"] == state["answer"]
    assert len(places(events, "candidate")) == len(places(events, "reward")) == 6
    assert places(events, "loss_delta")
    assert {e["candidate"] for e in events if e["type"] == "tpo.candidate_delta"} == {
        f"r{r}c{i}" for r in (0, 1) for i in range(3)
    }

    # N separate candidates, exact usage, the answer as the one message.
    texts = [c["text"] for c in state["candidates"]]
    assert len(texts) == len(set(texts)) == 6
    assert set(texts) < set(models.texts)
    total = state["usage"]["total"]
    assert (total["input_tokens"], total["output_tokens"]) == models.tokens
    assert total["requests"] == len(models.asked)
    assert len(models.streamed_several) == (2 if sampling == "native" else 0)
    asked = [a.body["model"] for a in models.asked]
    assert asked.count("critic") == 2  # loss and gradient, as the server's .env wants it
    assert asked.count("x") == len(asked) - 2
    assert [m["content"] for m, _ in parts["messages"]] == [state["answer"]]

    # `updates` is not blank: it tells what each step wrote.
    updates = defaultdict(list)
    for update in parts["updates"]:
        for name, written in update.items():
            updates[name].append(written)
    assert set(updates) == NODES | {"request_candidates", "request_rewards"}
    assert updates["loss"][0]["rounds"][0]["loss"] == state["rounds"][0]["loss"]
    assert updates["finish"][0]["answer"] == state["answer"]


async def test_no_key_in_the_wordy_modes_either(client, thread):
    parts = await streamed(client, thread, ["tasks", "checkpoints", "debug", "events"])
    assert {"tasks", "checkpoints", "debug", "events"} <= set(parts)
    assert KEY not in json.dumps(parts)
    named = {task["name"] for task in parts["tasks"]}
    assert named > NODES


async def test_state_and_history_of_a_thread_and_a_second_turn(client, thread):
    first = await client.runs.wait(thread, "tpo", input=INPUT, context=CONTEXT)
    state = await client.threads.get_state(thread)
    assert state["next"] == []
    assert state["values"]["answer"] == first["answer"]
    history = await client.threads.get_history(thread, limit=50)
    coming = [checkpoint["next"] for checkpoint in reversed(history)]
    loop = ["sample", "rank", "loss", "gradient", "update", "rank", "finish"]
    assert coming == [["__start__"], *([step] for step in loop), []]

    again = {"messages": [{"role": "user", "content": "And at night?"}]}
    second = await client.runs.wait(thread, "tpo", input=again, context={"depth": 0, "width": 2})
    assert [m["type"] for m in second["messages"]] == ["human", "ai", "human", "ai"]
    assert [c["turn"] for c in second["candidates"]] == [2, 2]
    assert second["usage"]["total"]["requests"] == 1


async def test_a_run_can_be_joined_again_from_its_start(client, thread):
    run = await client.runs.create(
        thread,
        "tpo",
        input=INPUT,
        context=CONTEXT,
        stream_mode=["custom"],
        stream_resumable=True,
    )
    await client.runs.join(thread, run["run_id"])
    events = [
        part.data
        async for part in client.runs.join_stream(thread, run["run_id"], last_event_id="-1")
        if part.event == "custom"
    ]
    check(events)
    assert (events[0]["type"], events[-1]["type"]) == ("tpo.run_started", "tpo.final")


@pytest.mark.parametrize(("graph", "sizes"), [("best_of_n", [2]), ("revision", [2, 2])])
async def test_the_baselines_without_a_thread(client, models, graph, sizes):
    out = await client.runs.wait(None, graph, input=INPUT, context={"width": 2, "depth": 1})
    rounds = [c["round"] for c in out["candidates"]]
    assert [rounds.count(r) for r in range(len(sizes))] == sizes
    assert out["stop_reason"] == "depth"
    prompts = " ".join(str(a.body["messages"]) for a in models.asked)
    assert "<rejected_answer>" not in prompts


async def test_an_assistant_keeps_its_own_settings(client):
    made = await client.assistants.create("tpo", context={"depth": 0, "width": 4}, name="quick")
    out = await client.runs.wait(None, made["assistant_id"], input=INPUT)
    assert len(out["candidates"]) == 4
    await client.assistants.delete(made["assistant_id"])


@pytest.mark.parametrize(
    ("context", "messages", "said"),
    [
        ({"depth": 99}, INPUT["messages"], "less than or equal to 20"),
        ({"policy": "nope"}, INPUT["messages"], "unknown policy 'nope'. Valid forms: openai:NAME"),
        ({"reward": "nope"}, INPUT["messages"], "unknown reward 'nope'"),
        ({}, [{"role": "user", "content": " "}], "the prompt is empty"),
        ({}, [{"role": "system", "content": "Be brief."}], "there is no human turn"),
    ],
)
async def test_bad_input_is_told_in_words(
    client, thread, models, errors_expected, context, messages, said
):
    parts = [
        part
        async for part in client.runs.stream(
            thread, "tpo", input={"messages": messages}, context=context, stream_mode="custom"
        )
    ]
    assert parts[-1].event == "error"
    assert said in parts[-1].data["message"]
    assert (await client.threads.get(thread))["status"] == "error"
    assert models.asked == []  # nothing was paid for


async def test_scores_are_kept_between_runs(client, dev):
    """In the server's event loop too nothing blocks; the fixture `client` reads its log."""
    rows = []
    for _ in range(2):
        context = {**CONTEXT, "reward": "cached:heuristic"}
        state = await client.runs.wait(None, "tpo", input=INPUT, context=context)
        assert all(c["reward"] is not None for c in state["candidates"])
        with closing(sqlite3.connect(dev.folder / "scores.db")) as kept:
            rows += kept.execute("SELECT count(*) FROM cache").fetchone()
    assert rows == [6, 6]  # the same seed and answers: nothing was scored anew
