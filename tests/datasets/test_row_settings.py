"""A row may bring settings of its own; what all rows share is refused, with the line."""

from __future__ import annotations

import json

import pytest
from scripted_model import ScriptedModel

import tpo
from tpo.core.context import Context
from tpo.datasets.batch.json_lines import read_lines
from tpo.datasets.batch.plan import Totals
from tpo.datasets.export.folders import sources_in
from tpo.datasets.rows.own_settings import OF_ALL
from tpo.datasets.rows.row_file import rows_of

NOWHERE = "openai:none@http://h/v1"


def answers(messages, index, seed):
    if "improved_answer" in messages[-1].text:
        return f"<improved_answer>{'long ' * (index + 2)}</improved_answer>"
    return "short " * (index + 1)


def by_length(query: str, answer: str) -> float:
    return len(answer)


async def test_its_own_settings_take_the_place_of_those_of_all_rows(tmp_path):
    rows = [
        {"id": "a", "prompt": "One?"},
        {"id": "b", "prompt": "Two?", "settings": {"width": 3, "depth": 0, "temperature": 0.1}},
        {"id": "c", "prompt": "Three?", "settings": {"target_reward": 1.0, "seed": None}},
    ]
    model = ScriptedModel(script=answers)
    place = {"folder": tmp_path, "policy": model, "reward": by_length, "depth": 1, "width": 2}
    results = {row["id"]: row async for row in tpo.abatch(rows, **place)}
    assert {id: row["stop_reason"] for id, row in results.items()} == {
        "a": "depth",
        "b": "depth",
        "c": "target",
    }
    pools = {pool["id"]: pool for pool in read_lines(tmp_path / "pools.jsonl")}
    assert [len(pools[id]["candidates"]) for id in "abc"] == [4, 3, 2]
    assert ("settings" in results["a"], results["b"]["settings"]) == (False, rows[1]["settings"])
    taken = {source.id: source.settings for source in sources_in(tmp_path)}
    assert [taken[id]["width"] for id in "abc"] == [2, 3, 2]


def test_in_csv_they_are_json():
    rows = rows_of([{"prompt": "Why?", "settings": '{"depth": 1}'}]).checked()
    assert [row.settings for row in rows] == [{"depth": 1}]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"n": 3}, r'"settings": unknown setting n. Did you mean width\?'),
        ({"depth": 99}, '"settings": depth: input should be less than or equal to 20'),
        ({"depth": True}, '"settings": depth: True is not a value of this setting'),
        ({"policy": "openai:m@http://elsewhere/v1"}, "names policy, which is the same for all"),
        ({"reward": "verify:a:b", "depth": 1}, "names reward, which is the same for all rows"),
        ({"max_concurrency": 3}, "names max_concurrency, which is the same for all rows"),
        ({"human_pick": True}, "names human_pick, which is the same for all rows"),
        ("strict", '"settings" is not JSON'),
        ('{"depth": 1, "depth": 2}', '"depth" is there twice'),
        ([1], '"settings" is not an object: it holds settings of the row'),
    ],
)
async def test_what_cannot_be_a_row_s_is_refused_with_the_line(tmp_path, settings, said):
    file, model = tmp_path / "rows.jsonl", ScriptedModel(script=answers)
    rows = [{"prompt": "One?"}, {"prompt": "Two?", "settings": settings}]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.raises(tpo.InputError, match=rf"rows\.jsonl, line 2: .*{said}"):
        assert [row async for row in tpo.abatch(file, policy=model, folder=tmp_path / "out")]
    assert not model.asked
    assert not (tmp_path / "out").exists()


def test_no_setting_that_names_a_model_a_server_or_code_can_be_a_row_s():
    texts = {name for name, field in Context.model_fields.items() if field.annotation is str}
    assert texts | {"policies", "price"} <= OF_ALL <= set(Context.model_fields)


async def test_a_comparison_runs_all_rows_alike(tmp_path):
    rows = [{"prompt": "One?", "settings": {"depth": 0}}, {"prompt": "Two?"}]
    model = ScriptedModel(script=answers)
    with pytest.raises(tpo.InputError, match="line 1: a comparison has no settings of single rows"):
        await tpo.acompare(rows, policy=model, reward=by_length, folder=tmp_path)
    assert not model.asked


@pytest.mark.parametrize(
    ("of_all", "settings", "said"),
    [
        ({"policies": [NOWHERE, f"{NOWHERE}/2"]}, {"width": 1}, "width=1 is too few"),
        ({"policy": NOWHERE}, {"budget_usd": 0.5}, "budget_usd=0.5: the price of .* is not known"),
    ],
)
async def test_settings_that_do_not_go_together_are_refused_with_the_line(
    tmp_path, of_all, settings, said
):
    file, out = tmp_path / "rows.jsonl", tmp_path / "out"
    rows = [{"prompt": "One?"}, {"prompt": "Two?", "settings": {"depth": 1}}]
    rows += [{"prompt": f"{n}?", "settings": {"seed": n, **settings}} for n in range(2)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.raises(tpo.InputError, match=rf"rows\.jsonl, line 3: \"settings\": {said}"):
        assert [row async for row in tpo.abatch(file, folder=out, **of_all)]
    assert not out.exists()


@pytest.mark.parametrize(
    "of_all",
    [
        {"policy": "opnai:m"},
        {"policy": NOWHERE, "budget_usd": 0.5},
        {"policy": NOWHERE, "totals": Totals(usd=0.5)},
        {"policy": NOWHERE, "price": "1,2", "critic": f"{NOWHERE}/2", "totals": Totals(usd=0.5)},
    ],
)
async def test_what_is_wrong_of_all_rows_is_refused_without_a_line(tmp_path, of_all):
    rows = [{"prompt": "One?", "settings": {"width": 3}}, {"prompt": "Two?"}]
    with pytest.raises(tpo.ConfigError) as refused:
        assert [row async for row in tpo.abatch(rows, folder=tmp_path / "out", **of_all)]
    assert "line" not in str(refused.value)
    assert not (tmp_path / "out").exists()
