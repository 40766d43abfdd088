"""`tpo run`: what it prints where, what it reads, and its exit codes."""

from __future__ import annotations

import json

import pytest
from loopback_server import Fault

pytestmark = pytest.mark.loopback


def test_piped_stdout_holds_the_answer_and_nothing_else(tpo, policy):
    ran = tpo("run", "Name a river", "-p", policy, "-d", "1", "-w", "2")
    assert ran.code == 0
    assert ran.out.startswith("The Rhine, word0")
    assert ran.out.count("\n") == 1
    lines = ran.err.splitlines()
    assert lines[0].startswith("Note: the heuristic reward is a demonstration")
    assert any("Round 1 of 1: the best so far is r1c1" in line for line in lines)
    assert lines[-1].startswith("Finished: the only round was run. Cost: 4 requests for 6 texts")
    assert "tpo show " in lines[-1]


def test_quiet_says_nothing_on_stderr(tpo, policy):
    ran = tpo("run", "Name a river", "-p", policy, "-d", "1", "-w", "2", "--quiet")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("The Rhine")


def test_json_is_one_object_with_the_whole_result(tpo, policy):
    ran = tpo("run", "Name a river", "-p", policy, "-d", "1", "-w", "2", "--json")
    data = ran.data
    assert data["status"] == "finished"
    assert data["stop_reason"] == "depth"
    assert data["query"] == "Name a river"
    assert len(data["candidates"]) == 4
    assert data["answer"] == max(data["candidates"], key=lambda c: c["reward"])["text"]
    assert [r["round"] for r in data["rounds"]] == [0, 1]
    assert data["usage"]["total"]["requests"] == 4
    assert data["settings"]["width"] == 2


def test_events_are_lines_of_json(tpo, policy):
    ran = tpo("run", "Name a river", "-p", policy, "-d", "1", "-w", "2", "--events")
    events = [json.loads(line) for line in ran.out.splitlines()]
    kinds = [event["type"] for event in events]
    assert (kinds[0], kinds[-1]) == ("tpo.run_started", "tpo.final")
    assert {"tpo.candidate", "tpo.reward", "tpo.loss_delta", "tpo.gradient"} <= set(kinds)


@pytest.mark.parametrize("args", [(), ("-",)])
def test_prompt_from_stdin(tpo, policy, server, args):
    ran = tpo("run", *args, "-p", policy, "-d", "0", "-w", "1", "-q", stdin="Name a\nriver\n")
    assert ran.code == 0
    assert server.asked[0].body["messages"] == [{"role": "user", "content": "Name a\nriver"}]


def test_system_prompt_and_history(tpo, policy, server, tmp_path):
    turns = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Good day"},
        {"role": "user", "content": "Name a river"},
    ]
    system, file = tmp_path / "system.txt", tmp_path / "turns.json"
    system.write_text("Be brief.")
    file.write_text(json.dumps({"messages": turns}))
    ran = tpo(
        "run", "--messages", str(file), "--system", f"@{system}",
        "-p", policy, "-d", "0", "-w", "1", "-q",
    )  # fmt: skip
    assert ran.code == 0
    sent = server.asked[0].body["messages"]
    assert [m["role"] for m in sent] == ["system", "user", "assistant", "user"]
    assert sent[0]["content"] == "Be brief."


def test_messages_from_stdin(tpo, policy):
    turns = json.dumps([{"role": "user", "content": "Name a river"}])
    ran = tpo("run", "--messages", "-", "-p", policy, "-d", "0", "-w", "1", "-q", stdin=turns)
    assert ran.code == 0


def test_settings_reach_the_server(tpo, policy, server):
    ran = tpo(
        "run", "x", "-p", policy, "-d", "0", "-w", "1", "-q",
        "--temperature", "none", "--top-p", "0.5", "--max-tokens", "7", "--seed", "3",
    )  # fmt: skip
    assert ran.code == 0
    body = server.asked[0].body
    assert "temperature" not in body
    assert body["top_p"] == 0.5
    assert 7 in {body.get("max_tokens"), body.get("max_completion_tokens")}
    assert isinstance(body["seed"], int)


def test_policy_from_the_environment(tpo, policy, monkeypatch):
    monkeypatch.setenv("TPO_POLICY", policy)
    assert tpo("run", "x", "-d", "0", "-w", "1", "-q").code == 0


def test_budget_is_kept_and_said(tpo, policy, server):
    ran = tpo("run", "x", "-p", policy, "-d", "3", "-w", "2", "--budget-requests", "4")
    assert ran.code == 0
    assert len(server.asked) <= 4
    assert "Stopped: the budget does not cover the next step" in ran.err


