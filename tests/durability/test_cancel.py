"""A run cancelled in mid-round keeps what was finished, and asks again for the rest only."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections import Counter
from typing import Any

import pytest
import synthetic_task
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import NodeCancelledError
from loopback_server import LoopbackServer, shaped
from patience import PATIENCE, until
from scripted_model import ScriptedModel
from synthetic_run import INPUT, Run, cancel, outcome, whole

import tpo
from tpo.models.asking import learnt
from tpo.nodes.paid import saved_request

WIDTH = 5


class Gate:
    """Answers the first of a round's requests at once; the others wait until it is opened."""

    def __init__(self, hold: set[int]) -> None:
        self.hold = hold
        self.held = 0
        self.opened = asyncio.Event()

    async def __call__(self, number: int) -> None:
        if number in self.hold and not self.opened.is_set():
            self.held += 1
            await self.opened.wait()


class Fewer(ScriptedModel):
    """Brings two texts fewer than it is asked for, or one."""

    async def _agenerate(self, *args: Any, **kwargs: Any) -> Any:
        result = self._result(args[0])
        return result.model_copy(
            update={"generations": result.generations[: max(1, len(result.generations) - 2)]}
        )


async def writes(run: Run, config: Any, channel: str) -> list[Any]:
    """Return the values that tasks of the newest checkpoint have written to a channel."""
    saved = await run.app.checkpointer.aget_tuple(config)
    return [value for _, name, value in saved.pending_writes if name == channel]


async def drawn(run: Run, config: Any) -> list[str]:
    return [c["id"] for value in await writes(run, config, "candidates") for c in value]


# In round 0 the requests have the numbers 0 to 4, in round 1 7 to 11.
@pytest.mark.parametrize(
    ("hold", "kept"), [({1, 3}, "r0c0 r0c2 r0c4"), ({8, 10}, "r1c0 r1c2 r1c4")]
)
@pytest.mark.parametrize("how", ["cancel", "disconnect"])
async def test_finished_candidates_are_kept(saver, config, how, hold, kept):
    expected, _ = await whole(width=WIDTH)
    gate = Gate(hold)
    run = Run(saver, gate, width=WIDTH)
    if how == "cancel":
        await _cancel_at(run, config, gate, len(hold))
    else:
        await _disconnect_at(run, config, gate, len(hold))
    assert await drawn(run, config) == kept.split()
    before = Counter(run.asked)
    gate.opened.set()
    result = await run.resume(config)
    assert outcome(result) == expected
    again = {seed for seed, count in run.asked.items() if count > before[seed] > 0}
    assert len(again) == len(hold)  # the held ones, once more; no other
    assert set(run.asked.values()) == {1, 2}


async def _cancel_at(run: Run, config: Any, gate: Gate, held: int) -> None:
    """Start, and cancel when all but the held requests of a round are saved."""
    running = asyncio.create_task(run.start(config))
    await until(lambda: gate.held == held)
    # Of this round: a slow database may still show the checkpoint of the one before as its newest.
    nth = "r0" if min(gate.hold) < WIDTH else "r1"
    while sum(name.startswith(nth) for name in set(await drawn(run, config))) < WIDTH - held:
        await asyncio.sleep(0.001)
    await cancel(running)


async def _disconnect_at(run: Run, config: Any, gate: Gate, held: int) -> None:
    """Read the stream as a client would, and leave it in the middle."""
    events = run.app.astream(INPUT, config, context=run.context, stream_mode="custom")
    came: Counter[int] = Counter()
    async for event in events:
        if event["type"] == "tpo.candidate":
            came[event["round"]] += 1
            if gate.held == held and came[max(came)] == WIDTH - held:
                break
    await events.aclose()


