"""The report of a single batch: its rows, its means, and what is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import tpo
from tpo.core.usage import cost
from tpo.datasets.report.batch_record import batch_record, write_batch_report
from tpo.datasets.report.page import report_html


def result(number: int, **more: Any) -> dict[str, Any]:
    paid = cost(requests=3, sequences=4, input_tokens=100, output_tokens=50, exact=True)
    rounds = [
        {"round": r, "best": r, "mean": 0, "reward": float(r), "best_length": 9, "heldout": None}
        for r in range(1 + number % 3)
    ]
    return {
        "id": f"row {number}",
        "input": {"prompt": "Why?", "category": "science" if number % 2 else "letters"},
        "messages": [{"role": "user", "content": f"Why {number}?"}],
        "answer": f"answer {number}",
        "reward": float(number % 3),
        "heldout": None,
        "stop_reason": "depth",
        "rounds": rounds,
        "usage": {"turn": 1, "total": paid, "phases": {}},
        "seconds": 2.0,
        "error": None,
        "thread_id": str(number),
        **more,
    }


def pool(number: int) -> dict[str, Any]:
    checks = [{"criterion": "is short", "passed": number != 1}]
    return {
        "id": f"row {number}",
        "candidates": [
            {"text": "another", "round": 0},
            {"text": f"answer {number}", "round": number % 3, "checks": checks, "feedback": "good"},
        ],
        "rounds": [{"loss": "too long", "gradient": "cut it"}, {"loss": None, "gradient": None}],
        "requests": [],
    }


def written(folder: Path, results: list[Any], pools: list[Any]) -> Path:
    for name, lines in (("results", results), ("pools", pools)):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_a_batch_is_one_arm(tmp_path):
    failed = result(6, answer=None, error={"kind": "PolicyError", "message": "refused"})
    results = [*map(result, range(6)), failed]
    record = batch_record(written(tmp_path, results, [*map(pool, range(6))]))
    (arm,) = record["arms"]
    assert (arm["rows"], arm["failed"], arm["reward"], arm["tokens"]) == (6, 1, 1.0, 150)
    assert arm["cost_usd"] is None
    assert arm["from_first"] == pytest.approx(1 / 3)
    assert arm["accuracy"] == pytest.approx(5 / 6)
    assert [point["reward"] for point in arm["curve"]] == [0.0, 2 / 3, 1.0]
    assert record["left_out"] == {"row 6": "refused"}
    assert record["sentences"] == [
        "6 of 7 rows answered; mean reward 1.00.",
        "+1.00 over the best first sample; 67% of the answers come from later rounds.",
        "For each row: price unknown, 150 tokens, 4 texts.",
    ]
    answer = record["rows"][2]["answers"][arm["name"]]
    assert (answer["round"], answer["feedback"], answer["critiques"]) == (
        2,
        "good",
        ["too long", "cut it"],
    )


def test_its_report_is_written_beside_it(tmp_path):
    page = write_batch_report(written(tmp_path, [*map(result, range(6))], [])).read_text("utf-8")
    assert "6 of 6 rows answered" in page
    assert "Reward per round" in page
    assert "Against" not in page
    assert "Differences" not in page.partition("<main")[2].partition("<script")[0]


def test_prices_that_are_known_are_added_up(tmp_path):
    rows = [result(n) for n in range(2)]
    for row in rows:
        row["usage"]["total"] |= {"cost_usd": 0.25, "priced_requests": 3}
    assert batch_record(written(tmp_path, rows, []))["arms"][0]["cost_usd"] == 0.25
    rows[0]["usage"]["total"]["priced_requests"] = 2
    assert batch_record(written(tmp_path, rows, []))["arms"][0]["cost_usd"] is None


def test_a_batch_without_an_answer_is_a_page_too(tmp_path):
    row = result(0, answer=None, reward=None, rounds=[], usage=None)
    record = batch_record(written(tmp_path, [row], []))
    assert record["sentences"] == ["No row was answered."]
    assert "No row was answered." in report_html(record)


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(tpo.InputError, match=r"has no results\.jsonl"):
        write_batch_report(tmp_path)
