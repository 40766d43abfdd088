"""What an export takes of a run, what it leaves out, and the rows each trainer reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scored_pool import ranked

from tpo.core.errors import InputError, StoreError
from tpo.core.pool import summarise
from tpo.core.state import Candidate
from tpo.datasets.export.exporting import Exported, export_rows, wish_for
from tpo.datasets.export.folders import sources_in
from tpo.datasets.export.pairs import Pairing, pairing, pairs_in
from tpo.datasets.export.source import Source
from tpo.datasets.export.writing import write_rows

ASKED = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": "Good day"},
    {"role": "user", "content": "Name a river"},
]
POOL = [ranked("a", 1.0), ranked("b", 3.0), ranked("c", 2.0, 1), ranked("d", 5.0, 1)]


def source(pool: list[Candidate] = POOL, by: str = "judge", **fields: Any) -> Source:
    last = max((c["round"] for c in pool), default=0)
    made = [summarise([c for c in pool if c["round"] <= n], 1, n, by) for n in range(last + 1)]
    rest = {"messages": ASKED, "gamed": False, "settings": {"policy": "m"}, **fields}
    return Source(id="run1", origin="runs.db", candidates=pool, rounds=made, **rest)


def rows(*sources: Source, to: str = "trl", task: str = "dpo", **more: Any) -> list[Any]:
    return exported(*sources, to=to, task=task, **more).rows


def exported(
    *sources: Source,
    to: str = "trl",
    task: str = "dpo",
    pairs: str = "best-worst",
    min_margin: float = 0.0,
    critiques: bool = False,
) -> Exported:
    return export_rows(sources, wish_for(to, task, pairs, min_margin, critiques=critiques))


def texts(how: Pairing, pool: list[Candidate] = POOL) -> list[tuple[str, str]]:
    return [(a["text"], b["text"]) for a, b in pairs_in(pool, how)]


def test_how_pairs_are_made():
    assert texts(pairing("best-worst")) == [("d", "a")]
    assert texts(pairing("last-first")) == [("d", "a")]
    assert texts(pairing("top-2")) == [("d", "a"), ("b", "c")]
    assert texts(pairing("top-9")) == [("d", "a"), ("b", "c")]  # each text in one pair
    assert texts(pairing("top-2", 2.0)) == [("d", "a")]
    assert texts(pairing("best-worst"), [ranked("a", 1.0), ranked("b", 1.0)]) == []  # a tie
    assert texts(pairing("last-first"), POOL[:2]) == []  # nothing after the first samples
    assert texts(pairing("last-first"), [ranked("a", 4.0), ranked("b", 3.0, 1)]) == []  # worse


@pytest.mark.parametrize("name", ["top-k", "top-0", "worst", ""])
def test_an_unknown_pairing_is_refused(name):
    with pytest.raises(InputError, match="choose best-worst, last-first or top-3"):
        pairing(name)


def test_what_is_no_example_is_left_out():
    failed = {"reward": None, "error": "unscored: away", "failure": "unscored"}
    pool: list[Any] = [
        ranked("good", 2.0),
        ranked("bad", 1.0),
        {**ranked("ruled out", 9.0), "reward": None, "error": "vetoed", "failure": "vetoed"},
        {**ranked("away", 0.0), **failed},
        {**ranked("cut", 10.0), "finish_reason": "length"},
        {**ranked("good ", 0.5), "id": "copy"},  # the same text, but for a blank
        ranked("  ", 0.1),
        {**ranked("not ranked yet", 7.0), "round": 5},
    ]
    one = source(pool[:2])
    mixed = Source(**{**vars(one), "candidates": pool})
    (row,) = rows(mixed)
    assert (row["chosen"][0]["content"], row["rejected"][0]["content"]) == ("good", "bad")


def test_a_gamed_reward_teaches_nothing():
    """The held-out reward liked round 0 best; what came after only pleased the reward."""
    run = source(gamed=True)
    run.rounds[0]["heldout"], run.rounds[1]["heldout"] = 2.0, 1.0
    (row,) = rows(run)
    assert row["chosen"][0]["content"] == "b"


def test_two_scales_are_never_mixed():
    two = source(), source(by="fallback", messages=ASKED[-1:])
    with pytest.raises(InputError, match=r"judge \(1 run\), fallback \(1 run\).*--reward NAME"):
        export_rows(two, wish_for("trl", "dpo", "best-worst"))
    wish = wish_for("trl", "dpo", "best-worst")
    chosen = export_rows(two, type(wish)(**{**vars(wish), "rewards": ["judge"]}))
    assert [row["ranked_by"] for row in chosen.rows] == ["judge"]
    assert chosen.left_out == {("run", "ranked by another reward"): 1}


def test_rows_say_where_they_come_from():
    (row,) = rows(source(version="0.2"))
    assert (row["margin"], row["chosen_rating"], row["rejected_rating"]) == (4.0, 5.0, 1.0)
    assert (row["run"], row["source"], row["ranked_by"]) == ("run1", "runs.db", "judge")
    assert (row["policy"], row["tpo_version"], row["chosen_candidate"]) == ("m", "0.2", "r1: d")


def test_the_same_row_is_there_once():
    """Arms of a comparison share their first samples."""
    assert len(rows(source(), source())) == 1


GOOD, BAD = {"role": "assistant", "content": "d"}, {"role": "assistant", "content": "a"}
WANTED: dict[tuple[str, str], dict[str, Any]] = {
    ("trl", "dpo"): {"prompt": ASKED, "chosen": [GOOD], "rejected": [BAD]},
    ("trl", "reward"): {"prompt": ASKED, "chosen": [GOOD], "rejected": [BAD]},
    ("trl", "kto"): {"prompt": ASKED, "completion": [GOOD], "label": True},
    ("trl", "sft"): {"prompt": ASKED, "completion": [GOOD]},
    ("openrlhf", "dpo"): {"prompt": ASKED, "chosen": [GOOD], "rejected": [BAD], "margin": 4.0},
    ("openrlhf", "kto"): {"response": [*ASKED, GOOD], "label": 1},
    ("openrlhf", "sft"): {"input": ASKED, "output": [GOOD]},
    ("axolotl", "dpo"): {"messages": ASKED, "chosen": GOOD, "rejected": BAD},
    ("axolotl", "sft"): {"messages": [*ASKED, GOOD]},
    ("llama-factory", "dpo"): {"conversations": ASKED, "chosen": GOOD, "rejected": BAD},
    ("llama-factory", "kto"): {"conversations": [*ASKED, GOOD], "label": True},
    ("llama-factory", "sft"): {"conversations": [*ASKED, GOOD]},
}


@pytest.mark.parametrize(("to", "task"), WANTED)
def test_a_row_has_the_columns_that_the_trainer_reads(to, task):
    row = rows(source(), to=to, task=task)[0]
    assert {name: row[name] for name in WANTED[to, task]} == WANTED[to, task]


def test_kto_has_both_texts_of_a_pair():
    assert [row["label"] for row in rows(source(), task="kto")] == [True, False]


def test_kto_says_that_a_text_is_good_in_one_run_and_bad_in_another():
    worst: Candidate = {**POOL[3], "reward": -9.0}
    found = rows(source(), source(pool=[*POOL[:3], worst]), task="kto")
    said = [(row["completion"][0]["content"], row["label"]) for row in found]
    assert said == [("d", True), ("a", False), ("b", True), ("d", False)]


def test_axolotl_s_reward_and_kto_have_no_place_for_earlier_turns():
    short = source(messages=[ASKED[0], ASKED[-1]])
    (row,) = rows(short, to="axolotl", task="reward")
    assert (row["system"], row["input"], row["chosen"]) == ("Be brief.", "Name a river", "d")
    left = exported(source(), to="axolotl", task="kto")
    assert left.rows == []
    assert sum(left.left_out.values()) == 2


@pytest.mark.parametrize("content", [[{"type": "image_url", "image_url": {"url": "data:,"}}], None])
def test_a_prompt_with_more_than_texts_is_left_out(content):
    asked = [{"role": "user", "content": content}]
    assert exported(source(messages=asked)).left_out.total() == 1


def test_blocks_of_text_are_a_text():
    asked = [{"role": "user", "content": [{"type": "text", "text": "Name a river"}]}]
    assert rows(source(messages=asked))[0]["prompt"] == [ASKED[-1]]


def test_llama_factory_s_description_names_the_columns(tmp_path: Path):
    for task in ("dpo", "kto"):
        wish = wish_for("llama-factory", task, "best-worst")
        write_rows(export_rows([source()], wish).rows, wish, tmp_path)
    info = json.loads((tmp_path / "dataset_info.json").read_text())
    assert info["tpo_dpo"]["ranking"] is True
    assert info["tpo_dpo"]["columns"] == {
        "messages": "conversations", "chosen": "chosen", "rejected": "rejected",
    }  # fmt: skip
    assert info["tpo_kto"]["columns"]["kto_tag"] == "label"
    assert info["tpo_kto"]["file_name"] == "tpo_kto.jsonl"
    with pytest.raises(InputError, match="is there already"):
        write_rows([], wish, tmp_path)


def critics_run() -> Source:
    run = source(settings={"policy": "m", "prompts": "default"})
    run.rounds[0].update(loss="b is longer", gradient="1. Add the sea.")
    return run


def test_critiques_come_with_what_the_critic_was_asked():
    loss, gradient = rows(critics_run(), task="sft", critiques=True)
    assert loss["completion"] == [{"role": "assistant", "content": "b is longer"}]
    assert [m["role"] for m in loss["prompt"]] == ["system", "user"]
    assert "<chosen_answer>\nb\n</chosen_answer>" in loss["prompt"][1]["content"]
    assert "System: Be brief." in loss["prompt"][1]["content"]
    assert "b is longer" in gradient["prompt"][1]["content"]
    assert (loss["step"], gradient["step"], loss["gain"]) == ("loss", "gradient", 2.0)


def test_a_critique_that_did_not_help_is_a_bad_example():
    run = critics_run()
    worse = Source(**{**vars(run), "candidates": [*POOL[:2], ranked("c", 2.5, 1)]})
    assert rows(worse, task="sft", critiques=True) == []
    assert [r["label"] for r in rows(worse, task="kto", critiques=True)] == [False, False]


def test_a_run_with_its_own_prompts_gives_no_critiques():
    own = Source(**{**vars(critics_run()), "settings": {"prompts": "own"}})
    assert rows(own, task="sft", critiques=True) == []


@pytest.mark.parametrize("task", ["dpo", "reward"])
def test_critiques_are_no_pairs(task):
    with pytest.raises(InputError, match="take sft or kto"):
        wish_for("trl", task, "best-worst", critiques=True)


@pytest.mark.parametrize(("to", "task"), [("verl", "dpo"), ("trl", "ppo")])
def test_an_unknown_trainer_or_task_is_refused(to, task):
    with pytest.raises(InputError, match="choose one of trl, openrlhf, axolotl, llama-factory"):
        wish_for(to, task, "best-worst")


def lines(path: Path, *records: Any) -> None:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))


def test_batches_and_comparisons_are_read_from_their_folders(tmp_path: Path):
    for arm in ("tpo", "best_of_n", "../first"):  # the last: what all arms share
        batch = tmp_path / "arms" / arm
        batch.mkdir(parents=True, exist_ok=True)
        row = {"id": "q1", "messages": ASKED, "stop_reason": "depth", "thread_id": f"{arm}-1"}
        lines(batch / "results.jsonl", row)
        pool = {"id": "q1", "candidates": POOL, "rounds": source().rounds, "requests": []}
        lines(batch / "pools.jsonl", pool, {**pool, "id": "of a row that is not done"})
        made = {"settings": {"policy": arm, "depth": 1}, "versions": {"tpo": "0.2"}}
        (batch / "metadata.json").write_text(json.dumps(made))
    found = list(sources_in(tmp_path))
    assert [s.id for s in found] == ["best_of_n-1", "tpo-1"]
    assert (found[1].origin, found[1].version, found[1].settings["policy"]) == (
        "tpo/q1", "0.2", "tpo",
    )  # fmt: skip
    (row,) = rows(*found)
    assert row["prompt"] == ASKED


def test_a_folder_without_a_batch_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="holds neither a batch nor a comparison"):
        list(sources_in(tmp_path))


def test_a_broken_line_is_named_and_one_cut_off_by_a_kill_is_not(tmp_path: Path):
    lines(tmp_path / "results.jsonl", {"id": "q1", "messages": ASKED})
    pools = tmp_path / "pools.jsonl"
    pools.write_text('{"id": "q0", "candidates": [], "rounds": []}\n{"id": "q')
    assert list(sources_in(tmp_path)) == []
    pools.write_text('{"id": "q\n{}\n')
    with pytest.raises(StoreError, match=r"pools.jsonl, line 1: not JSON"):
        list(sources_in(tmp_path))