async def test_what_cancelled_tasks_leave_is_text_and_is_not_replayed(saver, config):
    gate = Gate({1, 3})
    run = Run(saver, gate, width=WIDTH)
    await _cancel_at(run, config, gate, 2)
    while len(errors := await writes(run, config, "__error__")) < 4:
        await asyncio.sleep(0.001)  # the run does not wait for these to be saved
    # Two requests and the scores that wait for them; a third answer may be on the way to its own.
    assert set(errors) == {"CancelledError()"}
    assert (await run.app.aget_state(config)).next == ("sample",)
    gate.opened.set()
    result = await run.resume(config)
    assert [c["error"] for c in result["candidates"]] == [None] * 3 * WIDTH


async def test_cancelled_twice_and_then_resumed(saver, config):
    expected, _ = await whole(width=WIDTH)
    gate = Gate({1, 3, 5, 6})
    run = Run(saver, gate, width=WIDTH)
    await _cancel_at(run, config, gate, 2)
    gate.held = 0
    running = asyncio.create_task(run.resume(config))
    await until(lambda: gate.held == 2)
    await cancel(running)
    gate.opened.set()
    assert outcome(await run.resume(config)) == expected
    assert max(run.asked.values()) == 3
    assert sum(run.asked.values()) == 19 + 4


def cut_off_after_writing(monkeypatch: pytest.MonkeyPatch, *, receipt: bool = True) -> list[Any]:
    """Cancel the requests when the first has written its texts; return those.

    Without a receipt they are written as earlier versions did.
    """
    left: list[Any] = []

    def cut_off(**channels: Any) -> None:
        if not receipt:
            for candidate in channels["candidates"]:
                candidate.pop("receipt", None)
        write(**channels)
        if not left:
            left.extend(channels["candidates"])
            for task in asyncio.all_tasks():
                if task.get_name() == "request_candidates":
                    task.cancel()

    write = saved_request.write
    monkeypatch.setattr(saved_request, "write", cut_off)
    return left


@pytest.mark.parametrize("sampling", ["parallel", "native"])
async def test_a_task_cancelled_on_its_way_out_is_not_half_finished(
    saver, config, monkeypatch, sampling
):
    """Between writing its texts and returning, a task can still be cancelled."""
    monkeypatch.setattr(learnt, "HEAD_START", 0.0)  # all are sent before the first is back
    expected, _ = await whole(width=WIDTH, sampling=sampling)
    run = Run(saver, width=WIDTH, sampling=sampling)
    left = cut_off_after_writing(monkeypatch)
    with pytest.raises(NodeCancelledError):  # the tasks are cancelled here, not the run
        await run.start(config)
    assert left[0]["id"] in await drawn(run, config)
    assert await writes(run, config, "__return__") == []
    before = run.asked
    assert outcome(await run.resume(config)) == expected
    again = {seed for seed, count in run.asked.items() if count > before[seed] > 0}
    assert len(again) == WIDTH - len(left)  # all but those that had written their texts


async def test_one_that_brought_too_few_is_topped_up(saver, config, monkeypatch):
    fewer = Fewer(script=synthetic_task.say_apart)
    run = Run(saver, width=WIDTH, sampling="native", depth=0)
    run.app = tpo.build_tpo(fewer, run._reward, defaults=run.context).compile(checkpointer=saver)
    left = cut_off_after_writing(monkeypatch)
    with pytest.raises(NodeCancelledError):
        await run.start(config)
    assert len(left) == WIDTH - 2
    result = await run.resume(config)
    assert [c["error"] for c in result["candidates"]] == [None] * WIDTH
    assert [ask.n for ask in fewer.asked] == [WIDTH, 2, 1]
    assert result["usage"]["total"]["exact"]
    assert result["usage"]["total"]["requests"] == 3


async def test_one_saved_by_an_earlier_version_has_its_texts(saver, config, monkeypatch):
    """There what it cost got lost; that it was asked did not."""
    expected, _ = await whole(width=WIDTH)
    run = Run(saver, width=WIDTH)
    cut_off_after_writing(monkeypatch, receipt=False)
    with pytest.raises(NodeCancelledError):
        await run.start(config)
    result = outcome(await run.resume(config))
    usage, whole_usage = result.pop("usage"), expected.pop("usage")
    assert result == expected
    assert not usage["total"]["exact"]
    assert usage["total"]["requests"] == whole_usage["total"]["requests"]


