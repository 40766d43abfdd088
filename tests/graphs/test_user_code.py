"""User code that misbehaves ends its own run, with one sentence; the next run works."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import misbehaving
import pytest
from patience import PATIENCE, wait_until
from steps import QUERY, prefer_later, run, says

import tpo
from tpo.core.user_code import own_thread, thread_turns
from tpo.graphs.background import result_of

FAKES = Path(misbehaving.__file__).parent
CASES = misbehaving.every_case()


@pytest.fixture(scope="module")
def outcomes() -> dict[str, list[str]]:
    path = os.pathsep.join([str(FAKES), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-P", "-W", "error::RuntimeWarning", misbehaving.__file__],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr  # it ended, with threads that hang left behind
    return {name: rest for name, *rest in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("kind", misbehaving.KINDS)
@pytest.mark.parametrize("place", misbehaving.raising(SystemExit))
def test_what_user_code_raises_is_one_of_our_errors(outcomes, place, kind):
    came, following = outcomes[f"{place} raises {kind}"]
    assert following == "depth"
    if place == "held-out reward":
        assert came == "depth"  # it does not steer
    else:
        assert kind in came
        assert came.split(": ")[0] in {"RewardError", "NoCandidateError", "UserCodeError"}


SAID = {
    "sync reward": "RewardError: reward 'act' scored none of 3 candidates (unscored: no score",
    "async reward": "RewardError: reward 'stubborn' scored none of 3",
    "blocking async reward": "UserCodeError: async code has blocked the event loop for 1 s (",
    "on_event": "UserCodeError: on_event has not returned within 0.3 s (tpo.run_started); the run",
    "async on_event": "UserCodeError: on_event has not returned within 0.3 s",
    "sync model": "NoCandidateError: policy 'OnlySync' gave no usable answer (failed: OnlySync: no",
}


@pytest.mark.parametrize("place", misbehaving.hanging())
def test_user_code_that_hangs_is_left_behind(outcomes, place):
    came, following = outcomes[f"{place} hangs"]
    assert came.startswith(SAID[place])
    assert following == "depth"


def test_the_line_that_blocks_is_named(outcomes):
    assert "misbehaving.py:" in outcomes["blocking async reward hangs"][0]


@pytest.mark.parametrize("place", misbehaving.nested())
def test_user_code_may_run_another(outcomes, place):
    assert outcomes[f"{place} aligns"] == ["depth", "depth"]


def test_a_person_s_ctrl_c_is_theirs(outcomes):
    assert outcomes["Ctrl-C"] == ["not ours: KeyboardInterrupt: ", "depth"]


def test_a_forked_process_has_loops_of_its_own(outcomes):
    assert outcomes["fork"] == [0, "depth"]


def test_every_case_was_run(outcomes):
    assert outcomes.keys() == CASES.keys()


async def test_a_run_whose_callback_fails_is_over_at_once():
    model = says({"delay": 0.05})

    def broken(event: Any) -> None:
        if event["type"] == "tpo.candidate":
            raise ValueError("the frontend broke")

    knobs: Any = {"depth": 2, "width": 3, "sampling": "parallel", "retries": 0}
    with pytest.raises(ValueError, match="the frontend broke") as kept:
        await tpo.aalign(QUERY, policy=model, reward=prefer_later, on_event=broken, **knobs)
    asked = len(model.asked)
    await asyncio.sleep(0.2)
    assert (len(model.asked), kept.type) == (asked, ValueError)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_run_that_is_given_up_leaves_nothing_behind():
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await tpo.aalign(QUERY, policy=says({"delay": 60.0}), reward=prefer_later)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_on_event_may_be_async():
    seen: list[str] = []

    async def listen(event: Any) -> None:
        await asyncio.sleep(0)
        seen.append(event["type"])

    knobs: Any = {"depth": 0, "width": 3}
    await tpo.aalign(QUERY, policy=says(), reward=prefer_later, on_event=listen, **knobs)
    run(on_event=listen, **knobs)
    half = len(seen) // 2
    assert seen[:half] == seen[half:]
    assert seen[-1] == "tpo.final"


def test_all_events_of_a_run_come_in_one_thread():
    threads = set()
    run(on_event=lambda event: threads.add(threading.current_thread()))
    assert len(threads) == 1
    assert threading.current_thread() not in threads


def test_too_many_calls_that_hang_are_the_last_ones(monkeypatch):
    monkeypatch.setattr(thread_turns, "MOST", 2)
    free, called = threading.Event(), []

    def hang(query: str, answer: str) -> float:
        called.append(answer)
        free.wait()
        return 0.0

    with pytest.raises(tpo.RewardError, match="scored none of 3"):
        run(reward=hang, timeout=0.2, depth=0)
    assert len(called) == 2  # the third waited for a thread until the others were left behind
    with pytest.raises(tpo.RewardError, match="earlier calls have not returned"):
        run(reward=hang, timeout=0.2, depth=0)
    assert len(called) == 2
    assert run(reward=lambda query, answer: 1.0, depth=0)["stop_reason"] == "depth"
    free.set()
    wait_until(lambda: (id(hang), 0) not in thread_turns._turns().calls)
    assert run(reward=hang, depth=0)["stop_reason"] == "depth"


def test_a_thread_that_the_system_does_not_give_is_an_error(monkeypatch):
    def none_left() -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(own_thread, "OwnThread", none_left)
    with pytest.raises(tpo.RewardError, match="can't start new thread"):
        run(reward=lambda query, answer: 1.0, depth=0)


def test_what_comes_out_of_a_task_does_not_end_the_loop():
    async def leave() -> None:
        (ended,), _ = await asyncio.wait({asyncio.create_task(exits())})
        assert isinstance(ended.exception(), SystemExit)

    async def exits() -> None:
        raise SystemExit(3)

    result_of(leave())
    assert result_of(asyncio.sleep(0, "alive")) == "alive"
    with pytest.raises(tpo.TPOError, match="SystemExit: 3"):
        result_of(exits())
