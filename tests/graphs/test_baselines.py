"""Best-of-N and revision: the same nodes, by mode or by factory."""

from __future__ import annotations

from typing import Any

import pytest
from steps import QUERY, prefer_later, run, says

import tpo
from tpo.graphs.baselines import BestOfNContext, RevisionContext

INPUT: Any = {"messages": [("user", QUERY)]}


async def both(mode: str, build: Any, **knobs: Any) -> list[tuple[Any, Any]]:
    """Run the mode, and the factory without naming it."""
    done = []
    for app, context in [
        (tpo.build_tpo, {"mode": mode, **knobs}),
        (build, knobs),
    ]:
        model = says()
        graph = app(model, prefer_later).compile()
        done.append((await graph.ainvoke(INPUT, context={"width": 3, **context}), model))
    return done


async def test_best_of_n_samples_once_and_returns_the_best():
    for result, model in await both("best_of_n", tpo.build_best_of_n, depth=5):
        assert (result["answer"], result["stop_reason"]) == ("first 2", "depth")
        assert [ask.step for ask in model.asked] == ["sample"]
        assert len(result["rounds"]) == 1


async def test_revision_improves_and_never_shows_the_rejected_answer():
    for result, model in await both("revision", tpo.build_revision, depth=2):
        assert (result["answer"], result["stop_reason"]) == ("better 5", "depth")
        assert len(model.asked) == 7
        for ask in model.asked[1:]:
            assert "rejected" not in ask.text
            assert "first 0" not in ask.text
        assert "<chosen_answer>\nfirst 2\n</chosen_answer>" in model.asked[1].text


@pytest.mark.parametrize("prompts", ["default", "shared-prefix"])
def test_revision_in_both_prompt_sets(prompts):
    model = says()
    run(model, mode="revision", prompts=prompts, depth=2)
    assert not any("rejected" in ask.text for ask in model.asked)


def test_revision_goes_on_where_there_is_nothing_to_contrast():
    result = run(says(sample="first 1"), mode="revision")
    assert (result["answer"], result["stop_reason"]) == ("better 2", "depth")


async def test_without_a_context_the_factory_decides():
    result = await tpo.build_best_of_n(says(), prefer_later).compile().ainvoke(INPUT)
    assert len(result["candidates"]) == 5
    assert len(result["rounds"]) == 1


@pytest.mark.parametrize(
    ("schema", "mode"), [(BestOfNContext, "best_of_n"), (RevisionContext, "revision")]
)
def test_forms_show_the_mode(schema, mode):
    assert schema.model_json_schema()["properties"]["mode"]["default"] == mode
    graph = tpo.build_best_of_n() if mode == "best_of_n" else tpo.build_revision()
    shown = graph.compile().get_context_jsonschema()
    assert shown is not None
    assert shown["properties"]["mode"]["default"] == mode
