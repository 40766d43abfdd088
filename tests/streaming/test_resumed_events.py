"""Events of an interrupted run: what was finished before is in the state, not sent again."""

from __future__ import annotations

from typing import Any

import pytest
import synthetic_task
from event_log import check, only, places
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

import tpo

INPUT = {"messages": [("user", synthetic_task.QUERY)]}
THREAD = {"configurable": {"thread_id": "t"}}
CONTEXT = {"depth": 1, "width": 3, "seed": 11, "sampling": "parallel", "max_concurrency": 1}


async def listen(app: Any, given: Any, until: str = "", **context: Any) -> list[Any]:
    """Return the events of a run, or those up to the first of a type, where it is left."""
    events = []
    async for event in app.astream(
        given, THREAD, context={**CONTEXT, **context}, stream_mode="custom", durability="sync"
    ):
        events.append(event)
        if event["type"] == until:
            break
    return events


@pytest.mark.parametrize("until", ["tpo.candidate", "tpo.reward", "tpo.loss", "tpo.gradient"])
async def test_a_resumed_run_goes_on_and_the_state_has_the_rest(until):
    model = synthetic_task.model()
    app = tpo.build_tpo(model, synthetic_task.reward).compile(checkpointer=InMemorySaver())
    before = await listen(app, INPUT, until)
    after = await listen(app, None)
    check(after)
    sampling = until in {"tpo.candidate", "tpo.reward"}  # an answer is scored as it arrives
    assert bool(places(after, "run_started")) == sampling
    drawn = {e["candidate"]["id"] for e in before if e["type"] == "tpo.candidate"}
    again = {e["candidate"]["id"] for e in after if e["type"] == "tpo.candidate"}
    assert again - drawn == {f"r{r}c{i}" for r in (0, 1) for i in range(3)} - drawn
    assert after[-1]["type"] == "tpo.final"
    state = (await app.aget_state(THREAD)).values
    told = {e["candidate"]["id"] for e in before + after if e["type"] == "tpo.candidate"}
    assert told == {c["id"] for c in state["candidates"]}
    assert all(c["reward"] is not None for c in state["candidates"])
    assert only(after, "final")["usage"] == state["usage"]
    assert [e["elapsed"] for e in after] == sorted(e["elapsed"] for e in after)


async def test_a_persons_choice_is_an_event():
    model = synthetic_task.model()
    app = tpo.build_tpo(model, synthetic_task.reward).compile(checkpointer=InMemorySaver())
    before = await listen(app, INPUT, human_pick=True)
    chosen, rejected = (before[-1]["selected"][role] for role in ("chosen", "rejected"))
    after = await listen(app, Command(resume={"chosen": rejected}), human_pick=True)
    check(after)
    picked = after[0]["selected"]
    assert (after[0]["type"], picked["picked_by"]) == ("tpo.round", "human")
    assert picked["chosen"] == rejected
    assert picked["rejected"] not in {None, rejected}
    assert chosen != rejected
