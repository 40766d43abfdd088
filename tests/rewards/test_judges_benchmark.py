"""`benchmarks/judges.py`: who is right how often, and nothing is asked twice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from benchmark_scripts import load
from fake_judge import goods, judging, read

from tpo.core.context import Context

judges = load("judges")
ROWS = [
    {"input": "Say it.", "output_1": "good", "output_2": "bad", "label": 1},
    {"input": "Say it.", "output_1": "good good", "output_2": "fine", "label": 2},
    {"input": "Say it.", "output_1": "same", "output_2": "same", "label": 2},
]


def script(messages: Any, *_: Any) -> str:
    """Judge by the word good, in whatever form is asked for."""
    blocks, around = read(messages[-1].text)
    why = '"why": "as it is", ' if '"why"' in around else ""
    if "Write what they are to be checked for" in around:
        return "2: Is it good?\n1: Is it so?"
    if "each of these criteria" in around:
        passed = json.dumps({"passed": goods(blocks["answer"]) > 1})
        count = sum(f"\n{n}. " in around for n in range(1, 9))
        return "{" + ", ".join(f'"{n}": {passed}' for n in range(1, count + 1)) + "}"
    if "answer" in blocks:
        return f'{{{why}"rating": {min(9, int(goods(blocks["answer"])))}}}'
    a, b = goods(blocks["answer_a"]), goods(blocks["answer_b"])
    return f'{{{why}"better": "{"T" if a == b else "AB"[a < b]}"}}'


async def test_what_is_known_is_not_asked_again(tmp_path):
    known, settings, arms = tmp_path / "known.jsonl", Context(retries=0), list(judges.ARMS)
    model = judging(script)
    await judges.measure(model, ROWS[:1], known, arms, settings)
    known.write_text(known.read_text(encoding="utf-8")[:-20], encoding="utf-8")  # cut off
    asked = len(model.asked)
    records = await judges.measure(model, ROWS, known, arms, settings)
    again = await judges.measure(judging(["never asked"]), ROWS, known, arms, settings)
    assert again == records
    assert len(records) == len(ROWS) * len(arms)
    cut_off, alike = 2, 1  # a pair in both orders; two equal answers are not ranked for a contrast
    assert len(model.asked) == 3 * asked + cut_off - alike
    worth = [judges.worth(r, ROWS[r["row"]]["label"]) for r in records if r["arm"] == "judge:"]
    assert worth == [1.0, 0.0, 0.5]


async def test_marks_are_held_against_what_a_program_found(tmp_path):
    row = {**ROWS[0], "criteria": ["a", "b"], "passed": [[True, True], [True, False]]}
    arms = ["judge:", "rubric:"]
    settings = Context(retries=0)
    records = await judges.measure(judging(script), [row], tmp_path / "k", arms, settings)
    said = judges.marks_right(records, [row])
    assert said.startswith("`rubric:`: 3 of 4 marks are the program's")
    assert judges.marks_right(records, ROWS) == ""


async def test_the_table(tmp_path):
    arms = ["judge:", "rubric: one by one", "pairwise: with reasons"]
    settings = Context(retries=0)
    records = await judges.measure(judging(script), ROWS, tmp_path / "k.jsonl", arms, settings)
    header, _, *lines = judges.table(records, ROWS).splitlines()
    assert header.split(" | ")[2] == "right"
    cells = [line.strip("| ").split(" | ") for line in lines]
    assert [row[0] for row in cells] == [f"`{arm}`" for arm in arms]
    assert {row[2] for row in cells} == {"50.0%"}
    assert [row[4:7] for row in cells] == [
        ["1", "0", "2.0"],
        ["1", "0", "10.0"],
        ["1", "0", "2.0"],
    ]


async def test_a_failed_score_is_half_a_point_and_counted(tmp_path):
    settings = Context(retries=0)
    model = judging(lambda *_: "who knows")
    records = await judges.measure(model, ROWS[:1], tmp_path / "k.jsonl", ["judge:"], settings)
    assert records[0]["scores"] == [None, None]
    assert "gave no verdict" in records[0]["errors"][0]
    assert "| 1 | 50.0% | " in judges.table(records, ROWS)


def test_both_forms_of_a_file(tmp_path):
    path = tmp_path / "rows"
    path.write_text(json.dumps(ROWS), encoding="utf-8")
    assert judges.read_rows(path) == ROWS
    path.write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    assert judges.read_rows(path) == ROWS
    assert judges.interval(0.5, 100) == pytest.approx((0.404, 0.596), abs=1e-3)
