"""Forks through `update_state`, whose edges are decided before the settings are known."""

from __future__ import annotations

from typing import Any

import pytest
import synthetic_task
from langgraph.checkpoint.memory import InMemorySaver

import tpo

THREAD = {"configurable": {"thread_id": "t"}}
CONTEXT = {"depth": 2, "width": 3, "seed": 1}


class Past:
    """A finished run and its checkpoints, oldest first."""

    def __init__(self) -> None:
        self.model = synthetic_task.model()
        graph = tpo.build_tpo(self.model, synthetic_task.reward)
        self.app = graph.compile(checkpointer=InMemorySaver())

    async def live(self) -> None:
        question = {"messages": [("user", synthetic_task.QUERY)]}
        await self.app.ainvoke(question, THREAD, context=CONTEXT)
        history = [state async for state in self.app.aget_state_history(THREAD)]
        self.checkpoints = history[::-1]

    def before(self, node: str, turned: int = 0) -> Any:
        fits = [s for s in self.checkpoints if s.next == (node,)]
        return next(s for s in fits if s.values["round"] == turned)

    async def change(self, there: Any, node: str, **fields: Any) -> Any:
        record = {"turn": 1, "round": there.values["round"], **fields}
        return await self.app.aupdate_state(there.config, {"rounds": [record]}, as_node=node)


@pytest.fixture
async def past() -> Past:
    made = Past()
    await made.live()
    return made


@pytest.mark.parametrize(
    ("coming", "now", "depth", "rounds"),
    [
        ("loss", 0, 2, 3),  # as it was
        ("loss", 0, 0, 1),  # now it is to stop here
        ("finish", 2, 3, 4),  # now it is to go on
        ("finish", 2, 2, 3),
    ],
)
async def test_an_edited_ranking_stops_by_the_settings_it_goes_on_with(
    past, coming, now, depth, rounds
):
    there = past.before(coming, now)
    fork = await past.change(there, "rank", rejected=there.values["rounds"][-1]["rejected"])
    asked = len(past.model.asked)
    out = await past.app.ainvoke(None, fork, context={**CONTEXT, "depth": depth})
    assert out["stop_reason"] == "depth"
    assert len(out["rounds"]) == rounds
    assert len(past.model.asked) - asked == 3 * (rounds - now - 1)


@pytest.mark.parametrize(("step", "then"), [("loss", "gradient"), ("gradient", "update")])
async def test_an_edited_critique_is_what_follows_works_with(past, step, then):
    fork = await past.change(past.before(then), step, **{step: "Say basil."})
    assert (await past.app.aget_state(fork)).next == (then,)
    asked = len(past.model.asked)
    out = await past.app.ainvoke(None, fork, context={**CONTEXT, "depth": 1})
    assert out["rounds"][0][step] == "Say basil."
    assert "Say basil." in past.model.asked[asked].text
    assert out["stop_reason"] == "depth"


async def test_an_edited_halt_is_heeded_at_once(past):
    there = past.before("loss")
    fork = await past.app.aupdate_state(there.config, {"halt": "human"}, as_node="rank")
    assert (await past.app.aget_state(fork)).next == ("finish",)
    out = await past.app.ainvoke(None, fork, context=CONTEXT)
    assert out["stop_reason"] == "human"


async def test_with_other_settings_a_resumed_run_stops_before_it_pays(past):
    there = past.before("loss", 1)
    asked = len(past.model.asked)
    out = await past.app.ainvoke(None, there.config, context={**CONTEXT, "depth": 1})
    assert (out["stop_reason"], len(out["rounds"])) == ("depth", 2)
    assert len(past.model.asked) == asked
