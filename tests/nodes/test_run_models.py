"""The models of a run: resolved once per run and settings, and again when it is resumed."""

from __future__ import annotations

import asyncio
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import ExecutionInfo, RunControl, Runtime
from langgraph.types import Command
from steps import QUERY, prefer_later, says

import tpo
from tpo.core.context import Context
from tpo.core.errors import ConfigError, PromptError, RewardError, SpecError
from tpo.core.state import State
from tpo.nodes.paid import once_per_run
from tpo.nodes.paid.once_per_run import OncePerRun
from tpo.nodes.paid.run_models import GivenModels

FIRST: Any = {"messages": [("user", QUERY)]}
SETTINGS: dict[str, Any] = {"depth": 1, "width": 2, "retries": 0}
THREAD: Any = {"configurable": {"thread_id": "t"}}


def broken(query: str, answer: str) -> float:
    raise ValueError("out of order")


class MixFile:
    """A mix file of one function; counts how often it is read."""

    def __init__(self, file: Path) -> None:
        self.file, self.reads = file, 0
        self.names("later")

    def names(self, function: str, weight: float = 1.0) -> None:
        """Write the file."""
        part = f'[[parts]]\nreward = "verify:scorers:{function}"\nweight = {weight}\n'
        self.file.write_text(part, encoding="utf-8")

    @property
    def spec(self) -> str:
        return f"mix:{self.file}"


@pytest.fixture
def mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MixFile:
    scorers: Any = ModuleType("scorers")
    scorers.later, scorers.broken = prefer_later, broken
    monkeypatch.setitem(sys.modules, "scorers", scorers)
    monkeypatch.setenv("TPO_VERIFIERS", "scorers:later,scorers:broken")
    mix, read = MixFile(tmp_path / "mix.toml"), tomllib.loads

    def counted(text: str) -> Any:
        mix.reads += 1
        return read(text)

    monkeypatch.setattr(tomllib, "loads", counted)
    return mix


def rewards(result: Any) -> list[float]:
    return [c["reward"] for c in result["candidates"]]


async def test_a_mix_file_is_read_once_per_run(mix):
    app = tpo.build_tpo(says()).compile()
    await app.ainvoke(FIRST, context={**SETTINGS, "reward": mix.spec})
    assert mix.reads == 1
    await app.ainvoke(FIRST, context={**SETTINGS, "reward": mix.spec})
    assert mix.reads == 2


async def test_a_reward_given_to_the_builder_is_read_once_more_to_check_it(mix):
    app = tpo.build_tpo(says(), mix.spec).compile()
    assert mix.reads == 1
    await app.ainvoke(FIRST, context=SETTINGS)
    assert mix.reads == 2


async def test_runs_at_the_same_time_each_read_their_own(mix):
    app = tpo.build_tpo(says()).compile()
    settings = Context(**SETTINGS, reward=mix.spec)
    results = await asyncio.gather(*[app.ainvoke(FIRST, context=settings) for _ in range(5)])
    assert mix.reads == 5
    assert {result["stop_reason"] for result in results} == {"depth"}


async def test_a_resumed_run_sees_the_repaired_file(mix):
    mix.names("broken")
    app = tpo.build_tpo(says()).compile(checkpointer=InMemorySaver())
    settings = Context(**SETTINGS, reward=mix.spec)
    with pytest.raises(RewardError):
        await app.ainvoke(FIRST, THREAD, context=settings)
    mix.names("later", weight=2.0)
    result = await app.ainvoke(None, THREAD, context=settings)
    assert rewards(result) == [0.0, 2.0, 20.0, 22.0]
    assert mix.reads == 2


async def test_a_paused_run_goes_on_with_the_changed_file(mix):
    app = tpo.build_tpo(says()).compile(checkpointer=InMemorySaver())
    settings = Context(**SETTINGS, reward=mix.spec, human_pick=True)
    await app.ainvoke(FIRST, THREAD, context=settings)
    mix.names("later", weight=3.0)
    result = await app.ainvoke(Command(resume={"stop": False}), THREAD, context=settings)
    assert rewards(result) == [0.0, 1.0, 30.0, 33.0]
    assert mix.reads == 2


async def test_a_fork_resolves_again_and_takes_other_settings(mix):
    app = tpo.build_tpo(says()).compile(checkpointer=InMemorySaver())
    settings = Context(**SETTINGS, reward=mix.spec)
    await app.ainvoke(FIRST, THREAD, context=settings)
    history = [s async for s in app.aget_state_history(THREAD)]
    before_update = next(s.config for s in history if s.next == ("update",))
    mix.names("later", weight=3.0)
    forked = await app.ainvoke(None, before_update, context=settings)
    assert rewards(forked) == [0.0, 1.0, 36.0, 39.0]  # the model says `better 2` and `better 3`
    other = settings.model_copy(update={"reward": "heuristic"})
    forked = await app.ainvoke(None, before_update, context=other)
    assert forked["rounds"][-1]["ranked_by"] == "heuristic"
    assert mix.reads == 2


