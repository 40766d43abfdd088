"""A trace reads like the paper: steps, beneath them the requests, each by its name."""

from __future__ import annotations

import json
from typing import Any

import pytest
import synthetic_task
from doc_page import Page
from fake_judge import goods, judging, obey
from langchain_core.tracers import Run
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler
from scripted_model import ScriptedModel

import tpo
from tpo.models.policy import Policy
from tpo.rewards.judging.pointwise import Judge

LOOP = ["sample", "rank", "loss", "gradient", "update", "rank", "finish"]
LONG = "An answer that is long enough to weigh. " * 50


@pytest.fixture(autouse=True)
def _noted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """LangChain tells a handler from threads, so requests sent together came in any order."""
    monkeypatch.setattr(RunCollectorCallbackHandler, "run_inline", True)


async def traced(model: Any = None, reward: Any = synthetic_task.reward, **knobs: Any) -> Run:
    recorder = RunCollectorCallbackHandler()
    app = tpo.build_tpo(model or synthetic_task.model(), reward).compile(name="tpo")
    await app.ainvoke(
        {"messages": [("user", synthetic_task.QUERY)]},
        {"callbacks": [recorder], "metadata": {"mine": 1}},
        context={"depth": 1, "width": 2, "seed": 11, **knobs},
    )
    (run,) = recorder.traced_runs
    return run


def every(run: Run) -> list[Run]:
    return [run, *(r for child in run.child_runs for r in every(child))]


def tree(run: Run) -> Any:
    """The names, nested: what a person sees on the left."""
    return {run.name: [tree(child) for child in run.child_runs]} if run.child_runs else run.name


def of(run: Run, name: str) -> list[Run]:
    return [r for r in every(run) if r.name == name]


def marks(run: Run) -> dict[str, Any]:
    return {k: v for k, v in run.metadata.items() if k.startswith("tpo_")}


@pytest.mark.parametrize(
    ("sampling", "requests"), [("parallel", ["c0", "c1"]), ("native", ["c0-1"])]
)
async def test_the_tree_is_the_loop(sampling, requests):
    run = await traced(sampling=sampling)

    scores, apart = ["request_rewards"] * 2, len(requests) > 1  # scored as they arrive

    def drawn(step: str, now: int) -> Any:
        asked = [{"request_candidates": [f"{step} r{now}{name}"]} for name in requests]
        return {step: [*asked, *scores] if apart else asked}

    ranked = "rank" if apart else {"rank": scores}
    assert tree(run) == {
        "tpo": [
            drawn("sample", 0),
            ranked,
            {"loss": ["loss r0"]},
            {"gradient": ["gradient r0"]},
            drawn("update", 1),
            ranked,
            "finish",
        ]
    }


@pytest.mark.parametrize("live", [True, False])
async def test_a_request_says_phase_round_and_candidate(live):
    run = await traced(sampling="parallel", live=live)
    models = {r.name: r for r in every(run) if r.run_type == "llm"}
    assert len(models) == 6
    assert marks(models["update r1c1"]) == {
        "tpo_phase": "update",
        "tpo_round": 1,
        "tpo_request": "r1c1",
        "tpo_candidate": "r1c1",
    }
    critique = {"tpo_phase": "loss", "tpo_round": 0, "tpo_request": "r0-loss"}
    assert marks(models["loss r0"]) == critique
    assert all("tpo" in (r.tags or []) for r in models.values())
    assert all(r.metadata["mine"] == 1 for r in models.values())  # the caller's is kept


async def test_several_texts_in_one_request_are_named_as_in_the_events():
    run = await traced(sampling="native")
    (asked,) = of(run, "sample r0c0-1")
    assert marks(asked) == {"tpo_phase": "sample", "tpo_round": 0, "tpo_request": "r0c0-1"}


async def test_a_judge_is_seen_beneath_rank():
    run = await traced(reward=Judge(judging(obey(goods))), depth=0)
    (rank,) = of(run, "rank")
    judged = [r for r in every(rank) if r.run_type == "llm"]
    assert {r.name for r in judged} == {"judge"}
    assert marks(judged[0]) == {"tpo_phase": "rank"}


async def test_texts_are_not_repeated_step_by_step():
    model = ScriptedModel(script=lambda *asked: f"{synthetic_task.say(*asked)} {LONG}")
    run = await traced(model, sampling="parallel")
    steps = [r for r in run.child_runs if r.name in LOOP]
    assert [r.name for r in steps] == LOOP
    assert all(LONG not in json.dumps(r.inputs, default=str) for r in steps)
    assert steps[4].inputs == {
        "turn": 1,
        "round": 0,
        "chosen": run.outputs["rounds"][0]["chosen"],
        "rejected": run.outputs["rounds"][0]["rejected"],
        "candidates": 2,
    }
    tasks = [r for r in every(run) if r.name.startswith("request_")]
    assert all(len(json.dumps(r.inputs, default=str)) < 200 for r in tasks)
    # What the first samples said: where it came, in the prompts made of it, in the result.
    assert sum(r.run_type != "llm" and LONG in str(r.outputs) for r in every(run)) <= 4


PAGE = Page("tracing.md")


def test_the_page_shows_the_tree_as_it_is(monkeypatch, capsys):
    model = synthetic_task.model(script=synthetic_task.say_apart)
    monkeypatch.setattr("tpo.models.policy.build_policy", lambda spec: Policy(model, spec))
    monkeypatch.setattr("tpo.models.policy._shared", {})
    (snippet,) = PAGE.snippets
    PAGE.run(snippet)
    (shown,) = PAGE.blocks("text")
    assert capsys.readouterr().out.splitlines() == shown.splitlines()


async def test_the_page_names_all_marks():
    run = await traced(sampling="parallel")
    told = {name for r in every(run) for name in marks(r)}
    assert set(PAGE.rows("How a trace reads")) == told
