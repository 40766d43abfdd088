"""Broken off after a step's work is saved and before the checkpoint that follows it.

Every step has this moment, a few milliseconds long. LangGraph then takes the step's node
for done, and does not bring back what its tasks have written themselves: `restore` does.
"""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from synthetic_run import Run, outcome, whole

from tpo import NoCandidateError, State

LAST = 11  # the checkpoint after finish: input is -1, then sample 1, rank 2, loss 3, ...


def fail_at(run: Run, step: int, monkeypatch: pytest.MonkeyPatch, inside: str = "") -> None:
    """Let the saver fail to save one checkpoint, as if the process ended there.

    It is one of the graph itself, or of a graph inside it.
    """
    saver = run.app.checkpointer  # compiling has made a copy
    aput = saver.aput

    async def failing(config: Any, checkpoint: Any, metadata: Any, versions: Any) -> Any:
        place = config["configurable"]["checkpoint_ns"]
        if metadata["step"] == step and place.startswith(inside) and bool(place) == bool(inside):
            raise OSError("no space left on device")
        return await aput(config, checkpoint, metadata, versions)

    monkeypatch.setattr(saver, "aput", failing)


async def test_texts_that_the_saver_did_not_keep_are_told(config, monkeypatch):
    """One write fails, and the saver is well again for those that follow."""
    run = Run(InMemorySaver(), sampling="native")
    saver = run.app.checkpointer
    aput_writes = saver.aput_writes

    async def failing(config: Any, writes: Any, *rest: Any) -> None:
        if any("text" in str(value) for channel, value in writes if channel == "candidates"):
            raise OSError("no space left on device")
        await aput_writes(config, writes, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(saver, "aput_writes", failing)
        with pytest.raises(OSError, match="no space"):
            await run.start(config, durability="sync")
    with pytest.raises(NoCandidateError, match="no text of this run was saved"):
        await run.resume(config)
    first = [c.config async for c in run.app.aget_state_history(config) if c.next == ("sample",)]
    assert (await run.resume(first[0]))["stop_reason"] == "depth"


@pytest.mark.parametrize("sampling", ["native", "parallel"])
async def test_nothing_is_lost_or_asked_again(saver, monkeypatch, sampling):
    expected, other = await whole(sampling=sampling)
    for step in range(LAST + 1):
        run, config = await _broken_at(step, saver, monkeypatch, sampling, "sync")
        assert not await is_over(run, config)
        assert outcome(await run.resume(config)) == expected, f"checkpoint {step}"
        assert await is_over(run, config)
        assert run.asked == other.asked, f"checkpoint {step}"
        assert run.scored == other.scored, f"checkpoint {step}"


async def is_over(run: Run, config: Any) -> bool:
    """Tell whether a run is over, as docs/durability.md says: `next` alone does not."""
    state = await run.app.aget_state(config)
    return not state.next and not state.tasks


async def test_async_durability_ends_the_same(saver, monkeypatch):
    """It may have begun the next step, whose first results then have nowhere to belong."""
    expected, _ = await whole()
    for step in range(LAST + 1):
        run, config = await _broken_at(step, saver, monkeypatch, "parallel", "async")
        assert outcome(await run.resume(config)) == expected, f"checkpoint {step}"


async def _broken_at(
    step: int, saver: Any, monkeypatch: pytest.MonkeyPatch, sampling: str, durability: str
) -> tuple[Run, Any]:
    config = {"configurable": {"thread_id": f"{step}"}}
    run = Run(saver, sampling=sampling)
    with monkeypatch.context() as patched:
        fail_at(run, step, patched)
        with pytest.raises(OSError, match="no space"):
            await run.start(config, durability=durability)
    return run, config


async def test_a_run_whose_input_was_not_saved_starts_anew(saver, config, monkeypatch):
    run = Run(saver)
    with monkeypatch.context() as patched:
        fail_at(run, -1, patched)
        with pytest.raises(OSError, match="no space"):
            await run.start(config, durability="sync")
    assert (await run.app.aget_state(config)).created_at is None
    assert outcome(await run.start(config)) == (await whole())[0]


async def test_nothing_is_lost_inside_another_graph(saver, config, monkeypatch):
    """There the run has its own checkpoints, beside those of the graph around it."""
    expected, other = await whole()
    for step in range(LAST + 1):
        run = Run()
        around = StateGraph(State).add_node("tpo", run.graph.compile()).add_edge(START, "tpo")
        run.app = around.compile(checkpointer=saver)
        run.context = run.context.model_copy(update={"depth": 2})
        config = {"configurable": {"thread_id": f"inside {step}"}}
        with monkeypatch.context() as patched:
            fail_at(run, step, patched, "tpo:")
            with pytest.raises(OSError, match="no space"):
                await run.start(config, durability="sync")
        assert outcome(await run.resume(config)) == expected, f"checkpoint {step}"
        assert run.asked == other.asked, f"checkpoint {step}"


@pytest.mark.parametrize("depth", [1, 2])
async def test_history_and_forks_after_a_restored_round(saver, config, monkeypatch, depth):
    """The checkpoint that lacked the texts can be forked; later ones have them."""
    expected, _ = await whole(depth=depth)
    run = Run(saver, depth=depth)
    after_update = 4 * depth + 1
    with monkeypatch.context() as patched:
        fail_at(run, after_update, patched)
        with pytest.raises(OSError, match="no space"):
            await run.start(config, durability="sync")
    await run.resume(config)
    states = {s.metadata["step"]: s async for s in run.app.aget_state_history(config)}
    bare = states[after_update].values["candidates"]
    assert [c["text"] for c in bare].count("") == run.context.width
    assert states[after_update + 1].values["candidates"] == expected["candidates"]
    asked = len(run.model.asked)
    assert outcome(await run.resume(states[after_update].config)) == expected
    assert len(run.model.asked) == asked  # ranked again, with the restored texts


async def test_a_text_that_is_nowhere_is_an_error_on_its_candidate(config):
    run = Run(depth=1)
    await run.start(config)
    states = [state async for state in run.app.aget_state_history(config)]
    (ranked,) = [s for s in states if s.next == ("rank",) and s.values["round"] == 1]
    stub = {"id": "r1c9", "turn": 1, "round": 1, "index": 9, "reward": None, "error": None}
    stub |= {"finish_reason": None, "parent_round": 0}
    fork = await run.app.aupdate_state(ranked.config, {"candidates": [stub]}, as_node="update")
    result = await run.resume(fork)
    assert result["candidates"][-1]["id"] == "r1c9"
    assert result["candidates"][-1]["failure"] == "lost"
    assert result["stop_reason"] == "depth"