def test_unreachable_policy_is_exit_1_and_resumable(tpo, policy, server):
    server.script = [Fault(status=401, times=None)]
    ran = tpo("run", "x", "-p", policy, "--retries", "0")
    assert (ran.code, ran.out) == (1, "")
    lines = ran.err.splitlines()
    assert lines[-2].startswith("error: policy")
    assert lines[-1].startswith("Everything paid for is saved; continue with: tpo resume ")
    server.script = []
    ran = tpo("resume", lines[-1].split()[-1], "-d", "0", "-q")
    assert ran.code == 0
    assert ran.out.startswith("The Rhine")


def test_a_run_that_paid_for_nothing_does_not_say_that_it_did(tpo, policy, server):
    away = "tei:http://127.0.0.1:9?retries=0"
    ran = tpo("run", "x", "-p", policy, "-r", away)
    said, last = ran.err.splitlines()[-2:]
    assert said.endswith(f"To look into it: tpo doctor --reward '{away}'")
    assert last.startswith("Nothing was paid for; when it is mended, continue with: tpo resume ")
    assert server.asked == []


def test_the_advice_names_the_policy_that_failed(tpo, policy, server):
    server.script = [Fault(status=401, times=None)]
    ran = tpo("run", "x", "-p", policy, "--retries", "0")
    assert f"tpo doctor --policy {policy}" in ran.err


def test_vetoes_are_called_so(tpo, policy, server, tmp_path):
    (tmp_path / "form.json").write_text('{"type": "object"}', encoding="utf-8")
    mix = f'constraints = ["verify:json:{tmp_path}/form.json"]\n[[parts]]\nreward = "heuristic"\n'
    (tmp_path / "mix.toml").write_text(mix, encoding="utf-8")
    server.answer = lambda body, index: "no" if index == 0 else "{}"
    ran = tpo("run", "x", "-p", policy, "-r", f"mix:{tmp_path}/mix.toml", "-d", "0", "-w", "2")
    assert ran.code == 0, ran.err
    assert "1 vetoed" in ran.err
    assert "malformed" not in ran.err
    shown = tpo("show", tpo("runs", "--json").data["id"]).out
    header = next(line for line in shown.splitlines() if "malformed" in line)
    assert "vetoed" in header


def test_replies_without_usage_are_marked_as_least(tpo, policy, server):
    server.usage = False
    ran = tpo("run", "x", "-p", policy, "-d", "0", "-w", "1")
    assert "≥ 0 tokens in, ≥ 0 out" in ran.err


def test_parts_that_fail_are_data(tpo, policy, server):
    def half(body, index):
        return "no tags at all" if index == 0 else "<improved_answer>The Rhine.</improved_answer>"

    server.answer = half
    ran = tpo("run", "x", "-p", policy, "-d", "1", "-w", "2")
    assert ran.code == 0
    assert "1 malformed" in ran.err


def test_texts_reach_a_pipe_as_they_are(tpo, policy, server):
    strange = "[red]The Rhine[/red] :smile: \\[x] `</b>`"
    server.answer = lambda body, i: strange
    ran = tpo("run", strange, "-p", policy, "-d", "0", "-w", "1")
    assert ran.out == strange + "\n"
    run = tpo("runs", "--json").records[0]
    assert run["query"] == strange
    assert strange in tpo("runs").out
    assert tpo("show", run["id"]).out.count(strange) == 2


def test_a_schema_is_a_file_and_the_answer_fits_it(tpo, policy, tmp_path):
    path = tmp_path / "schema.json"
    path.write_text('{"type": "object", "required": ["river"]}', encoding="utf-8")
    asked = ("run", "Name a river", "-p", policy, "-d", "1", "-w", "2", "--schema", str(path))
    ran = tpo(*asked, "--json")
    assert list(json.loads(ran.data["answer"])) == ["river"]
    assert ran.data["settings"]["answer_schema"]["required"] == ["river"]
    resumed = tpo("resume", ran.data["id"], "-d", "2", "--json")  # it is saved with the run
    assert list(json.loads(resumed.data["answer"])) == ["river"]
    assert resumed.data["settings"]["answer_schema"]["required"] == ["river"]


def test_a_wrong_schema_is_refused_before_anything_is_paid(tpo, policy, server, tmp_path):
    path = tmp_path / "schema.json"
    path.write_text('{"type": "oject"}', encoding="utf-8")
    ran = tpo("run", "Name a river", "-p", policy, "--schema", str(path))
    assert (ran.code, server.asked) == (2, [])
    assert "$.type: 'oject' is not valid" in " ".join(ran.err.replace("│", " ").split())