async def test_each_run_inside_another_graph_reads_its_own(mix):
    app = tpo.build_tpo(says(), defaults=Context(**SETTINGS, reward=mix.spec)).compile()

    async def twice(state: State) -> dict[str, Any]:
        await app.ainvoke(FIRST)
        await app.ainvoke(FIRST)
        return {"answer": "done"}

    outer = StateGraph(State)
    outer.add_node("twice", twice)
    outer.add_edge(START, "twice")
    outer.add_edge("twice", END)
    await outer.compile(checkpointer=InMemorySaver()).ainvoke(FIRST, THREAD)
    assert mix.reads == 2


def test_what_cannot_be_right_is_refused_when_the_graph_is_built():
    with pytest.raises(SpecError, match="unknown reward 'nonsense'"):
        GivenModels(reward="nonsense").checked()
    with pytest.raises(ConfigError):
        GivenModels(heldout=3).checked()  # type: ignore[arg-type]
    with pytest.raises(PromptError):
        GivenModels(prompts={"update": "no placeholder"}).checked()


async def test_a_run_that_may_degrade_needs_a_fallback():
    app = tpo.build_tpo(says()).compile()
    with pytest.raises(ConfigError, match="on_reward_failure=degrade needs a fallback_reward"):
        await app.ainvoke(FIRST, context={"on_reward_failure": "degrade"})


@pytest.mark.parametrize("context", [None, {"messages": []}, object()])
def test_a_foreign_or_missing_context_means_the_defaults(context):
    foreign: Runtime[Any] = Runtime(context=context)
    assert GivenModels().settings(foreign) == Context()
    assert GivenModels(defaults=Context(depth=1)).settings(foreign).depth == 1


class Maker:
    """Makes numbers, one after the other, in a moment."""

    def __init__(self, *faults: BaseException) -> None:
        self.made = 0
        self.faults = list(faults)

    async def __call__(self) -> int:
        self.made += 1
        await asyncio.sleep(0)
        if self.faults:
            raise self.faults.pop()
        return self.made


def runtime(control: RunControl | None = None, ns: str = "sample:1") -> Runtime[Any]:
    return Runtime(
        control=control or RunControl(),
        execution_info=ExecutionInfo(checkpoint_id="c", checkpoint_ns=ns, task_id="t"),
    )


async def test_first_calls_at_the_same_time_share_one_making():
    once, make, step = OncePerRun[int](), Maker(), runtime()
    found = await asyncio.gather(*[once.get(step, Context(), make) for _ in range(9)])
    assert (set(found), make.made) == ({1}, 1)


async def test_other_settings_and_other_runs_have_their_own():
    once, make, control = OncePerRun[int](), Maker(), RunControl()
    assert await once.get(runtime(control), Context(), make) == 1
    assert await once.get(runtime(control, "rank:2"), Context(), make) == 1
    assert await once.get(runtime(control), Context(depth=1), make) == 2
    assert await once.get(runtime(control, "outer:1|sample:1"), Context(), make) == 3
    assert await once.get(runtime(), Context(), make) == 4


async def test_a_failure_is_not_kept():
    once, make, step = OncePerRun[int](), Maker(ConfigError("not yet")), runtime()
    with pytest.raises(ConfigError):
        await once.get(step, Context(), make)
    assert await once.get(step, Context(), make) == 2


async def test_a_step_that_is_cancelled_leaves_the_making_to_the_next():
    once, make, step = OncePerRun[int](), Maker(), runtime()
    first, second = (asyncio.create_task(once.get(step, Context(), make)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 2
    assert first.cancelled()


async def test_outside_a_run_nothing_is_kept():
    once, make = OncePerRun[int](), Maker()
    assert [await once.get(Runtime(), Context(), make) for _ in range(2)] == [1, 2]


def test_another_event_loop_has_its_own_and_a_closed_one_leaves_nothing():
    once, make, step = OncePerRun[int](), Maker(), runtime()
    for nth in (1, 2):
        assert asyncio.run(once.get(step, Context(), make)) == nth
        assert len(once._slots) == 1


async def test_it_keeps_a_limited_number_of_runs(monkeypatch):
    monkeypatch.setattr(once_per_run, "MAX_RUNS", 3)
    once, make, runs = OncePerRun[int](), Maker(), [runtime() for _ in range(4)]
    for step in runs:
        await once.get(step, Context(), make)
    assert len(once._slots) == 3
    assert await once.get(runs[3], Context(), make) == 4
    assert await once.get(runs[0], Context(), make) == 5
