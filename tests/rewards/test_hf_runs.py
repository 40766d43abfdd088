"""Rewards in this process under many runs: batches, cancelling, failing, closing, `tpo.align`."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from itertools import chain
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from scripted_model import ScriptedModel
from tiny_huggingface import need_extra
from tiny_rewards import ANSWERS, ONE_TURN, Oracle, near, rewards, save_reward

import tpo
from tpo.core.errors import RewardError
from tpo.rewards.base import checked
from tpo.rewards.huggingface import loaded as registry
from tpo.rewards.huggingface import model as hf_model
from tpo.rewards.huggingface.reward import HfReward
from tpo.rewards.huggingface.spec import HfSource
from tpo.rewards.resolve import close_rewards

RUNS = 16


@pytest.fixture
def folder(tmp_path):
    need_extra()
    yield save_reward(tmp_path)
    close_rewards()


@pytest.fixture
async def held(folder, monkeypatch) -> Any:
    """Return a loaded reward whose model waits for `gate`; `batches` are the sizes it was given."""
    reward = HfReward.from_spec(folder)
    loaded = await reward._loaded()
    seen = SimpleNamespace(
        reward=reward, batches=[], threads=set(), gate=threading.Event(), poison=None
    )
    real = loaded.batcher._forward

    def forward(batch: Any) -> list[float]:
        seen.batches.append(len(batch))
        seen.threads.add(threading.current_thread())
        assert seen.gate.wait(30)
        if seen.poison in [t["input_ids"] for t in batch]:
            raise ValueError("cannot bear it")
        return real(batch)

    monkeypatch.setattr(loaded.batcher, "_forward", forward)
    yield seen
    seen.gate.set()


def conversation(run: int) -> Any:
    return [HumanMessage(f"Question {run}?")]


async def settle(held: Any, count: int) -> None:
    """Wait until so many texts wait behind the one that is held."""
    batcher = (await held.reward._loaded()).batcher
    while len(batcher._waiting) < count:
        await asyncio.sleep(0.001)


async def start(held: Any, runs: int = RUNS) -> list[asyncio.Task[Any]]:
    """Start a scoring that is held, then `runs` more behind it; all their texts wait."""
    first = asyncio.create_task(held.reward.score(ONE_TURN, ["hold"]))
    while not held.batches:
        await asyncio.sleep(0.001)
    score = held.reward.score
    tasks = [asyncio.create_task(score(conversation(i), ANSWERS)) for i in range(runs)]
    await settle(held, runs * len(ANSWERS))
    return [first, *tasks]


async def test_sixteen_runs_share_batches_and_get_their_own_scores(folder, held):
    tasks = await start(held)  # the event loop is free while the model is at work
    held.gate.set()
    oracle = Oracle(folder)
    for i, scores in enumerate((await asyncio.gather(*tasks))[1:]):
        assert rewards(scores) == near(oracle.scores(conversation(i), ANSWERS))
    assert sum(held.batches) == 1 + RUNS * len(ANSWERS)
    assert max(held.batches) > len(ANSWERS)  # more than one run has
    assert held.threads.isdisjoint({threading.main_thread()})
    assert len(held.threads) == 1


async def test_a_cancelled_run_is_not_scored_and_disturbs_nobody(folder, held):
    tasks = await start(held)
    tasks[3].cancel()
    await asyncio.wait([tasks[3]])
    held.gate.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results.pop(3), asyncio.CancelledError)
    assert all(len(rewards(scores)) == len(scores) for scores in results)
    assert sum(held.batches) == 1 + (RUNS - 1) * len(ANSWERS)


async def test_a_failure_reaches_only_the_answer_it_is_about(folder, held):
    held.poison = Oracle(folder).fitted(conversation(5), ANSWERS[2])
    tasks = await start(held)
    held.gate.set()
    results = (await asyncio.gather(*tasks))[1:]
    failed = results[5].pop(2)
    assert failed["reward"] is None
    assert failed["error"] == f"reward 'hf:{folder}' failed: ValueError: cannot bear it"
    assert all(len(rewards(scores)) == len(scores) for scores in results)


async def test_a_number_that_is_none_is_no_score(folder, held, monkeypatch):
    loaded = await held.reward._loaded()
    monkeypatch.setattr(loaded.batcher, "_forward", lambda batch: [float("nan")] * len(batch))
    [score] = await checked(held.reward, ONE_TURN, ["hello"])
    assert score["error"] == f"reward 'hf:{folder}' gave nan, which is not a finite number"


async def test_the_model_is_loaded_once_for_all(folder, monkeypatch):
    loads = []
    real = hf_model.load
    monkeypatch.setattr(registry, "load", lambda source: loads.append(source) or real(source))
    ones = [HfReward.from_spec(f"{folder}?batch_tokens=512") for _ in range(RUNS)]
    await asyncio.gather(*(one.score(ONE_TURN, ANSWERS) for one in ones))
    assert loads == [HfSource(folder, "cpu", batch_tokens=512)]


async def test_giving_up_while_it_loads_stops_it_for_nobody_else(folder, monkeypatch):
    gate = threading.Event()
    real = hf_model.load
    monkeypatch.setattr(registry, "load", lambda source: gate.wait(30) and real(source))
    reward = HfReward.from_spec(folder)
    one, other = (asyncio.create_task(reward.score(ONE_TURN, ["hello"])) for _ in range(2))
    await asyncio.sleep(0)
    one.cancel()
    await asyncio.wait([one])
    gate.set()
    assert len(rewards(await other)) == 1
    assert one.cancelled()


def test_runs_in_different_event_loops_share_it(folder):
    reward, wanted = HfReward.from_spec(folder), Oracle(folder).scores(ONE_TURN, ANSWERS)
    for _ in range(2):
        assert rewards(asyncio.run(reward.score(ONE_TURN, ANSWERS))) == near(wanted)


async def test_closed_it_is_freed_and_loads_anew(folder):
    reward = HfReward.from_spec(folder)
    before = rewards(await reward.score(ONE_TURN, ANSWERS))
    loaded = await reward._loaded()
    kept, names = weakref.ref(loaded.model.model), {t.name for t in threading.enumerate()}
    assert {"tpo-hf-reward_0", "tpo-hf-tokens_0"} <= names
    close_rewards()
    with pytest.raises(RewardError, match="was closed while it scored"):
        loaded.write([])
    del loaded
    await asyncio.sleep(0)  # the future that was awaited last goes
    gc.collect()
    assert kept() is None
    names = {thread.name for thread in threading.enumerate()}
    assert names.isdisjoint({"tpo-hf-reward_0", "tpo-hf-tokens_0"})
    assert rewards(await reward.score(ONE_TURN, ANSWERS)) == before


async def test_closing_fails_what_waits_and_waits_for_what_runs(held):
    tasks = await start(held, 2)
    batcher = (await held.reward._loaded()).batcher
    closing = asyncio.create_task(asyncio.to_thread(close_rewards))
    while not batcher._closed:
        await asyncio.sleep(0.001)
    held.gate.set()
    first, *others = await asyncio.gather(*tasks)
    await closing
    assert len(rewards(first)) == 1
    for score in chain(*others):
        assert "the reward model was closed while it scored" in score["error"]


def update(answer: str) -> str:
    return f"<improved_answer>{answer}</improved_answer>"


FIRST = ["Because.", "Rayleigh scattering.", "It reflects the sea."]
BETTER = ["Air scatters blue light.", "Blue is scattered most.", "Short waves scatter more."]


def script(messages: Any, index: int, seed: int | None) -> str:
    said = messages[-1].text
    if "improved_answer" in said:
        return update(BETTER[index])
    return FIRST[index] if said == "Why is the sky blue?" else "Say more."


def test_align_ranks_with_it(folder):
    result = tpo.align(
        "Why is the sky blue?",
        policy=ScriptedModel(script=script),
        reward=f"hf:{folder}",
        depth=1,
        width=3,
        sampling="native",
    )
    texts = [c["text"] for c in result["candidates"]]
    assert texts == FIRST + BETTER
    wanted = Oracle(folder).scores(ONE_TURN, texts)
    assert [c["reward"] for c in result["candidates"]] == near(wanted)
    assert result["answer"] == max(zip(wanted, texts, strict=True))[1]
    now = result["rounds"][0]
    by_id = {c["id"]: c["text"] for c in result["candidates"]}
    assert by_id[now["chosen"]] == max(zip(wanted[:3], FIRST, strict=True))[1]
    assert by_id[now["rejected"]] == min(zip(wanted[:3], FIRST, strict=True))[1]


async def test_sixteen_aligned_at_once(folder):
    model = ScriptedModel(script=script)
    build = {"policy": model, "reward": f"hf:{folder}", "depth": 1, "width": 3}
    results = await asyncio.gather(
        *(tpo.aalign("Why is the sky blue?", sampling="native", **build) for _ in range(RUNS))
    )
    wanted = Oracle(folder).scores(ONE_TURN, FIRST + BETTER)
    for result in results:
        assert [c["reward"] for c in result["candidates"]] == near(wanted)
