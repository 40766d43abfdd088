"""`tpo batch`: what it reads, writes and prints, its exit codes, and how it goes on."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys

import pytest
from loopback_server import Fault
from patience import PATIENCE, wait_until
from warm_start import WarmProcess

pytestmark = pytest.mark.loopback


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "prompts.jsonl"
    rows = [{"id": f"r{i}", "prompt": f"Name river {i}", "answer": "The Rhine"} for i in range(4)]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def typed(file, policy, tmp_path):
    return ("batch", str(file), "-p", policy, "-d", "1", "-w", "2", "-o", str(tmp_path / "out"))


def written(tmp_path, name="results.jsonl"):
    lines = (tmp_path / "out" / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_every_row_is_written_and_the_end_is_said_on_stderr(tpo, typed, tmp_path):
    ran = tpo(*typed)
    assert (ran.code, ran.out) == (0, "")
    assert "4 of 4 rows; mean reward " in ran.err
    assert "tokens, price unknown; " in ran.err
    assert ran.err.count("Note: the heuristic reward is a demonstration") == 1
    assert sorted(r["id"] for r in written(tmp_path)) == ["r0", "r1", "r2", "r3"]
    assert len(written(tmp_path, "pools.jsonl")) == 4


@pytest.mark.parametrize("reward", ["cached:verify:exact", "mix:{}"])
def test_a_verifier_inside_another_reward_is_given_its_column(tpo, typed, tmp_path, reward):
    mix = tmp_path / "mix.toml"
    mix.write_text('constraints = ["verify:exact"]\n[[parts]]\nreward = "heuristic"\n')
    given = ("-r", reward.format(mix), "--verify-field", "answer", "-o", str(tmp_path / "out"))
    ran = tpo(*typed, *given)
    assert "unknown verifier" not in ran.err
    assert len(written(tmp_path)) == 4


def test_the_same_command_again_goes_on_and_sends_nothing(tpo, typed, server):
    tpo(*typed)
    before = len(server.asked)
    ran = tpo(*typed)
    assert ran.code == 0
    assert "4 of 4 rows were done before" in ran.err
    assert len(server.asked) == before


def test_json_is_one_object_and_quiet_says_nothing(tpo, typed):
    assert tpo(*typed, "--quiet").err == ""
    ran = tpo(*typed, "--json")
    assert (ran.data["done"], ran.data["failed"], ran.data["rows"]) == (4, 0, 4)
    assert ran.data["usage"]["requests"] == 16


def test_rows_that_fail_give_exit_code_1_unless_few_are_allowed(tpo, typed, server):
    server.script = [Fault(400) for _ in range(8)]
    ran = tpo(*typed, "--max-concurrency", "1")
    assert ran.code == 1
    assert "failed: " in ran.err
    assert "to try again: tpo " in ran.err
    assert "--retry-failed" in ran.err
    server.script = []
    assert tpo(*typed, "--max-concurrency", "1", "--fail-on-error", "100%").code == 0
    assert tpo(*typed, "--max-concurrency", "1", "--retry-failed").code == 0


def test_lost_pools_are_said_and_their_rows_run_again(tpo, typed, server, tmp_path):
    assert tpo(*typed).code == 0
    pools, before = tmp_path / "out" / "pools.jsonl", len(server.asked)
    pools.write_bytes(b"".join(pools.read_bytes().splitlines(keepends=True)[:-1]))
    ran = tpo(*typed)
    assert "pools.jsonl has lost the lines of 1 row that had ended; to run what is" in ran.err
    assert (ran.code, len(server.asked)) == (0, before)
    ran = tpo(*typed, "--retry-failed")
    assert (ran.code, len(server.asked)) == (0, before + before // 4)
    assert "has lost" not in ran.err
    assert len(written(tmp_path)) == len(pools.read_bytes().splitlines()) == 4


def test_metadata_that_is_not_whole_is_said_and_what_to_do(tpo, typed, server, tmp_path):
    assert tpo(*typed).code == 0
    about = tmp_path / "out" / "metadata.json"
    whole, before = about.read_bytes(), len(server.asked)
    for left in (b"", whole[:200], b"null", b"{}"):
        about.write_bytes(left)
        ran = tpo(*typed)
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert "metadata.json is empty or cut off, and nothing else says what settings" in ran.err
        assert about.read_bytes() == left
    about.write_bytes(whole)
    assert (tpo(*typed).code, len(server.asked)) == (0, before)


def test_other_settings_are_refused_in_one_sentence(tpo, typed, server):
    tpo(*typed)
    before = len(server.asked)
    ran = tpo(*typed, "--temperature", "0.1")
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert "begun with other settings: temperature was 0.7 and is 0.1" in ran.err
    assert len(server.asked) == before


def test_a_total_ends_it_and_the_command_to_go_on_is_said(tpo, typed, tmp_path):
    ran = tpo(*typed, "--total-requests", "6")
    assert ran.code == 1
    assert "the requests for all rows are used up; everything paid for is saved" in ran.err
    assert tpo(*typed).code == 0, written(tmp_path)
    assert len(written(tmp_path)) == 4


def test_a_verifier_is_given_its_column(tpo, typed, tmp_path):
    ran = tpo(*typed, "-r", "verify:exact", "--verify-field", "answer")
    assert ran.code == 0, ran.err
    assert [r["reward"] for r in written(tmp_path)] == [0.0] * 4


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--fail-on-error", "many"), "'many' is not a share such as 5%"),
        (("-r", "verify:exact"), "verify:exact needs a text, or a column: --verify-field NAME"),
        (("--human-pick",), "No such option"),
        (("--verify-field", "gold"), 'line 1: the column "gold" is missing'),
    ],
)
def test_what_cannot_be_right_is_refused_before_anything_is_paid(tpo, typed, server, more, said):
    ran = tpo(*typed, *more)
    assert ran.code == 2
    assert said in ran.err
    assert not server.asked


def test_ctrl_c_leaves_a_folder_that_goes_on(typed, server, tmp_path):
    server.delay = 0.2
    command = [sys.executable, "-P", "-m", "tpo.cli.app", *typed]
    child = subprocess.Popen(command, stderr=subprocess.PIPE)
    wait_until(lambda: len(server.asked) >= 3)
    child.send_signal(signal.SIGINT)
    said = child.communicate(timeout=PATIENCE)[1].decode()
    assert child.returncode == 130, said
    assert "interrupted; everything paid for is saved. To go on: tpo batch " in said
    server.delay = 0.0
    done = WarmProcess(typed, stderr=subprocess.PIPE)
    said = done.communicate(timeout=PATIENCE)[1]
    assert done.returncode == 0, said
    assert len(written(tmp_path)) == 4
    about = json.loads((tmp_path / "out" / "metadata.json").read_text(encoding="utf-8"))
    assert (about["sums"]["done"], about["stopped"]) == (4, "")


def test_a_list_of_prompts_is_a_batch_and_not_a_run(tpo, policy, server):
    lines = '{"prompt": "Name a river"}\n{"prompt": "Name a lake"}\n'
    ran = tpo("run", "-", "-p", policy, stdin=lines)
    assert ran.code == 2
    assert "2 rows of JSON: was `tpo batch - -o DIR` meant?" in ran.err
    assert not server.asked


def test_in_a_terminal_the_view_is_redrawn(tmp_path):
    from rich.console import Console

    from tpo.cli.screen.batch_watchers import LiveBatch
    from tpo.core.context import Context
    from tpo.datasets.batch.plan import BatchPlan
    from tpo.datasets.batch.running import Running
    from tpo.datasets.rows.row_file import rows_of
    from tpo.nodes.paid.run_models import GivenModels

    async def drawn() -> str:
        rows = rows_of(["One?", "Two?"]).checked()
        running = Running(BatchPlan(GivenModels(), Context()), rows)
        running.sums.done = running.sums.rated = 1
        running.sums.rewards = 0.5
        console = Console(force_terminal=True, width=80, record=True)
        console.print(LiveBatch(console, running).view())
        return console.export_text()

    text = asyncio.run(drawn())
    assert "1 of 2 rows" in text
    assert "mean reward so far: 0.5" in text


def test_the_answers_are_written_as_other_programs_read_them(tpo, typed, tmp_path, server):
    ran = tpo(*typed, "--format", "alpaca-eval", "--format", "arena-hard")
    assert ran.code == 0, ran.err
    alpaca = json.loads((tmp_path / "out" / "alpaca-eval.json").read_text(encoding="utf-8"))
    assert {tuple(row) for row in alpaca} == {("dataset", "instruction", "output", "generator")}
    assert sorted(row["instruction"] for row in alpaca) == [f"Name river {i}" for i in range(4)]
    arena = written(tmp_path, "arena-hard.jsonl")
    assert sorted(row["uid"] for row in arena) == ["r0", "r1", "r2", "r3"]
    assert arena[0]["messages"][-1]["content"]["answer"].startswith("The Rhine")
    assert arena[0]["metadata"]["token_len"] > 1
    ran = tpo(*typed, "--format", "xml")
    assert (ran.code, "--format xml is not one of alpaca-eval" in ran.err) == (2, True)


def test_a_format_whose_package_is_missing_is_refused_before_anything_is_paid(
    tpo, typed, server, monkeypatch
):
    monkeypatch.setattr("tpo.datasets.rows.formats.find_spec", lambda name: None)
    for name, install in (("inspect", "pip install 'tpo[inspect]'"), ("parquet", "pyarrow")):
        ran = tpo(*typed, "--format", name)
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert f"--format {name} needs " in ran.err
        assert install in ran.err
    assert not server.asked


GOOD = "".join(json.dumps({"id": f"r{i}", "prompt": f"Name river {i}"}) + "\n" for i in range(6))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD + '{"id": "r6", "prompt": "Na', "prompts.jsonl, line 7: not JSON"),
        (GOOD + '{"id": "r6", "text": "x"}', 'line 7: the column "prompt" is missing'),
        (GOOD + '{"id": "r6", "prompt": 6}', 'line 7: "prompt" is a number, and a text in the'),
        (GOOD + '{"id": "r5", "prompt": "x"}', "line 7: the id 'r5' is there twice"),
        (GOOD + '{"id": "r6", "id": "r7", "prompt": "x"}', 'line 7: not JSON: "id" is there twice'),
        (GOOD + '{"id": "r6", "prompt": "x", "settings": {"n": 3}}', 'line 7: "settings": unknown'),
        ("", "prompts.jsonl has no rows"),
    ],
)
def test_rows_that_cannot_be_right_are_refused_in_one_sentence_with_the_line(
    tpo, typed, file, server, tmp_path, content, said
):
    file.write_text(content, encoding="utf-8")
    ran = tpo(*typed)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert said in ran.err
    assert not server.asked
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_used_is_refused_and_left_as_it_is(tpo, typed, server, tmp_path):
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    ran = tpo(*typed)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "out cannot be made" in ran.err
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"
    (tmp_path / "out").unlink()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.jsonl").write_text("mine", encoding="utf-8")
    ran = tpo(*typed)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "holds a results.jsonl and no metadata.json" in ran.err
    assert (tmp_path / "out" / "results.jsonl").read_text(encoding="utf-8") == "mine"
    assert not server.asked


def test_reading_a_large_file_is_mentioned(tpo, typed, monkeypatch):
    monkeypatch.setattr("tpo.cli.commands.batch.LARGE", 10)
    monkeypatch.setattr("tpo.cli.commands.batch.LONG", 0.0)
    ran = tpo(*typed, "-d", "0", "-w", "1")
    assert "to check it (0.0 GB); nothing is paid for meanwhile" in ran.err
    assert "4 rows of " in ran.err
    assert " checked in 0 s" in ran.err.replace(" 1 s", " 0 s")
