"""The report of a single batch: its rows, its means, and what is missing."""

from __future__ import annotations

import pytest
from batch_folder import pool, result, written

import tpo
from tpo.datasets.report.batch_record import batch_record, write_batch_report
from tpo.datasets.report.page import report_html


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
