"""A row brings what its verifier needs, and no model, event or name ever holds it."""

from __future__ import annotations

import json
import sys
from types import ModuleType

import pytest
from scripted_model import ScriptedModel

import tpo
from tpo.datasets.batch.reward_files import reward_files
from tpo.datasets.batch.row_needs import needs_row
from tpo.datasets.batch.row_rewards import reference_in

ROWS = [
    {"id": "a", "question": "2 + 2?", "answer": "2 + 2 makes four.\n#### 4SECRET"},
    {"id": "b", "question": "3 + 3?", "answer": "#### 6SECRET"},
]


def solver(messages, index, seed):
    return "4SECRET" if "2 + 2" in messages[0].text and index == 1 else "none"


async def run(reward, model=None, **settings):
    model = model or ScriptedModel(script=solver)
    few = {"depth": 1, "width": 2, "policy": model, "reward": reward}
    return {r["id"]: r async for r in tpo.abatch(ROWS, **few, **settings)}, model


async def test_an_exact_answer_comes_from_a_column(tmp_path):
    rows, model = await run("verify:exact", verify_field="answer", folder=tmp_path)
    assert (rows["a"]["reward"], rows["b"]["reward"]) == (1.0, 0.0)
    assert all("SECRET" not in ask.text.replace("4SECRET", "") for ask in model.asked)
    pools = (tmp_path / "pools.jsonl").read_text(encoding="utf-8")
    assert "verify:exact#" in pools
    assert "6SECRET" not in pools
    assert "SECRET" not in (tmp_path / "metadata.json").read_text(encoding="utf-8")


async def test_a_function_with_three_arguments_is_given_the_row_or_a_column():
    seen = []

    def check(query: str, answer: str, row: object) -> float:
        seen.append(row)
        return float(len(answer))

    rows, _ = await run(check)
    assert rows["a"]["reward"] == 7.0
    assert ROWS[0] in seen
    seen.clear()
    await run(check, verify_field="answer")
    assert ROWS[1]["answer"] in seen


async def test_a_verifier_that_a_spec_names_is_given_the_row(monkeypatch):
    module = ModuleType("own_checks")
    module.check = lambda query, answer, row: float(row["answer"].endswith(answer))
    monkeypatch.setitem(sys.modules, "own_checks", module)
    monkeypatch.setenv("TPO_VERIFIERS", "own_checks:check")
    rows, _ = await run("verify:own_checks:check")
    assert (rows["a"]["reward"], rows["b"]["reward"]) == (1.0, 0.0)


async def test_a_held_out_reward_may_come_from_a_column_too():
    rows, _ = await run(lambda query, answer: len(answer), heldout="verify:exact",
                        verify_field="answer")  # fmt: skip
    assert (rows["a"]["heldout"], rows["b"]["heldout"]) == (1.0, 0.0)


async def test_what_is_missing_is_said_before_anything_is_paid():
    model = ScriptedModel(script=solver)
    with pytest.raises(tpo.ConfigError, match="verify:exact needs a text, or a column"):
        await run("verify:exact", model)
    with pytest.raises(tpo.InputError, match='line 1: the column "reference" is missing'):
        await run("verify:exact", model, verify_field="reference")
    assert not model.asked


@pytest.mark.parametrize("role", ["reward", "heldout"])
async def test_a_reference_that_cannot_be_read_fails_its_row_with_the_reason(role):
    pytest.importorskip("math_verify")
    rows = [{"id": "a", "question": "2 + 2?", "answer": "(((SECRET"},
            {"id": "b", "question": "2 + 2?", "answer": "#### 4"}]  # fmt: skip
    model = ScriptedModel(script=lambda messages, index, seed: f"{messages[0].text} $4$")
    rewards = {"reward": lambda query, answer: 1.0, role: "verify:math"}
    few = {"depth": 0, "width": 2, "policy": model, "verify_field": "answer", **rewards}
    done = {r["id"]: r async for r in tpo.abatch(rows, **few)}
    said = done["a"]["error"]["message"]
    assert "the expected expression cannot be read: give a number" in said
    assert "SECRET" not in said
    assert (done["b"]["error"], done["b"][role]) == (None, 1.0)
    assert [ask.text.count("2 + 2?") for ask in model.asked] == [1]  # one request, of row b


def test_of_a_worked_solution_the_result_counts():
    assert [reference_in(v) for v in ("so\n#### 4", 4, " x ", [1])] == ["4", "4", "x", "[1]"]
    assert json.loads(reference_in({"a": 1})) == {"a": 1}


MIX = """
constraints = ["verify:own_checks:check"]
[[parts]]
reward = "cached:verify:exact"
[[parts]]
reward = "verify:exact:none"
weight = 0.25
"""


async def test_parts_of_a_mix_are_given_what_they_need_of_the_row(tmp_path, monkeypatch):
    module = ModuleType("own_checks")
    module.check = lambda query, answer, row: float("SECRET" in row)
    monkeypatch.setitem(sys.modules, "own_checks", module)
    monkeypatch.setenv("TPO_VERIFIERS", "own_checks:check")
    monkeypatch.setenv("TPO_SCORE_CACHE", str(tmp_path / "scores.db"))
    (tmp_path / "mix.toml").write_text(MIX)
    rows, model = await run(f"mix:{tmp_path / 'mix.toml'}", verify_field="answer", folder=tmp_path)
    assert (rows["a"]["reward"], rows["b"]["reward"]) == (1.0, 0.25)
    assert all("SECRET" not in ask.text.replace("4SECRET", "") for ask in model.asked)
    pools = (tmp_path / "pools.jsonl").read_text(encoding="utf-8")
    assert "6SECRET" not in pools
    assert pools.count("verify:exact#") > 2


def test_a_mix_that_names_itself_through_a_cache_is_told(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(f'[[parts]]\nreward = "cached:mix:{path}"', encoding="utf-8")
    for look in (needs_row, lambda spec: reward_files([spec])):
        with pytest.raises(tpo.ConfigError, match="is a mix: name its parts here instead"):
            look(f"mix:{path}")


def test_a_file_behind_a_cache_is_looked_at_too(tmp_path):
    path = tmp_path / "schema.json"
    path.write_text("{}", encoding="utf-8")
    assert list(reward_files([f"cached:verify:json:{path}"])) == [str(path)]


async def test_a_check_of_the_row_has_no_scores_to_keep_and_a_mix_names_its_column(
    tmp_path, monkeypatch
):
    module = ModuleType("own_checks")
    module.check = lambda query, answer, row: 1.0
    monkeypatch.setitem(sys.modules, "own_checks", module)
    monkeypatch.setenv("TPO_VERIFIERS", "own_checks:check")
    (tmp_path / "mix.toml").write_text(MIX)
    model = ScriptedModel(script=solver)
    with pytest.raises(tpo.ConfigError, match="depends on the row, so its scores cannot be kept"):
        await run("cached:verify:own_checks:check", model)
    with pytest.raises(tpo.ConfigError, match=r"mix\.toml: verify:exact needs a text, or a column"):
        await run(f"mix:{tmp_path / 'mix.toml'}", model)
    assert not model.asked
