"""`tpo runs`, `tpo show`, `tpo graph`: what is read back."""

from __future__ import annotations

import json

import pytest
from loopback_server import LoopbackServer, shaped

pytestmark = pytest.mark.loopback


def test_runs_are_listed_newest_first(tpo, policy, run_id):
    second = tpo("run", "Name\na sea", "-p", policy, "-d", "0", "-w", "2", "--json").data["id"]
    rows = tpo("runs", "--json").records
    assert [row["id"] for row in rows] == [second, run_id]
    assert rows[0]["mode"] == "tpo"
    assert (rows[0]["depth"], rows[0]["width"], rows[0]["requests"]) == (0, 2, 1)
    assert [row["id"] for row in tpo("runs", "--json", "--limit", "1").records] == [second]
    table = tpo("runs").out
    assert table.splitlines()[0].split() == (
        "id when status search reward requests policy prompt".split()  # noqa: SIM905
    )
    assert "Name a sea" in table
    assert "finished" in table


def test_several_policies_are_typed_one_by_one_and_shown(tpo, policy, server):
    other = f"openai:other@{server.base_url}"
    ran = tpo(
        "run",
        "Name a river",
        "--policies",
        policy,
        "--policies",
        other,
        "-d",
        "1",
        "-w",
        "4",
        "--json",
    )
    assert ran.code == 0, ran.err
    first = [c["policy"] for c in ran.data["candidates"] if c["round"] == 0]
    assert first == [policy, policy, other, other]
    assert ran.data["settings"]["policies"] == [policy, other]
    shown = " ".join(tpo("show", ran.data["id"]).out.split())
    assert f"policies {policy}, {other}" in shown
    assert f"{ran.data['rounds'][0]['policy']} goes on" in shown
    assert f"{policy}, {other}" in tpo("runs", "--json").out
    refused = tpo("run", "x", "--policies", policy, "--policies", other, "-w", "1")
    assert refused.code == 2
    assert "give a width of 2 or more" in refused.err


def test_no_runs_yet(tpo, database):
    ran = tpo("runs")
    assert (ran.code, ran.out) == (0, "There are no saved runs.\n")
    assert tpo("runs", "--json").out == ""
    assert not database.exists()


def test_show_has_pool_rounds_critiques_answer_and_cost(tpo, run_id):
    out = tpo("show", run_id).out
    for words in (
        "finished: all 2 rounds were run",
        "Name a river",
        "r0c0",
        "r2c2",
        "Round 1: r0c2 against r0c0",
        "The chosen answer is longer.",
        "1. Name the river.",
        "malformed",
        "gradient",
        "total",
        "The Rhine, word0",
    ):
        assert words in out
    assert all(line == line.rstrip() for line in out.splitlines())


def test_near_copies_are_said_of_rounds_that_have_them(tpo, policy, server):
    def alike(body, index):
        return shaped(body, f"The Rhine. {'word ' * index}")

    server.answer = alike
    ran = tpo("run", "x", "-p", policy, "-d", "1", "-w", "3", "--json")
    assert [r["near_copies"] for r in ran.data["rounds"]] == [0, 3]
    out = tpo("show", ran.data["id"]).out
    assert "round 1: 3 of 3 nearly copy an earlier answer" in out
    assert "round 0: " not in out


def test_what_was_written_to_check_the_answers_for_is_shown(tpo, policy, server):
    def judge(body, index):
        if "Write what they are to be checked for" in body["messages"][-1]["content"]:
            return "3: Does it name a river?\n1: Is it brief?"
        return "1: pass\n2: fail"

    with LoopbackServer(judge) as judging:
        reward = f"rubric:auto:openai:j@{judging.base_url}"
        ran = tpo("run", "Name it", "-p", policy, "-r", reward, "-d", "0", "-w", "2", "--json")
    assert ran.data["reward"] == 0.75
    out = tpo("show", ran.data["id"]).out
    assert "Written to check its answers for" in out
    assert "- Does it name a river? (weight 3): Does it name a river?" in out


def test_one_answer_in_full(tpo, run_id):
    whole = tpo("show", run_id, "--json").data
    text = next(c["text"] for c in whole["candidates"] if c["id"] == "r1c2")
    assert tpo("show", run_id, "--candidate", "r1c2").out == text + "\n"
    missing = tpo("show", run_id, "-c", "r9c9")
    assert missing.code == 2
    assert "there is no answer 'r9c9'; choose one of r0c0, r0c1" in missing.err


