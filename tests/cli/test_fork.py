"""`tpo fork`: edited losses, gradients and pools, other settings, replay."""

from __future__ import annotations

import pytest
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from loopback_server import message_text

pytestmark = pytest.mark.loopback


def prompts(server, since):
    return [message_text(asked.body["messages"][-1]) for asked in server.asked[since:]]


def test_an_edited_gradient_is_what_the_update_sees(tpo, run_id, server):
    before = len(server.asked)
    ran = tpo("fork", run_id, "--gradient", "Say Danube.", "--json")
    assert ran.code == 0, ran.err
    assert len(server.asked) == before + 1
    assert "Say Danube." in prompts(server, before)[0]
    assert ran.data["rounds"][1]["gradient"] == "Say Danube."
    assert len(ran.data["rounds"]) == 3


def test_an_edited_loss_of_an_earlier_round(tpo, run_id, server, tmp_path):
    file = tmp_path / "loss.txt"
    file.write_text("Too long.")
    before = len(server.asked)
    ran = tpo("fork", run_id, "--loss", f"@{file}", "--round", "0", "--depth", "1", "--json")
    assert ran.code == 0, ran.err
    gradient, update = prompts(server, before)
    assert "Too long." in gradient
    assert "Too long." in update
    assert [r["loss"] for r in ran.data["rounds"]] == ["Too long.", None]


def test_loss_and_gradient_together(tpo, run_id, server):
    before = len(server.asked)
    ran = tpo("fork", run_id, "--loss", "L.", "--gradient", "G.", "--round", "0", "-d", "1", "-q")
    assert ran.code == 0
    (update,) = prompts(server, before)
    assert "L." in update
    assert "G." in update


def test_a_dropped_answer_is_out_of_the_race(tpo, run_id):
    whole = tpo("show", run_id, "--json").data
    chosen = whole["rounds"][-1]["chosen"]
    ran = tpo("fork", run_id, "--drop", chosen, "--json")
    assert ran.code == 0, ran.err
    dropped = next(c for c in ran.data["candidates"] if c["id"] == chosen)
    assert (dropped["error"], dropped["failure"]) == ("dropped by hand", "dropped")
    assert ran.data["rounds"][-1]["chosen"] != chosen
    assert ran.data["reward"] <= whole["reward"]
    assert ran.data["rounds"][-1]["malformed"] == 0
    everything = [a for c in whole["candidates"] for a in ("--drop", c["id"])]
    assert "leave no scored answer" in tpo("fork", run_id, *everything).err


def test_a_rewritten_answer_is_ranked_with_its_round(tpo, run_id, server):
    before = len(server.asked)
    ran = tpo(
        "fork", run_id, "--edit", "r0c0=The Danube flows to the Black Sea.", "-d", "1", "--json"
    )
    assert ran.code == 0, ran.err
    assert len(server.asked) == before + 3  # loss, gradient, update
    edited = ran.data["candidates"][0]
    assert edited["text"] == "The Danube flows to the Black Sea."
    assert edited["finish_reason"] == "edited"
    assert edited["reward"] is not None


def test_a_replay_leaves_the_old_branch_in_the_history(tpo, run_id, server):
    old = tpo("show", run_id, "--history", "--json").records
    assert all(row["present"] for row in old)
    point = next(row for row in old if row["next"] == "update")
    before = len(server.asked)
    ran = tpo("fork", run_id, "--at", point["checkpoint"], "--json")
    assert ran.code == 0, ran.err
    assert len(server.asked) == before + 1
    new = tpo("show", run_id, "--history", "--json").records
    assert len(new) > len(old)
    left = [row for row in new if not row["present"]]
    assert [row["written_by"] for row in left] == ["finish", "rank", "update"]
    back = tpo("fork", run_id, "--at", left[0]["checkpoint"], "--json")  # the old end again
    assert back.code == 0
    assert len(server.asked) == before + 1
    assert back.data["status"] == "finished"


@pytest.mark.parametrize("node", ["start", "sample", "rank", "loss", "gradient", "update"])
def test_replay_from_every_step(node, tpo, run_id):
    rows = tpo("show", run_id, "--history", "--json").records
    point = next(row for row in reversed(rows) if row["written_by"] == node)
    ran = tpo("fork", run_id, "--at", point["checkpoint"], "--json")
    assert ran.code == 0, ran.err
    assert ran.data["status"] == "finished"
    assert [r["round"] for r in ran.data["rounds"]] == [0, 1, 2]
    assert len(ran.data["candidates"]) == 9


def test_the_run_as_it_was_at_a_checkpoint(tpo, run_id):
    rows = tpo("show", run_id, "--history", "--json").records
    point = next(row for row in reversed(rows) if row["written_by"] == "rank")
    shown = tpo("show", run_id, "--at", point["checkpoint"], "--json").data
    assert len(shown["candidates"]) == 3
    assert shown["answer"] is None


def test_other_settings_alone_go_on_from_the_end(tpo, run_id):
    ran = tpo("fork", run_id, "--depth", "3", "--width", "2", "--json")
    assert ran.code == 0
    assert len(ran.data["candidates"]) == 9 + 2


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "nothing to change: give"),
        (("--at", "zzzzzz"), "no checkpoint of this run ends in 'zzzzzz'"),
        (("--drop", "r9c9"), "there is no answer 'r9c9' at that point; choose one of r0c0"),
        (("--gradient", "x", "--round", "7"), "the run has no gradient to edit in round 7"),
        (("--loss", ""), "an empty text was given"),
        (("--loss", "@/no/such"), "/no/such cannot be read"),
        (("--edit", "r0c0"), "has no text"),
        (("--edit", "r0c0=x", "--edit", "r1c0=y"), "must all be from the same round"),
        (("--edit", "r0c0=x", "--loss", "y"), "leave out --loss"),
        (("--depth", "77"), "depth: input should be"),
    ],
)
def test_bad_forks_change_nothing(args, words, tpo, run_id):
    before = tpo("show", run_id, "--history", "--json").records
    ran = tpo("fork", run_id, *args)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert ran.err.count("\n") == 1
    assert len(tpo("show", run_id, "--history", "--json").records) == len(before)


