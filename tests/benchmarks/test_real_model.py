"""The figures and the store of benchmarks/real_model.py, on records made by hand."""

from __future__ import annotations

import json
from typing import Any

import figures
import pytest
from arms import FIRST, exists, reward_of
from ifeval_whys import why
from judge_rows import judge_rows
from report import report
from row_store import Store
from task_rows import Check, Row, gsm8k, last_number, words_demanded

from tpo.core.feedback import feedback_text


def candidate(round: int, index: int, passed: list[bool], **more: Any) -> dict[str, Any]:
    return {
        "id": f"r{round}c{index}",
        "round": round,
        "text": f"answer {round} {index}",
        "passed": passed,
        "reward": sum(passed) / len(passed),
        "error": None,
        "finish_reason": "stop",
        "tokens": 10,
        **more,
    }


def asked(phase: str, round: int, tokens: int) -> dict[str, Any]:
    return {"phase": phase, "round": round, "input_tokens": tokens}


HALF, ALL = [True, False], [True, True]
FIRSTS = {
    "row": "1",
    "arm": FIRST,
    "seconds": 1.0,
    "requests": [asked("sample", 0, 100)],
    "rounds": [{"round": 0, "chosen": "r0c0"}],
    "candidates": [candidate(0, 0, HALF), candidate(0, 1, HALF)],
}
DRAFTS = [{**one, "drafted": True, "tokens": 0} for one in FIRSTS["candidates"]]
BEST_OF_N = {
    **FIRSTS,
    "arm": "best_of_n",
    "requests": [asked("sample", 0, 100)],
    "candidates": [*DRAFTS, candidate(0, 2, HALF), candidate(0, 3, ALL)],
}
TPO = {
    **FIRSTS,
    "arm": "tpo",
    "requests": [asked("loss", 0, 200), asked("gradient", 0, 300), asked("update", 1, 400)],
    "rounds": [
        {"round": 0, "chosen": "r0c1", "critique_tokens": 50},
        {"round": 1, "chosen": "r1c0", "critique_tokens": 0},
    ],
    "candidates": [*DRAFTS, candidate(1, 0, ALL), candidate(1, 1, [False, True])],
}


def test_each_arm_is_charged_for_the_shared_samples_and_all_it_asked():
    assert figures.spent(FIRSTS) == 120
    assert figures.trail(FIRSTS, BEST_OF_N) == [(120, 0.5), (180, 0.5), (240, 1.0)]
    assert figures.trail(FIRSTS, TPO) == [(120, 0.5), (120 + 900 + 50 + 20, 1.0)]
    for record in (BEST_OF_N, TPO):
        whole = figures.spent(FIRSTS) + figures.spent(record)
        assert figures.trail(FIRSTS, record)[-1].tokens == whole


def test_for_equal_tokens_an_arm_is_cut_at_what_the_other_spent():
    stands = figures.trail(FIRSTS, BEST_OF_N)
    assert figures.best_within(stands, 239) == 0.5
    assert figures.best_within(stands, 240) == 1.0
    assert figures.best_within(stands, 0) == 0.5  # the shared samples are always there


def test_a_paired_difference_repeats_and_holds_its_mean():
    ours, theirs = [1.0, 1.0, 0.0, 0.5] * 6, [0.0, 1.0, 0.0, 0.5] * 6
    found = figures.difference(ours, theirs)
    assert found == figures.difference(ours, theirs)
    assert found.low < found.mean == 0.25 < found.high
    assert figures.difference(ours, ours) == (0.0, 0.0, 0.0)


def test_near_copies_are_counted_by_words_in_order():
    one = "The cat sat on the mat and looked at the moon"
    assert figures.diversity([one, one.upper() + "!"]) == (1.0, 1.0)
    alike, copies = figures.diversity([one, "Dogs run.", one]) or (None, None)
    assert (alike, copies) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert figures.diversity([one]) is None


def test_what_a_round_mends_is_measured_on_the_answer_it_began_with():
    ((before, after),) = figures.steps(TPO)
    assert before["id"] == "r0c1"
    assert figures.mended(before, after) == (1.0, 0.5, 1.0)
    assert figures.mended(after[0], after) is None  # it fails nothing


