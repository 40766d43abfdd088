"""A batch: every row once, each with its answer or its reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from langchain_core.messages import HumanMessage
from scripted_model import ScriptedModel
from steps import by_step

import tpo
from tpo.core.strict_json import parse_json
from tpo.datasets.batch.json_lines import read_lines
from tpo.datasets.export.folders import sources_in
from tpo.datasets.report.batch_record import batch_record


def answers(messages, index, seed):
    return by_step(messages, sample="short " * (index + 1), update="long " * (index + 2))


def by_length(query: str, answer: str) -> float:
    return len(answer)


def policy() -> ScriptedModel:
    return ScriptedModel(script=answers)


async def test_each_row_is_answered_and_written_once(tmp_path):
    rows = [{"id": f"r{i}", "prompt": f"Question {i}", "level": i} for i in range(7)]
    place = {"folder": tmp_path, "policy": policy(), "reward": by_length, "depth": 1, "width": 2}
    results = [row async for row in tpo.abatch(rows, **place)]
    assert sorted(r["id"] for r in results) == [f"r{i}" for i in range(7)]
    written = list(read_lines(tmp_path / "results.jsonl"))
    assert written == json.loads(json.dumps(results))
    assert written[0]["input"]["level"] == int(written[0]["id"][1:])
    assert all(r["answer"] and r["reward"] == len(r["answer"]) for r in written)
    pools = {p["id"]: p for p in read_lines(tmp_path / "pools.jsonl")}
    assert [len(p["candidates"]) for p in pools.values()] == [4] * 7
    asked = [(one["phase"], one["round"]) for one in pools["r0"]["requests"]]
    assert set(asked) == {("sample", 0), ("loss", 0), ("gradient", 0), ("update", 1)}


async def test_the_same_call_again_pays_for_nothing(tmp_path):
    rows, model = ["One?", "Two?"], policy()
    place = {"folder": tmp_path, "policy": model, "reward": by_length, "depth": 0, "width": 2}
    first = [row async for row in tpo.abatch(rows, **place)]
    paid = len(model.asked)
    again = [row async for row in tpo.abatch(rows, **place)]
    assert len(model.asked) == paid
    assert again == json.loads(json.dumps(first))


async def test_other_settings_and_other_rows_are_refused(tmp_path):
    place = {"folder": tmp_path, "policy": policy(), "reward": by_length, "width": 2}
    assert [row async for row in tpo.abatch(["One?"], depth=0, **place)]
    with pytest.raises(tpo.InputError, match="depth was 0 and is 1"):
        assert [row async for row in tpo.abatch(["One?"], depth=1, **place)]
    with pytest.raises(tpo.InputError, match="begun with other rows"):
        assert [row async for row in tpo.abatch(["Two?"], depth=0, **place)]


def test_from_sync_code_it_is_a_list():
    results = tpo.batch(["One?", "Two?"], policy=policy(), reward=by_length, depth=0, width=2)
    assert sorted(r["messages"][0]["content"] for r in results) == ["One?", "Two?"]


async def test_values_that_json_has_no_form_for_do_not_spoil_a_folder(tmp_path):
    when = datetime(2026, 1, 2, tzinfo=UTC)
    asked = [HumanMessage("One?")]
    row = {"messages": asked, "level": float("nan"), "far": float("inf"), "when": when, "k": {1: 2}}
    place = {"folder": tmp_path, "policy": policy(), "reward": by_length, "depth": 0, "width": 2}
    results = [row async for row in tpo.abatch([row], **place)]
    written = parse_json((tmp_path / "results.jsonl").read_text(encoding="utf-8"))
    assert written == results[0]
    assert written["input"] == {
        "messages": [{"role": "user", "content": "One?"}],
        "level": None,
        "far": "inf",
        "when": str(when),
        "k": {"1": 2},
    }
    assert [source.prompt for source in sources_in(tmp_path)] == [written["messages"]]


async def test_a_report_and_an_export_may_be_made_while_a_line_is_written(tmp_path):
    place = {"folder": tmp_path, "policy": policy(), "reward": by_length, "depth": 1, "width": 2}
    assert [row async for row in tpo.abatch(["One?", "Two?"], **place)]
    for name in ("results.jsonl", "pools.jsonl"):
        with (tmp_path / name).open("a", encoding="utf-8") as file:
            file.write('{"id": "half')
    assert batch_record(tmp_path)["arms"][0]["rows"] == 2
    assert len(list(sources_in(tmp_path))) == 2
    with (tmp_path / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(tpo.StoreError, match=r"results\.jsonl, line 3: not JSON"):
        list(sources_in(tmp_path))


async def test_an_empty_list_of_policies_is_refused(tmp_path):
    with pytest.raises(tpo.ConfigError, match="policies is empty: name at least one model"):
        assert [row async for row in tpo.abatch(["One?"], policies=[], folder=tmp_path / "out")]
    assert not (tmp_path / "out").exists()
