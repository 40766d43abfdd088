"""`write_report`: the files, whom they are for, and their Markdown."""

from __future__ import annotations

import os
import stat

import pytest
from synthetic_comparison import synthetic_comparison

import tpo
from tpo.datasets.report.markdown import report_markdown
from tpo.datasets.report.writing import write_report


def test_the_files_are_the_owner_s_alone(tmp_path):
    page = write_report(synthetic_comparison(), tmp_path / "new" / "folder")
    assert page.name == "report.html"
    files = sorted(page.parent.iterdir())
    assert [f.name for f in files] == ["report.html", "report.json", "report.md"]
    if os.name != "nt":
        assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}


def test_a_second_report_replaces_the_first(tmp_path):
    write_report(synthetic_comparison(24), tmp_path)
    page = write_report(synthetic_comparison(2), tmp_path)
    assert "q-3" not in page.read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(tpo.StoreError, match="the report cannot be written to"):
        write_report(synthetic_comparison(2), tmp_path / "file")


@pytest.mark.parametrize("whole", [True, False])
def test_the_markdown_says_the_verdict_first(whole):
    lines = report_markdown(synthetic_comparison(whole=whole)).splitlines()
    assert lines[0] == "# Three ways to answer, at equal tokens"
    assert lines[2].startswith("**tpo beats best\\_of\\_n by 0.31 of reward")
    assert "    tpo batch prompts.jsonl -o answers -d 1 -w 5" in lines


def test_the_markdown_holds_what_is_known_and_says_what_is_not():
    known = report_markdown(synthetic_comparison())
    assert "| tpo | mode tpo, depth 2, width 5 |" in known
    assert (
        "| tpo against best\\_of\\_n | held-out reward | no: about 140 more rows | +0.08 |" in known
    )
    assert "## Smaller settings" in known
    unknown = report_markdown(synthetic_comparison(whole=False))
    assert "price unknown" in unknown
    assert "Held-out" not in unknown
    assert "None" not in unknown
    assert "nan" not in unknown


def test_names_cannot_break_the_markdown():
    hostile = "a | b\n# `c` <script> [x](y) \ud800\0"
    comparison = synthetic_comparison(2)
    comparison["title"] = comparison["arms"][0]["name"] = hostile
    text = report_markdown(comparison)
    text.encode("utf-8")
    assert "<script>" not in text.replace("\\<script\\>", "")
    rows = [line for line in text.splitlines() if line.startswith("| a ")]
    assert len(rows) == 1
    assert rows[0].replace("\\|", "").count("|") == 14
