"""Going on from an earlier checkpoint, edited or not; what was there stays as it was."""

from __future__ import annotations

from typing import Any

import pytest
from synthetic_run import Run, outcome, whole

BEFORE = ("candidates", "rounds", "round", "usage", "answer", "reward", "stop_reason")


async def states(run: Run, config: Any) -> dict[str, Any]:
    """Return the saved states by their id."""
    history = run.app.aget_state_history(config)
    return {s.config["configurable"]["checkpoint_id"]: s async for s in history}


def shown(state: Any) -> dict[str, Any]:
    return {"next": state.next, **{name: state.values.get(name) for name in BEFORE}}


class Finished:
    """A finished run whose checkpoints are remembered, to see that a fork leaves them alone."""

    def __init__(self, run: Run, config: Any, saved: dict[str, Any]) -> None:
        self.run, self.config, self.saved = run, config, saved
        self.first = len(run.model.asked)

    def at(self, step: str, nth: int = 0) -> Any:
        """Return the config of the checkpoint from which `step` of the nth round is next."""
        for state in self.saved.values():
            if state.next == (step,) and state.values["round"] == nth:
                return state.config
        raise AssertionError(f"no checkpoint before {step}")

    async def edit(self, step: str, values: Any, *, by: str, nth: int = 0) -> tuple[Any, Any]:
        """Write to the state before `step` as node `by`; return the fork and its `next`."""
        app = self.run.app
        fork = await app.aupdate_state(self.at(step, nth), values, as_node=by)
        return fork, (await app.aget_state(fork)).next

    async def go_on(self, fork: Any, **knobs: Any) -> dict[str, Any]:
        """Run the fork to its end, and check the run it came from."""
        context = self.run.context.model_copy(update=knobs)
        result = await self.run.resume(fork, context=context)
        now = await states(self.run, self.config)
        for key, state in self.saved.items():
            assert shown(now[key]) == shown(state)
        return result

    @property
    def asked(self) -> list[str]:
        """The steps that asked the model since the run had finished."""
        return self.run.steps(self.first)


@pytest.fixture
async def finished(saver: Any, config: Any) -> Finished:
    run = Run(saver, width=WIDTH)
    await run.start(config)
    return Finished(run, config, await states(run, config))


WIDTH = 5
ROUND = ["loss", "gradient", *["update"] * WIDTH]


IDS = [f"r{r}c{i}" for r in range(3) for i in range(WIDTH)]


async def test_an_edited_gradient(finished):
    edit = {"rounds": [{"turn": 1, "round": 0, "gradient": "Add: amber, and nothing else."}]}
    fork, after = await finished.edit("update", edit, by="gradient")
    assert after == ("update",)
    result = await finished.go_on(fork)
    assert finished.asked == [*ROUND[2:], *ROUND]
    first = finished.run.model.asked[finished.first]
    assert "Add: amber, and nothing else." in first.text
    assert result["rounds"][0]["gradient"] == "Add: amber, and nothing else."
    assert result["rounds"][0]["loss"]  # untouched
    assert [c["id"] for c in result["candidates"]] == IDS
    assert result["stop_reason"] == "depth"


async def test_an_edited_loss(finished):
    edit = {"rounds": [{"turn": 1, "round": 0, "loss": "It is far too long."}]}
    fork, after = await finished.edit("gradient", edit, by="loss")
    assert after == ("gradient",)
    result = await finished.go_on(fork)
    assert finished.asked == [*ROUND[1:], *ROUND]
    assert "It is far too long." in finished.run.model.asked[finished.first].text
    assert result["rounds"][0]["loss"] == "It is far too long."


async def test_an_edited_gradient_of_a_later_round(finished):
    edit = {"rounds": [{"turn": 1, "round": 1, "gradient": "Add: dune."}]}
    fork, after = await finished.edit("update", edit, by="gradient", nth=1)
    assert after == ("update",)
    result = await finished.go_on(fork)
    assert finished.asked == ROUND[2:]
    assert [r["gradient"] for r in result["rounds"]][1:] == ["Add: dune.", None]


