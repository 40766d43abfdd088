"""A batch: every row once, each with its answer or its reason."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from fake_judge import obey, read
from langchain_core.messages import AIMessage, HumanMessage
from scripted_model import ScriptedModel
from steps import by_step

import tpo
from tpo.cli.saved.ended_row import state_of_row
from tpo.core.state import State
from tpo.core.strict_json import parse_json
from tpo.core.usage import Usage, cost
from tpo.datasets.batch.json_lines import GrowingFile, read_lines
from tpo.datasets.batch.judges_cost import JudgesCost, not_told
from tpo.datasets.batch.row_lines import RowLines
from tpo.datasets.batch.row_run import judging_of
from tpo.datasets.export.folders import sources_in
from tpo.datasets.report.batch_record import batch_record
from tpo.datasets.rows.row_file import rows_of


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


def judging(messages, index, seed):
    """Answer, or as a judge rate by length."""
    blocks, _ = read(messages[-1].text)
    judge = "answer" in blocks and "chosen" not in messages[-1].text
    return obey(len)(messages, index, seed) if judge else answers(messages, index, seed)


async def test_the_requests_of_a_pool_cost_what_the_row_has_cost_judging_included(tmp_path):
    policy = ScriptedModel(script=judging)
    place = {"folder": tmp_path, "policy": policy, "reward": "judge", "depth": 1, "width": 2}
    (row,) = [row async for row in tpo.abatch(["One?"], **place)]
    (pool,) = read_lines(tmp_path / "pools.jsonl")
    for phase, paid in row["usage"]["phases"].items():
        if phase != "sample":  # its judge was tried out once, before the first sample
            mine = [one for one in pool["requests"] if one["phase"] == phase]
            for name in ("input_tokens", "cached_tokens", "output_tokens"):
                assert sum(one[name] for one in mine) == paid[name]
            assert sum(one.get("requests", 1) for one in mine) == paid["requests"]
    judged = [(r["round"], r["requests"], r["texts"]) for r in pool["requests"] if "requests" in r]
    assert judged == [(0, 2, 0), (1, 2, 0)]


async def test_a_critique_that_was_asked_for_twice_is_in_the_pool_twice(tmp_path):
    def asked_twice(messages, index, seed):
        said = answers(messages, index, seed)
        if "Do not write a new answer" in messages[-1].text and len(model.asked.of("loss")) == 1:
            return AIMessage("", response_metadata={"finish_reason": "length"})
        return said

    model = ScriptedModel(script=asked_twice)
    place = {"folder": tmp_path, "policy": model, "reward": by_length, "depth": 1, "width": 2}
    (row,) = [row async for row in tpo.abatch(["One?"], **place)]
    (pool,) = read_lines(tmp_path / "pools.jsonl")
    assert [one["phase"] for one in pool["requests"]].count("loss") == len(model.asked.of("loss"))
    assert len(model.asked.of("loss")) == 2
    paid = sum(one["input_tokens"] for one in pool["requests"])
    assert paid == row["usage"]["total"]["input_tokens"]


async def test_requests_of_a_run_inside_a_row_are_part_of_those_of_the_row(tmp_path):
    inner = tpo.ChatTPO(policy=policy(), reward=by_length, depth=0, width=3)
    place = {"folder": tmp_path, "policy": inner, "reward": by_length, "depth": 1, "width": 2}
    (row,) = [row async for row in tpo.abatch(["One?"], **place, sampling="parallel")]
    (pool,) = read_lines(tmp_path / "pools.jsonl")
    asked = sorted((one["phase"], one["round"]) for one in pool["requests"])
    once = [("gradient", 0), ("loss", 0), ("sample", 0), ("sample", 0), ("update", 1)]
    assert asked == [*once, ("update", 1)]
    paid = sum(one["output_tokens"] for one in pool["requests"])
    assert paid == row["usage"]["total"]["output_tokens"] > 0


def test_a_file_that_could_not_be_written_is_closed_without_another_error(tmp_path):
    class Full:
        def write(self, line: bytes) -> None:
            raise OSError(28, "No space left on device")

        close = flush = lambda self: self.write(b"")

    file: Any = GrowingFile(tmp_path / "lines.jsonl")
    file._file.close()
    file._file = Full()
    with pytest.raises(tpo.StoreError, match="No space left on device"), closing(file):
        file.add({"id": "a"})


async def test_a_row_is_shown_with_the_cost_of_its_last_question(tmp_path):
    place = {"folder": tmp_path, "policy": policy(), "reward": by_length, "depth": 1, "width": 2}
    turns = [{"turns": ["One?", "Two?"]}]
    (row,) = [row async for row in tpo.abatch(turns, **place)]
    (pool,) = read_lines(tmp_path / "pools.jsonl")
    assert state_of_row(row, pool).values["usage"] == row["turns"][1]["usage"]


def test_the_seconds_of_a_row_are_those_of_all_its_lives():
    (row,) = rows_of(["Why?"])
    took = cost(seconds=4.5)
    state: Any = {"usage": Usage(turn=1, total=took, phases={"sample": took}), "rounds": []}
    lines = RowLines(row, [state], (), None)
    assert [lines.result(seconds)["seconds"] for seconds in (0.6, 5.0)] == [4.5, 5.0]


def test_what_a_kill_has_kept_from_being_told_is_charged_to_the_last_round():
    judges = cost(requests=4, input_tokens=40, output_tokens=4, cost_usd=0.4, priced_requests=4)
    usage = Usage(turn=1, total=judges, phases={"rank": judges})
    state: Any = {"round": 1, "usage": usage}
    _, told = judging_of(
        JudgesCost("rank", 0, cost(requests=3, input_tokens=30, output_tokens=3)), 1
    )
    rest = not_told(state, [told])
    assert rest is not None
    assert (rest.round, rest.cost["requests"], rest.cost["input_tokens"]) == (1, 1, 10)
    assert rest.cost["cost_usd"] == pytest.approx(0.4)
    assert not_told(state, [told, judging_of(rest, 1)[1]]) is None
    assert not_told(cast("State", {}), []) is None


async def test_the_same_call_again_pays_for_nothing(tmp_path):
    rows, model = ["One?", "Two?"], policy()
    place = {"folder": tmp_path, "policy": model, "reward": by_length, "depth": 0, "width": 2}
    first = [row async for row in tpo.abatch(rows, **place)]
    paid = len(model.asked)
    again = [row async for row in tpo.abatch(rows, **place)]
    assert len(model.asked) == paid
    assert again == json.loads(json.dumps(first))


async def test_a_changed_file_of_the_reward_is_refused(tmp_path):
    mix = tmp_path / "mix.toml"
    mix.write_text('[[parts]]\nreward = "heuristic"\nweight = 1.0\n')
    place = {"folder": tmp_path / "out", "policy": policy(), "depth": 0, "width": 2}
    assert [row async for row in tpo.abatch(["One?"], reward=f"mix:{mix}", **place)]
    mix.write_text(mix.read_text().replace("1.0", "100.0"))
    with pytest.raises(tpo.InputError, match=r"mix\.toml has changed since the folder was begun"):
        assert [row async for row in tpo.abatch(["One?"], reward=f"mix:{mix}", **place)]


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