def test_a_store_goes_on_after_a_line_that_was_cut_off(tmp_path):
    path = tmp_path / "rows.jsonl"
    setup = {"seed": 1}
    Store(path, setup).add(FIRSTS)
    with path.open("a") as file:
        file.write('{"row": "2", "ar')
    store = Store(path, setup)
    store.add(BEST_OF_N)
    assert Store(path, setup).get("1", FIRST) == json.loads(json.dumps(FIRSTS))
    assert Store(path, setup).get("1", "best_of_n")
    assert Store(path, setup).get("2", FIRST) is None
    with pytest.raises(ValueError, match="another seed"):
        Store(path, {"seed": 2})


def test_the_report_compares_what_is_there():
    kept = {("1", one["arm"]): one for one in (FIRSTS, BEST_OF_N, TPO)}
    said = report(kept)
    assert "none in 1" in said
    assert "| best_of_n | 1 | 1 | 1.000 | 4.0 |" in said
    # With what best-of-N spent, the round of updates was not paid for.
    assert "| equal texts | +0.000 |" in said
    assert "| equal tokens | -1.000 |" in said


def test_the_report_says_what_each_move_came_to():
    moved = [{**one, "move": "advised"} for one in TPO["candidates"] if one["round"] == 1]
    record = {**TPO, "arm": "adaptive_feedback", "candidates": [*DRAFTS, *moved]}
    said = report({("1", one["arm"]): one for one in (FIRSTS, record)})
    assert "| adaptive_feedback, advised | 1 | 2 | 0.75 | 50 % |" in said


def test_the_reward_is_the_share_of_checks_and_says_what_they_saw():
    checks = (
        Check("say a", lambda x: "a" in x),
        Check("say b", lambda x: "b" in x, lambda x: f"it is {x!r}"),
    )
    score = reward_of(Row("1", "Say a and b.", checks))("", "a")
    assert score["reward"] == 0.5
    assert feedback_text(score) == "- failed: say b (it is 'a')\n- passed: say a"
    assert exists("tpo")


def test_what_a_check_saw_is_said_in_words():
    assert why("punctuation:no_comma", "a, b, c", {}) == "it has 2 commas"
    assert why("keywords:existence", "A day.", {"keywords": ["day", "dog"]}) == "missing: 'dog'"
    assert "3 bullet" in why("detectable_format:number_bullet_lists", "* a\n- b\n  - c", {})
    assert why("unknown", "a", {}) == ""


def test_no_check_says_the_reference():
    (row,) = gsm8k([{"key": 0, "question": "What is 3 + 4?", "answer": "3 + 4\n#### 7"}], 0)
    (check,) = row.checks
    assert check.passes("3 + 4 = 7. The answer is 7.00") is True
    assert check.passes("The answer is 8") is False
    said = (row.prompt, check.criterion, check.why("The answer is 8"), check.why("None."))
    assert not any("7" in text for text in said)


def test_rows_that_demand_a_long_answer_are_known():
    at_least = {"num_words": 300, "relation": "at least"}
    less = {"num_words": 200, "relation": "less than"}
    assert words_demanded({"prompt": "Write an essay.", "kwargs": [at_least, {}]}) == 300
    assert words_demanded({"prompt": "Write a 1,200 word essay.", "kwargs": [{}]}) == 1200
    assert words_demanded({"prompt": "Use less than 200 words.", "kwargs": [less]}) == 0


def test_the_last_number_counts():
    assert last_number("9 - 4 = 5. The answer is $1,250.50.") == 1250.5
    assert last_number("none") is None


def test_rows_for_judges_are_pairs_that_differ_in_what_a_program_found():
    checks = tuple(Check(f"has {c}", lambda text, c=c: c in text) for c in "abc")
    rows = {"1": Row("1", "Say it.", checks), "2": Row("2", "Say it.", checks)}
    texts = {"1": ["abc", "ab", "c", "x", "y"], "2": ["a", "b"], "3": ["a", ""]}
    made = judge_rows(rows, texts, seed=0, most=3)
    assert sorted(row["label"] for row in made) == [1, 2]
    shown = [[row["output_1"], row["output_2"]][:: 1 if row["label"] == 1 else -1] for row in made]
    assert sorted(better for better, _ in shown) == ["ab", "abc"]
    for row in made:
        assert row["criteria"] == ["has a", "has b", "has c"]
        assert sum(row["passed"][row["label"] - 1]) > sum(row["passed"][2 - row["label"]])
    assert judge_rows(rows, texts, seed=0, most=3) == made
