"""An answer is scored as it arrives, beside the requests that are still out."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from event_log import check, places
from fake_judge import obey
from langgraph.checkpoint.memory import InMemorySaver
from scripted_model import ScriptedModel
from steps import QUERY, improved, prefer_later, run, says

import tpo

THREAD: Any = {"configurable": {"thread_id": "t"}}
START = {"messages": [("user", QUERY)]}
SETTINGS = {"depth": 0, "width": 3, "retries": 0, "sampling": "parallel", "live": False}


class Waits(ScriptedModel):
    """Answers the last request of a step when it is let."""

    gate: Any = None
    last: str = "first 2"

    async def _agenerate(self, *args: Any, **kwargs: Any) -> Any:
        result = self._result(args[0])
        if self.last in result.generations[0].message.text:
            await self.gate.wait()
        return result


def waiting(last: str = "first 2", **told: Any) -> tuple[Waits, asyncio.Event]:
    gate = asyncio.Event()
    return Waits(script=says(**told).script, gate=gate, last=last), gate


class Counts:
    """Counts what it scores; some answers only fail, until they are repaired."""

    def __init__(self, *broken: str, title: str = "counts") -> None:
        self.__name__, self.broken, self.asked = title, set(broken), Counter[str]()

    async def __call__(self, query: str, answer: str) -> float:
        self.asked[answer] += 1
        if answer in self.broken:
            raise ValueError("broken")
        return prefer_later(query, answer) if answer[-1].isdigit() else 0.0


def app_of(model: Any, reward: Any, saver: Any = None, **parts: Any) -> Any:
    return tpo.build_tpo(model, reward, **parts).compile(checkpointer=saver or InMemorySaver())


@pytest.mark.parametrize(("last", "depth"), [("first 2", 0), ("better 2", 1)])
async def test_a_score_comes_before_the_last_answer(last, depth):
    model, gate = waiting(last)
    events: list[Any] = []
    async for event in app_of(model, prefer_later).astream(
        START, THREAD, context={**SETTINGS, "depth": depth}, stream_mode="custom"
    ):
        events.append(event)
        if len(places(events, "reward", round=depth)) == 2:
            gate.set()  # nothing else lets the last answer come
    check(events)
    ids = [f"r{depth}c{i}" for i in range(3)]
    told = [e["candidate"] for e in events if e["type"] == "tpo.reward" and e["round"] == depth]
    assert sorted(told) == ids  # each once
    (late,) = [i for i in places(events, "candidate") if events[i]["candidate"]["id"] == ids[-1]]
    assert len([i for i in places(events, "reward", round=depth) if i < late]) == 2
    assert places(events, "round", round=depth)[0] > late


async def test_a_language_judge_that_rates_one_answer_at_a_time_does_so_too():
    model, gate = waiting()
    judge = ScriptedModel(script=obey(lambda text: 1.0 + len(text) % 9))
    events: list[Any] = []
    async for event in app_of(model, tpo.Judge(judge)).astream(
        START, THREAD, context=SETTINGS, stream_mode="custom"
    ):
        events.append(event)
        if len(places(events, "reward")) == 2:
            gate.set()
    phases = events[-1]["usage"]["phases"]
    assert (phases["rank"]["requests"], phases["rank"]["scores"]) == (3, 3)
    assert phases["sample"]["requests"] == 3 + 1  # the judge was asked first whether it can


def test_a_text_is_scored_once_and_every_copy_is_told():
    events: list[Any] = []
    reward = Counts()
    model = says(sample="first 1", update=lambda k: improved(f"first {min(k, 1)}"))
    result = run(model, reward, sampling="parallel", on_event=events.append)
    assert reward.asked == {"first 1": 1, "first 0": 1}
    assert result["usage"]["phases"]["rank"]["scores"] == 2
    told = [e["candidate"] for e in events if e["type"] == "tpo.reward"]
    assert sorted(told) == [f"r{r}c{i}" for r in (0, 1) for i in range(3)]


@pytest.mark.parametrize("policy", ["skip", "raise", "degrade"])
async def test_one_that_failed_is_not_asked_again_before_the_run_is_resumed(policy):
    reward, fallback = Counts("first 1"), Counts(title="fallback")
    saver = InMemorySaver()
    app = app_of(says(), reward, saver, fallback=fallback)
    context = {**SETTINGS, "on_reward_failure": policy}
    try:
        result = await app.ainvoke(START, THREAD, context=context)
    except tpo.RewardError:
        assert policy == "raise"
        assert reward.asked == {f"first {i}": 1 for i in range(3)}
        reward.broken.clear()
        result = await app.ainvoke(None, THREAD, context=context)
        assert reward.asked == {"first 0": 1, "first 1": 2, "first 2": 1}
    else:
        assert reward.asked == {f"first {i}": 1 for i in range(3)}
        assert sum(fallback.asked.values()) == (3 if policy == "degrade" else 0)
    assert result["candidates"][1]["reward"] == (None if policy == "skip" else 1.0)
    assert "early" not in result


async def test_what_compares_answers_waits_for_all():
    class AllAtOnce:
        name, batch_size, notice = "all at once", None, ""

        async def score(self, messages: Any, answers: Any) -> Any:
            return [tpo.scored(len(answers))] * len(answers)

    result = await app_of(says(), AllAtOnce()).ainvoke(START, THREAD, context=SETTINGS)
    assert [c["reward"] for c in result["candidates"]] == [3.0] * 3


async def test_drafts_are_scored_while_the_samples_are_drawn():
    model, gate = waiting("first 1")
    events: list[Any] = []
    async for event in app_of(model, lambda q, a: float(len(a))).astream(
        {**START, "drafts": ["a draft"]}, THREAD, context=SETTINGS, stream_mode="custom"
    ):
        events.append(event)
        if places(events, "reward", candidate="r0c0"):
            gate.set()
    assert len(places(events, "reward")) == 3


@pytest.mark.parametrize("replaced", [False, True])
async def test_stopped_between_sample_and_rank_the_scores_stand_unless_the_reward_is_replaced(
    replaced,
):
    first, second, saver = Counts(), Counts(title="another"), InMemorySaver()
    app = app_of(says(), first, saver)
    await app.ainvoke(START, THREAD, context=SETTINGS, interrupt_before=["rank"])
    state = (await app.aget_state(THREAD)).values
    assert [c["reward"] for c in state["candidates"]] == [None] * 3
    later = second if replaced else first
    events = [
        event
        async for event in app_of(says(), later, saver).astream(
            None, THREAD, context=SETTINGS, stream_mode="custom"
        )
    ]
    assert len(places(events, "reward")) == 3  # a reader who came late is told
    assert sum(second.asked.values()) == (3 if replaced else 0)
    assert set(first.asked.values()) == {1}
    assert events[-1]["usage"]["phases"]["rank"]["scores"] == 3


async def test_an_answer_edited_before_it_is_ranked_is_scored_anew():
    reward = Counts()
    app = app_of(says(), reward)
    await app.ainvoke(START, THREAD, context=SETTINGS, interrupt_before=["rank"])
    edit = {"turn": 1, "id": "r0c0", "text": "better 7"}
    await app.aupdate_state(THREAD, {"candidates": [edit]})
    result = await app.ainvoke(None, THREAD, context=SETTINGS)
    assert (result["answer"], result["reward"]) == ("better 7", 17.0)


async def test_cancelled_between_text_and_score_nothing_finished_is_paid_again():
    """Two scores are in, one is being made, one text is still to come: then it is cancelled."""
    model, gate = waiting()
    stuck, reward = asyncio.Event(), Counts()

    async def scores(query: str, answer: str) -> float:
        if answer == "first 1":
            await stuck.wait()
        return await reward(query, answer)

    saver = InMemorySaver()
    app = app_of(model, scores, saver)
    told = 0
    async for event in app.astream(
        START, THREAD, context={**SETTINGS, "width": 4}, stream_mode="custom"
    ):
        told += event["type"] == "tpo.reward"
        if told == 2:
            break
    asked = len(model.asked)
    assert reward.asked == {"first 0": 1, "first 3": 1}
    gate.set()
    stuck.set()
    result = await app.ainvoke(None, THREAD, context={**SETTINGS, "width": 4})
    assert len(model.asked) == asked + 1  # the one that was still out
    assert reward.asked["first 0"] == reward.asked["first 3"] == 1
    assert [c["reward"] is not None for c in result["candidates"]] == [True] * 4


async def test_a_copy_that_comes_after_a_crash_is_not_scored_again():
    """The first place is asked again, and brings what the last place brought before the crash."""
    same = iter(["late", "first 1", "late", "late"])
    model, gate = waiting("never", sample=lambda k: next(same))
    reward = Counts()

    class First(Waits):
        async def _agenerate(self, *args: Any, **kwargs: Any) -> Any:
            nth = len(self.asked)
            result = self._result(args[0])
            if nth == 0:
                await gate.wait()
            return result

    first = First(script=model.script, gate=gate)
    app = app_of(first, reward)
    told = 0
    async for event in app.astream(START, THREAD, context=SETTINGS, stream_mode="custom"):
        told += event["type"] == "tpo.reward"
        if told == 2:
            break
    assert reward.asked == {"first 1": 1, "late": 1}
    gate.set()
    result = await app.ainvoke(None, THREAD, context=SETTINGS)
    assert [c["text"] for c in result["candidates"]] == ["late", "first 1", "late"]
    assert len(first.asked) == 4
    assert reward.asked == {"first 1": 1, "late": 1}
