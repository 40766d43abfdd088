"""Results as other programs read them. Run by hand: AlpacaEval, Arena-Hard, `inspect view`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from batch_folders import result

import tpo
from tpo.core.usage import Usage, cost
from tpo.datasets.rows.formats import FORMATS, require_formats, write_format
from tpo.datasets.rows.inspect_log import log_of
from tpo.datasets.rows.inspect_sample import block_of

PAID = cost(requests=2, input_tokens=100, cached_tokens=60, output_tokens=30, cost_usd=0.5,
            priced_requests=2)  # fmt: skip
USAGE = Usage(turn=1, total=PAID, phases={"sample": PAID})
TURNS = [{"answer": "First.", "reward": 1.0}, {"answer": "Second.", "reward": 3.0}]
ASKED = [
    {"role": "user", "content": "Why?"},
    {"role": "assistant", "content": "First."},
    {"role": "user", "content": [{"type": "text", "text": "And then?"}]},
]
ROWS = [
    result("81", messages=ASKED, answer="Second.", reward=3.0, heldout=0.5, usage=USAGE,
           turns=TURNS, input={"question_id": 81, "turns": ["Why?", "And then?"], "level": None}),
    result("b", answer="# Head\n- one **bold**", reward=1.0, settings={"width": 2},
           input={"prompt": "question b", "gold": 4}),
    result("c", error={"kind": "PolicyError", "message": "no answer"}, answer=None, reward=None),
]  # fmt: skip
ABOUT = {
    "begun": "2026-01-02T03:04:05+00:00",
    "ended": "2026-01-02T03:14:05+00:00",
    "stopped": "",
    "settings": {"depth": 2, "policy": "openai:m"},
    "verify_field": "gold",
    "rows": {"from": "data/questions.jsonl", "digest": "0" * 64},
    "versions": {"tpo": "0.1.0"},
}


def written(name: str, folder: Path) -> Path:
    (folder / "metadata.json").write_text(json.dumps(ABOUT), encoding="utf-8")
    return write_format(name, ROWS, "tpo m", folder)


def test_mt_bench_has_the_answers_to_all_turns(tmp_path):
    lines = written("mt-bench", tmp_path).read_text(encoding="utf-8").splitlines()
    first, second = map(json.loads, lines)  # the row that failed is left out
    assert (first["question_id"], second["question_id"]) == (81, "b")
    assert first["model_id"] == "tpo m"
    assert first["choices"] == [{"index": 0, "turns": ["First.", "Second."]}]
    assert second["choices"][0]["turns"] == ["# Head\n- one **bold**"]


def test_arena_hard_counts_the_markdown(tmp_path):
    lines = written("arena-hard", tmp_path).read_text(encoding="utf-8").splitlines()
    made = json.loads(lines[1])
    assert [*made["metadata"]] == ["token_len", "header_count", "list_count", "bold_count"]
    assert [sum(v.values()) for v in [*made["metadata"].values()][1:]] == [1, 1, 1]


def test_a_table_has_the_columns_of_all_rows(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(written("parquet", tmp_path)).to_pylist()
    assert [json.loads(row["settings"]) if row["settings"] else None for row in table] == [
        None,
        {"width": 2},
    ]
    assert json.loads(table[0]["turns"]) == TURNS


def test_a_log_of_inspect_has_the_rows_as_samples():
    log = log_of(ROWS, "tpo m", ABOUT)
    first, second, failed = log["samples"]
    assert [m["role"] for m in first["messages"]] == ["user", "assistant", "user", "assistant"]
    assert first["scores"] == {
        "reward": {"value": 3.0, "answer": "Second."},
        "heldout": {"value": 0.5, "answer": "Second."},
    }
    assert first["model_usage"]["tpo m"] == {
        "input_tokens": 40,
        "input_tokens_cache_read": 60,
        "output_tokens": 30,
        "total_tokens": 130,
        "total_cost": 0.5,
    }
    assert (second["target"], second["metadata"]["tpo"]["settings"]) == ("4", {"width": 2})
    assert failed["error"]["message"] == "PolicyError: no answer"
    assert (failed["scores"], failed["output"]["choices"]) == ({}, [])
    results = log["results"]
    assert (results["total_samples"], results["completed_samples"]) == (3, 2)
    means = {one["name"]: one["metrics"]["mean"]["value"] for one in results["scores"]}
    assert means == {"reward": 2.0, "heldout": 0.5}
    assert log["eval"]["dataset"]["name"] == "questions.jsonl"


def test_pictures_in_a_log_of_inspect():
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    assert block_of(picture) == {"type": "image", "image": "data:image/png;base64,AA=="}
    assert block_of({"type": "audio"})["type"] == "text"


def test_inspect_reads_its_log(tmp_path):
    inspect_log = pytest.importorskip("inspect_ai.log")
    read = inspect_log.read_eval_log(str(written("inspect", tmp_path)))
    assert (read.status, read.eval.model, read.eval.task) == ("success", "tpo m", "tpo batch")
    assert [(s.id, s.error is None) for s in read.samples] == [
        ("81", True),
        ("b", True),
        ("c", False),
    ]
    assert read.samples[0].scores["reward"].value == 3.0
    assert read.samples[0].output.completion == "Second."
    assert [info.task for info in inspect_log.list_eval_logs(str(tmp_path))] == ["tpo batch"]


def test_an_unknown_format_and_an_old_file(tmp_path, monkeypatch):
    with pytest.raises(tpo.ConfigError, match="--format xml is not one of alpaca-eval"):
        require_formats(["xml"])
    old = written("mt-bench", tmp_path).read_bytes()

    def fails(rows, generator, path):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    broken = FORMATS["mt-bench"].__class__("mt-bench.jsonl", fails)
    monkeypatch.setitem(FORMATS, "mt-bench", broken)
    with pytest.raises(tpo.StoreError, match=r"mt-bench\.jsonl cannot be written: No space left"):
        write_format("mt-bench", ROWS, "tpo m", tmp_path)
    assert (tmp_path / "mt-bench.jsonl").read_bytes() == old
    assert sorted(p.name for p in tmp_path.iterdir()) == ["metadata.json", "mt-bench.jsonl"]