@pytest.mark.parametrize("step", [0, 1, 2, 4])
def test_a_run_that_is_not_over_is_not_reopened(step, tpo, policy, monkeypatch):
    """Saved are the input, and with each step one checkpoint more."""
    save = AsyncSqliteSaver.aput

    async def dies(self, config, checkpoint, metadata, versions):
        if metadata["step"] == step:
            raise OSError("the process dies")
        return await save(self, config, checkpoint, metadata, versions)

    with monkeypatch.context() as patched:
        patched.setattr(AsyncSqliteSaver, "aput", dies)
        assert tpo("run", "Name a river", "-p", policy, "-w", "2").code == 1
    (run,) = tpo("runs", "--json").records
    said = tpo("fork", run["id"], "--width", "3").err
    assert "is not over; to continue it with other settings, give them to: tpo resume" in said
    wrong = tpo("fork", run["id"], "--edit", "r9c9=x").err
    assert ("the run has none yet" if step < 2 else "choose one of r0c0, r0c1") in wrong
    if step < 3:
        assert "the run has no ranking to edit" in tpo("fork", run["id"], "--drop", "r0c0").err
    assert tpo("resume", run["id"], "--width", "3").code == 0


def test_an_edit_must_fit_its_checkpoint(tpo, run_id):
    rows = tpo("show", run_id, "--history", "--json").records
    ranked = next(row for row in rows if row["written_by"] == "rank")
    ran = tpo("fork", run_id, "--at", ranked["checkpoint"], "--loss", "x")
    assert ran.code == 2
    losses = [row["checkpoint"] for row in rows if row["written_by"] == "loss"]
    assert all(name in ran.err for name in losses)


def test_a_fork_of_a_run_with_a_person_asks_again(tpo, policy):
    run = tpo("run", "x", "-p", policy, "-d", "1", "-w", "3", "--human-pick", "--json").data["id"]
    assert tpo("resume", run, "--stop", "--json").data["stop_reason"] == "human"
    ran = tpo("fork", run, "--drop", "r0c2", "--json")
    assert (ran.code, ran.data["status"]) == (3, "waiting")
    assert ran.data["rounds"][0]["chosen"] == "r0c1"
    again = tpo("resume", run, "--pick", "r0c2")
    assert "there is no scored answer 'r0c2'" in again.err


@pytest.fixture
def told(tpo, policy, tmp_path):
    """A finished run whose reward says what is wrong, so that no critic was asked."""
    (tmp_path / "a.json").write_text('{"type": "object"}')
    reward = f"verify:json:{tmp_path / 'a.json'}"
    ran = tpo("run", "Q", "--policy", policy, "-r", reward, "-m", "adaptive", "-d1", "--json")
    assert ran.code == 0, ran.err
    assert ran.data["rounds"][0]["plan"]["critique"] is False
    return ran.data["id"]


@pytest.mark.parametrize("step", ["loss", "gradient"])
def test_words_of_ones_own_steer_a_round_that_has_no_critique(tpo, told, server, step):
    before = len(server.asked)
    ran = tpo("fork", told, f"--{step}", "Say Danube.", "--round", "0", "--json")
    assert ran.code == 0, ran.err
    steered = [p for p in prompts(server, before) if "Say Danube." in p]
    plan = ran.data["rounds"][0]["plan"]
    assert len(steered) == bool(plan["rewrite"]) + bool(plan["advised"])
    assert not any("Do not write a new answer" in p for p in prompts(server, before))
    assert ran.data["rounds"][0][step] == "Say Danube."
    assert ran.data["rounds"][0]["by_hand"] == [step]


def test_an_answer_is_dropped_from_a_round_that_has_no_critique(tpo, told):
    ran = tpo("fork", told, "--drop", "r0c0", "--round", "0", "--json")
    assert ran.code == 0, ran.err
    assert ran.data["rounds"][0]["chosen"] != "r0c0"


@pytest.fixture
def several(tpo, policy):
    """A finished run whose first round has two critiques."""
    how = ("-m", "adaptive", "--critiques", "2", "-d1", "-w5", "-r", "heuristic", "--json")
    ran = tpo("run", "Q", "--policy", policy, *how)
    assert ran.code == 0, ran.err
    assert len(ran.data["rounds"][0]["further"]) == 1
    return ran.data["id"]


def test_several_critiques_are_shown_with_what_they_are_against(tpo, several):
    shown = tpo("show", several).out
    further = tpo("show", several, "--json").data["rounds"][0]["further"][0]
    assert f"loss, against {further['rejected']}\n" in shown
    assert f"gradient, against {further['rejected']}\n" in shown
    assert further["rejected"] != tpo("show", several, "--json").data["rounds"][0]["rejected"]


def test_words_of_ones_own_count_alone_where_there_were_several(tpo, several, server):
    before = len(server.asked)
    ran = tpo("fork", several, "--loss", "Too long.", "--round", "0", "--json")
    assert ran.code == 0, ran.err
    assert len([p for p in prompts(server, before) if "the changes that would make" in p]) == 1
    assert ran.data["rounds"][0]["further"] == []
    assert not any("critique" in c for c in ran.data["candidates"] if c["round"])