@pytest.mark.parametrize("durability", ["async", "sync", "exit"])
async def test_cancelled_at_any_moment_a_run_ends_the_same(durability):
    """At every turn of the event loop, so that no moment is left to chance."""
    expected, _ = await whole(depth=0)
    for turns in itertools.count():
        config: Any = {"configurable": {"thread_id": f"{turns}"}}
        run = Run(wait=in_turns, depth=0)
        running = asyncio.create_task(run.start(config, durability=durability))
        for _ in range(turns):
            await asyncio.sleep(0)
        if running.done():
            break
        await cancel(running)
        begun = (await run.app.aget_state(config)).created_at
        result = await (run.resume(config) if begun else run.start(config))
        assert outcome(result) == expected, f"after {turns} turns"
    assert turns > 30


async def in_turns(number: int) -> None:
    """Let requests sent together end one after another, with no clock."""
    for _ in range(number % 4):
        await asyncio.sleep(0)


async def test_cancelled_scores_are_asked_again(saver, config):
    expected, other = await whole(width=WIDTH)
    run = Run(saver, width=WIDTH)
    gate = Gate({1, 2})
    run.before_score = gate
    running = asyncio.create_task(run.start(config))
    await until(lambda: gate.held == 2)
    while sum("mark" in r for r in await writes(run, config, "__return__")) < WIDTH - 2:
        await asyncio.sleep(0.001)
    await cancel(running)
    gate.opened.set()
    assert outcome(await run.resume(config)) == expected
    assert set(run.asked.values()) == {1}
    assert run.scored == other.scored


async def test_cancelling_leaves_no_request_under_way(saver, config):
    gate = Gate({1, 3})
    run = Run(saver, gate, width=WIDTH)
    await _cancel_at(run, config, gate, 2)
    asked = len(run.model.asked)
    gate.opened.set()
    await asyncio.sleep(0.02)
    assert len(run.model.asked) == asked
    assert "request_candidates" not in [task.get_name() for task in asyncio.all_tasks()]


@pytest.mark.loopback
async def test_a_run_is_resumed_in_the_order_it_began_in_whatever_the_process_has_learnt_since():
    """The first request tells that `n` is refused; the process knows it from then on."""
    opened = threading.Event()

    def answer(body: Any, index: int) -> str:
        if len(server.asked) == 4:  # `n`, two single texts, and the one that is cancelled
            opened.wait(PATIENCE)
        return shaped(body, f"text {body['seed']}")

    events: list[Any] = []
    with LoopbackServer(answer, supports_n=False) as server:
        how: Any = {
            "policy": f"openai:m@{server.base_url}", "reward": lambda query, answer: 1.0,
            "depth": 0, "width": 5, "seed": 1, "max_concurrency": 1,
            "checkpointer": InMemorySaver(), "thread_id": "t",
        }  # fmt: skip
        running = asyncio.create_task(tpo.aalign("Why?", **how))
        await until(lambda: len(server.asked) == 4)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        opened.set()
        result = await tpo.aalign("Why?", **how, on_event=events.append)
        assert len(server.asked) == 4 + 3
    assert [c["error"] for c in result["candidates"]] == [None] * 5
    assert len({c["text"] for c in result["candidates"]}) == 5
    kinds = [e["type"] for e in events if e["type"].startswith("tpo.request_")]
    assert kinds == ["tpo.request_started", "tpo.request_finished"] * 3


@pytest.mark.loopback
async def test_a_request_that_would_be_refused_is_neither_sent_nor_told_of():
    events: list[Any] = []
    with LoopbackServer(supports_n=False) as server:
        how: Any = {"policy": f"openai:m@{server.base_url}", "reward": lambda query, answer: 1.0}
        await tpo.aalign("Why?", **how, depth=0, width=3)
        asked = len(server.asked)
        await tpo.aalign("So?", **how, depth=0, width=3, on_event=events.append)
        assert len(server.asked) == asked + 3
    assert [e["type"] for e in events].count("tpo.request_finished") == 3