async def test_a_dropped_candidate(finished):
    """Written as `update`, the pool is ranked again; known rewards are not asked again."""
    before = finished.saved[finished.at("loss")["configurable"]["checkpoint_id"]].values
    best = before["rounds"][0]["chosen"]
    edit = {"candidates": [{"turn": 1, "id": best, "error": "dropped by hand", "reward": None}]}
    scored = finished.run.scored.total()
    fork, after = await finished.edit("loss", edit, by="update")
    assert after == ("rank",)
    result = await finished.go_on(fork)
    assert result["rounds"][0]["chosen"] != best
    assert best not in {r["chosen"] for r in result["rounds"]}
    (dropped,) = [c for c in result["candidates"] if c["id"] == best]
    assert (dropped["error"], dropped["reward"]) == ("dropped by hand", None)
    assert finished.asked == [*ROUND, *ROUND]
    assert finished.run.scored.total() == scored + 2 * WIDTH  # the new ones only


async def test_an_edited_text_is_scored_again(finished):
    text = "amber basil cedar dune ember fjord grove heath islet"
    edit = {"candidates": [{"turn": 1, "id": "r0c1", "text": text, "reward": None}]}
    fork, after = await finished.edit("loss", edit, by="update")
    assert after == ("rank",)
    result = await finished.go_on(fork)
    assert finished.run.scored[text] == 1
    assert result["rounds"][0]["chosen"] == "r0c1"
    assert result["candidates"][1]["text"] == text
    assert result["candidates"][1]["reward"] > 0.7


async def test_an_edited_choice(finished):
    chosen = {"turn": 1, "round": 0, "chosen": "r0c0", "picked_by": "human"}
    fork, _ = await finished.edit("loss", {"rounds": [chosen]}, by="rank")
    result = await finished.go_on(fork)
    assert result["rounds"][0]["chosen"] == "r0c0"
    text = result["candidates"][0]["text"]
    assert text in finished.run.model.asked[finished.first].text


@pytest.mark.parametrize("values", [None, {}])
async def test_a_finished_run_goes_deeper(finished, values):
    expected, _ = await whole(depth=3, width=WIDTH)
    fork, _ = await finished.edit("finish", values, by="rank", nth=2)
    result = await finished.go_on(fork, depth=3)
    assert finished.asked == ROUND
    assert outcome(result) == expected


async def test_a_fork_that_has_nothing_left_to_do_finishes(finished):
    fork, _ = await finished.edit("finish", None, by="rank", nth=2)
    result = await finished.go_on(fork)
    assert finished.asked == []
    assert outcome(result) == (await whole(width=WIDTH))[0]


@pytest.mark.parametrize("step", ["sample", "rank", "loss", "gradient", "update"])
async def test_replay_from_a_checkpoint(finished, step):
    """The same seed and answers give the same run again, along a branch of its own."""
    (state,) = [
        state
        for state in finished.saved.values()
        if state.next == (step,) and state.values.get("round", 0) == 0
    ]
    assert outcome(await finished.go_on(state.config)) == (await whole(width=WIDTH))[0]
    left = {"sample": 19, "rank": 14, "loss": 14, "gradient": 13, "update": 12}
    assert len(finished.asked) == left[step]


async def test_a_fork_is_what_the_thread_goes_on_from(finished):
    edit = {"rounds": [{"turn": 1, "round": 0, "gradient": "Add: amber."}]}
    fork, _ = await finished.edit("update", edit, by="gradient")
    assert (await finished.run.app.aget_state(finished.config)).next == ("update",)
    result = await finished.go_on(finished.config)  # the thread, no checkpoint named
    assert result["rounds"][0]["gradient"] == "Add: amber."
    assert fork["configurable"]["checkpoint_id"] in await states(finished.run, finished.config)


async def test_a_fork_of_a_fork(finished):
    app = finished.run.app
    first, _ = await finished.edit(
        "update", {"rounds": [{"turn": 1, "round": 0, "gradient": "one"}]}, by="gradient"
    )
    second = await app.aupdate_state(
        first, {"rounds": [{"turn": 1, "round": 0, "gradient": "two"}]}, as_node="gradient"
    )
    one, two = await finished.go_on(first), await finished.go_on(second)
    assert (one["rounds"][0]["gradient"], two["rounds"][0]["gradient"]) == ("one", "two")


async def test_usage_of_a_fork_goes_on_from_its_checkpoint(finished):
    fork, _ = await finished.edit("update", None, by="gradient")
    spent = (await finished.run.app.aget_state(fork)).values["usage"]["total"]["requests"]
    result = await finished.go_on(fork)
    assert spent == WIDTH + 2
    assert result["usage"]["total"]["requests"] == spent + len(finished.asked)
