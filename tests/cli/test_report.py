"""`tpo report`: a batch that was made before, as a page."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.loopback


def test_a_batch_gets_its_report(tpo, policy, tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"prompt": "Which river?"}\n{"prompt": "Which sea?"}\n', encoding="utf-8")
    folder = tmp_path / "answers"
    settings = ["-p", policy, "-r", "heuristic", "-d", "1", "-w", "2"]
    made = tpo("batch", str(rows), "-o", str(folder), *settings)
    assert made.code == 0, made.err
    done = tpo("report", str(folder))
    assert (done.code, done.out) == (0, "")
    page = Path(done.err.partition("written: ")[2].strip())
    assert "2 of 2 rows answered" in page.read_text(encoding="utf-8")


def test_another_folder_is_told_in_a_sentence(tpo, tmp_path):
    done = tpo("report", str(tmp_path))
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert "tpo batch -o" in done.err