def test_history_names_what_can_be_forked_from(tpo, run_id):
    out = tpo("show", run_id, "--history").out
    after = [line.split()[-2] for line in out.splitlines()[1:-1]]
    assert after[0] == "finish"
    assert {"sample", "rank", "loss", "gradient", "update"} <= set(after)
    assert "tpo fork ID --at CHECKPOINT" in out


@pytest.mark.parametrize("mode", ["tpo", "revision"])
def test_graph_is_mermaid(mode, tpo):
    out = tpo("graph", "--mode", mode).out
    assert "graph TD;" in out
    assert "rank -.-> loss;" in out


def test_graph_of_best_of_n_has_no_loop(tpo):
    out = tpo("graph", "--mode", "best_of_n").out
    assert "rank -.-> finish;" in out
    assert "loss" not in out


def test_a_login_in_a_url_is_not_shown(tpo, server):
    address = server.base_url.replace("//", "//me:secret@")
    ran = tpo("run", "x", "-p", f"openai:m@{address}", "-d", "0", "-w", "1", "--json")
    assert ran.code == 0, ran.err
    said = ran.out + ran.err
    for args in (("runs",), ("runs", "--json"), ("show", ran.data["id"])):
        said += tpo(*args).out
    assert "secret" not in said
    assert tpo("resume", ran.data["id"], "-d", "1", "-q").code == 0  # it is kept, though


def test_an_edited_text_is_marked(tpo, run_id):
    tpo("fork", run_id, "--gradient", "Say Danube.", "-q")
    assert "gradient (by hand)" in tpo("show", run_id).out


@pytest.fixture
def talk(tpo, policy, tmp_path) -> str:
    """A run that answers the end of a conversation with a system prompt."""
    turns = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Good day"},
        {"role": "user", "content": "Name a river"},
    ]
    file = tmp_path / "turns.json"
    file.write_text(json.dumps(turns))
    ran = tpo(
        "run", "--messages", str(file), "--system", "Be brief.",
        "-p", policy, "-d", "1", "-w", "2", "--json",
    )  # fmt: skip
    assert [m["role"] for m in ran.data["messages"]] == ["system", "user", "assistant", "user"]
    return ran.data["id"]


def test_the_whole_conversation_is_shown(tpo, talk):
    out = tpo("show", talk).out
    asked = out[out.index("Prompt") : out.index("Pool")].split("\n")
    assert [line.strip() for line in asked if line.strip()] == [
        "Prompt", "system", "Be brief.", "user", "Hello", "assistant", "Good day", "user",
        "Name a river",
    ]  # fmt: skip
    data = tpo("show", talk, "--json").data
    assert data["messages"][0] == {"role": "system", "content": "Be brief."}
    assert data["query"] == "Name a river"


def test_the_gain_is_shown_and_is_in_the_json(tpo, talk):
    said = tpo("show", talk).out
    assert " over the best first sample, for " in said
    gain = tpo("show", talk, "--json").data["gain"]
    assert gain["reward"] > 0
    assert gain["texts_after"] == 4


def test_best_so_far_stands_beside_the_best_of_the_round(tpo, run_id):
    table = next(line for line in tpo("show", run_id).out.splitlines() if "std" in line)
    assert table.split()[:5] == ["round", "best", "so", "far", "best"]
    assert "best so far " in tpo("show", run_id).out.split("std")[1]


def test_runs_are_exported_with_their_conversation(tpo, talk, tmp_path):
    out = tmp_path / "pairs.jsonl"
    ran = tpo("export", talk[:5], "--out", str(out))
    assert (ran.code, ran.err) == (0, f"1 row from 1 run: {out}\n")
    row = json.loads(out.read_text())
    assert [m["role"] for m in row["prompt"]] == ["system", "user", "assistant", "user"]
    assert (row["run"], row["source"], row["ranked_by"]) == (talk, "runs.db", "heuristic")
    assert row["margin"] > 0
    assert tpo("export", talk, "--out", str(out)).code == 2  # nothing is written over
    (line,) = tpo("export", "--task", "sft").records
    assert line["completion"][0]["content"].startswith("The Rhine")
    assert len(tpo("export", "--task", "kto", "--critiques").records) == 2


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("--min-margin", "99"), "nothing to export from 1 run: 1 run without two answers"),
        (("--to", "llama-factory"), "llama-factory wants a folder: name one with --out"),
        (("--reward", "judge"), "1 run ranked by another reward"),
        (("no-such-run",), "there is no run 'no-such-run'"),
    ],
)
def test_an_export_that_cannot_be_is_refused(tpo, talk, args, sentence):
    ran = tpo("export", *args)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
