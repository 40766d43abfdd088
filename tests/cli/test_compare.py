"""`tpo compare --from`: what is typed, printed and written."""

from __future__ import annotations

import json

import pytest
from batch_folders import two_arms

from tpo.cli.app import main


@pytest.fixture
def arms(tmp_path, monkeypatch):
    two_arms(tmp_path / "arms", rows=12, gain=1.5)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_sentences_come_first_then_the_figures(arms, capsys):
    assert main(["compare", "--from", "arms/best_of_n", "arms/tpo"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("tpo beats best_of_n: ")
    assert "95% interval" in out
    assert "next: tpo batch FILE -o DIR -m tpo" in out
    assert not (arms / "comparison.json").exists()


def test_names_may_be_given_and_the_files_are_written(arms, capsys):
    typed = ["--from", "new=arms/tpo", "old=arms/best_of_n", "--against", "new", "-o", "out"]
    assert main(["compare", *typed]) == 0
    assert capsys.readouterr().out.startswith("old is worse than new: ")
    assert {path.name for path in (arms / "out").iterdir()} == {
        "comparison.json",
        "report.html",
        "report.json",
        "report.md",
    }


def test_json_is_one_line_and_the_folder_of_a_comparison_keeps_its_files(arms, capsys):
    assert main(["compare", "--from", ".", "--json", "--equal", "texts"]) == 0
    captured = capsys.readouterr()
    assert captured.out.count("\n") == 1
    assert json.loads(captured.out)["equal"] == "texts"
    assert "written: comparison.json" in captured.err
    assert (arms / "report.md").exists()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ([], "give one file of prompts and a folder"),
        (["--from", "arms/tpo"], "two arms or more"),
        (["--from", ".", "--equal", "money"], "--equal money: take one of tokens, texts"),
        (["--from", ".", "--like", "gpt"], "no arm called 'gpt'"),
        (["--from", ".", "--equal", "dollars"], "in dollars is not known"),
    ],
)
def test_what_is_wrong_is_one_sentence(arms, capsys, typed, says):
    assert main(["compare", *typed]) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
