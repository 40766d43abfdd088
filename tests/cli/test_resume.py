"""Crash, Ctrl-C, failure, a person's pause: the run goes on, and nothing is asked twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from loopback_server import Fault, message_text
from patience import PATIENCE, wait_until
from warm_start import WarmProcess

pytestmark = pytest.mark.loopback
COMMAND = [sys.executable, "-m", "tpo.cli.app"]


def start(*args: str, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
    )


def started_warm(*args: str) -> WarmProcess:
    """Start it without the time that Python takes to import it."""
    return WarmProcess(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def is_update(body):
    return "improved_answer" in message_text(body["messages"][-1])


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_an_interrupted_run_goes_on_and_asks_nothing_twice(name, tpo, policy, server, database):
    server.delay = lambda body: 60.0 if is_update(body) else 0.0
    begin = start if name == "SIGINT" else started_warm
    process = begin("run", "Name a river", "-p", policy, "-d", "1", "-w", "2")
    wait_until(lambda: any(is_update(asked.body) for asked in server.asked))
    process.send_signal(getattr(signal, name))
    out, err = (said.decode() for said in process.communicate(timeout=PATIENCE))
    assert out == ""
    assert "Traceback" not in err
    runs = tpo("runs", "--json").records
    assert [r["status"] for r in runs] == ["interrupted"]
    run = runs[0]["id"]
    if name == "SIGKILL":
        assert process.returncode == -signal.SIGKILL
    else:
        assert process.returncode == 130
        assert err.splitlines()[-1] == f"interrupted; continue with: tpo resume {run}"
    before = len(server.asked)
    server.delay = 0.0
    ran = tpo("resume", run[:5], "--json")
    assert ran.code == 0, ran.err
    assert len(server.asked) == before + 1  # the update alone
    assert ran.data["usage"]["total"]["requests"] == 4
    assert ran.data["settings"]["policy"] == policy


def test_second_signal_ends_at_once(policy, server, database):
    server.delay = 60.0
    process = started_warm("run", "Name a river", "-p", policy, "-r", "heuristic", "-w", "1")
    wait_until(lambda: server.asked)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130


def test_strict_msgpack_is_clean(tpo, policy):
    ran = tpo("run", "x", "-p", policy, "-d", "1", "-w", "2", "--human-pick", "--json")
    assert ran.code == 3
    strict = {"LANGGRAPH_STRICT_MSGPACK": "true", "PYTHONWARNINGS": "default"}
    process = start("resume", ran.data["id"], "--no-human-pick", "-q", **strict)
    out, err = (said.decode() for said in process.communicate(timeout=PATIENCE))
    assert process.returncode == 0
    assert out.startswith("The Rhine")
    assert "msgpack" not in err.lower()
    assert "pickle" not in err.lower()


def test_a_finished_run_says_so_and_shows_its_answer(tpo, run_id, server):
    before = len(server.asked)
    ran = tpo("resume", run_id)
    assert ran.code == 0
    assert ran.out.startswith("The Rhine")
    assert ran.err.startswith(f"run {run_id} is over (all 2 rounds were run)")
    assert len(server.asked) == before


def test_more_depth_goes_on_from_the_last_ranking(tpo, run_id, server):
    before = len(server.asked)
    ran = tpo("resume", run_id, "--depth", "3", "--json")
    assert ran.code == 0, ran.err
    assert [r["round"] for r in ran.data["rounds"]] == [0, 1, 2, 3]
    assert len(server.asked) == before + 3
    assert ran.data["usage"]["total"]["requests"] == 10
    assert tpo("resume", run_id, "--json").data["settings"]["depth"] == 3


def test_settings_that_stop_at_once_are_refused(tpo, run_id):
    ran = tpo("resume", run_id, "--depth", "1")
    assert ran.code == 2
    assert "would stop at once: the only round was run" in ran.err
    assert tpo("show", run_id, "--json").data["status"] == "finished"


def test_a_failed_critique_is_tried_again(tpo, policy, server):
    def is_gradient(body):
        return "the changes that would make" in message_text(body["messages"][-1])

    server.script = [Fault(status=400, times=None, when=is_gradient)]
    ran = tpo("run", "x", "-p", policy, "-d", "1", "-w", "2", "--json")
    assert ran.data["stop_reason"] == "critique_failed"
    shown = tpo("show", ran.data["id"])
    assert "stopped: the critique failed (gradient: " in shown.out
    server.script, before = [], len(server.asked)
    again = tpo("resume", ran.data["id"], "--json")
    assert again.data["stop_reason"] == "depth"
    assert len(server.asked) == before + 2  # gradient and update; the loss was there
    assert again.data["rounds"][0]["error"] is None


def test_an_update_without_result_is_drawn_again(tpo, policy, server):
    answer = server.answer
    server.answer = lambda body, i: "no tags" if is_update(body) else answer(body, i)
    ran = tpo("run", "x", "-p", policy, "-d", "1", "-w", "2", "--json")
    assert ran.data["stop_reason"] == "no_update"
    server.answer = answer
    again = tpo("resume", ran.data["id"], "--json")
    assert again.data["stop_reason"] == "depth"
    assert all(c["error"] is None for c in again.data["candidates"])


def test_a_person_picks_from_the_command_line(tpo, policy):
    ran = tpo("run", "x", "-p", policy, "-d", "1", "-w", "3", "--human-pick")
    assert (ran.code, ran.out) == (3, "")
    run = ran.err.split("tpo show ")[1][:8]
    assert f"tpo resume {run} --pick r0c0" in ran.err
    assert tpo("runs", "--json").records[0]["status"] == "waiting"
    wrong = tpo("resume", run, "--pick", "r9c9")
    assert wrong.code == 2
    assert "there is no scored answer 'r9c9'; choose one of r0c2, r0c1, r0c0" in wrong.err
    same = tpo("resume", run, "--pick", "r0c0", "--reject", "r0c0")
    assert "must be different" in same.err
    second = tpo("resume", run, "--pick", "r0c0", "--reject", "r0c1", "--json")
    assert second.code == 3
    assert second.data["status"] == "waiting"
    first_round = second.data["rounds"][0]
    assert (first_round["chosen"], first_round["picked_by"]) == ("r0c0", "human")
    last = tpo("resume", run, "--pick", "r1c0", "--stop", "--json")
    assert last.code == 0
    assert last.data["stop_reason"] == "human"
    assert last.data["answer"] == next(
        c["text"] for c in last.data["candidates"] if c["id"] == "r1c0"
    )
    assert "is not waiting" in tpo("resume", run, "--pick", "r0c0").err


def test_nobody_is_asked_any_more(tpo, policy):
    ran = tpo("run", "x", "-p", policy, "-d", "1", "-w", "2", "--human-pick", "--json")
    done = tpo("resume", ran.data["id"], "--no-human-pick", "--json")
    assert (done.code, done.data["status"]) == (0, "finished")


def test_the_environment_does_not_change_a_saved_run(tpo, run_id, policy, monkeypatch):
    monkeypatch.setenv("TPO_POLICY", "openai:other@http://127.0.0.1:9/v1")
    ran = tpo("resume", run_id, "--depth", "3", "--json")
    assert ran.code == 0
    assert ran.data["settings"]["policy"] == policy


def test_ids(tpo, run_id):
    assert "there is no run 'zz'" in tpo("resume", "zz").err
    assert "there is no run ''" in tpo("resume", "").err
    assert tpo("show", run_id[:4].upper(), "--json").data["id"] == run_id


def test_a_run_belongs_to_one_process_at_a_time(tpo, policy, server, database):
    server.delay = 60.0
    process = started_warm("run", "Name a river", "-p", policy, "-w", "1")
    try:
        wait_until(lambda: server.asked)
        run = tpo("runs", "--json").records[0]
        assert run["status"] == "running"
        for command in (("resume", run["id"]), ("fork", run["id"], "--depth", "3")):
            ran = tpo(*command)
            assert ran.code == 2
            assert f"another process is running {run['id']}" in ran.err
    finally:
        process.kill()
        process.communicate()
    assert tpo("runs", "--json").records[0]["status"] == "interrupted"
