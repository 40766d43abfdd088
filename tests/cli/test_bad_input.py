"""Bad input: one clear sentence on stderr, exit code 2, nothing paid, nothing saved."""

from __future__ import annotations

import json
import sqlite3

import pytest

from tpo.cli.app import main

IMAGE = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,x"}}]}]
LOCAL = ("-p", "openai:m@http://127.0.0.1:9/v1")

CASES = {
    "empty prompt": (["run", ""], "the prompt is empty"),
    "blank prompt": (["run", " \n "], "the prompt is empty"),
    "empty stdin": (["run"], "the prompt is empty"),
    "depth too large": (["run", "x", "--depth", "99"], "depth: input should be less than or equal"),
    "depth negative": (["run", "x", "--depth", "-1"], "depth: input should be greater"),
    "width zero": (["run", "x", "--width", "0"], "width: input should be greater"),
    "width no number": (["run", "x", "--width", "many"], "--width"),
    "temperature no number": (["run", "x", "--temperature", "hot"], "neither a number nor 'none'"),
    "unknown mode": (["run", "x", "--mode", "best"], "--mode"),
    "unknown policy": (["run", "x", "-p", "gpt"], "unknown policy 'gpt'"),
    "unknown provider": (["run", "x", "-p", "nobody:gpt"], "unknown provider in policy"),
    "unknown critic": (["run", "x", *LOCAL, "--critic", "gpt"], "unknown policy 'gpt'"),
    "unknown reward": (["run", "x", *LOCAL, "-r", "nonsense"], "unknown reward 'nonsense'"),
    "unknown prompts": (["run", "x", *LOCAL, "--prompts", "mine"], "there is no prompt set 'mine'"),
    "unknown option": (["run", "x", "--dept", "1"], "--dept"),
    "unknown command": (["rum"], "rum"),
    "system file missing": (["run", "x", "-s", "@/no/such"], "/no/such cannot be read"),
    "prompt and messages": (["run", "x", "--messages", "y"], "give a prompt or --messages"),
    "messages missing": (["run", "--messages", "/no/such"], "/no/such cannot be read"),
    "no runs yet": (["show", "abc"], "there are no saved runs"),
    "nothing to export": (["export", "out"], "'out' is not a folder, and there are no saved runs"),
    "nothing to resume": (["resume", "abc"], "there are no saved runs"),
    "nothing to fork": (["fork", "abc", "--depth", "3"], "there are no saved runs"),
    "resume out of range": (["resume", "abc", "--limit", "0"], "--limit"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_one_sentence_and_exit_code_2(name, tpo, database):
    args, words = CASES[name]
    ran = tpo(*args)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1, ran.err
    assert ran.err.startswith("error: ")
    assert words in ran.err
    assert not database.exists()


@pytest.mark.parametrize(
    ("turns", "words"),
    [
        (IMAGE, "holds no text, only other parts such as images"),
        ([], "there is no human turn"),
        ([{"role": "system", "content": "x"}], "there is no human turn"),
        ([{"role": "user", "content": ""}], "the prompt is empty"),
        ([{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}], "already ends"),
        ([{"role": "nobody", "content": "x"}], "not a list of chat messages"),
        ({"role": "user", "content": "x"}, "must contain a JSON list"),
        ("just text", "must contain a JSON list"),
        ([1, 2], "not a list of chat messages"),
    ],
)
def test_messages_that_cannot_be_answered(turns, words, tpo, database, tmp_path):
    file = tmp_path / "turns.json"
    file.write_text(json.dumps(turns))
    ran = tpo("run", "--messages", str(file))
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert not database.exists()


def test_messages_that_are_no_json(tpo, tmp_path):
    file = tmp_path / "turns.json"
    file.write_text("[")
    ran = tpo("run", "--messages", str(file))
    assert ran.code == 2
    assert "is not JSON" in ran.err
    for text in ('[{"role": "user", "content": "x", "n": 1e400}]', "[" * 100_000):
        file.write_text(text)
        assert "is not JSON" in tpo("run", "--messages", str(file)).err
    file.write_bytes(b"\xff\xfe\x00")
    assert "is not UTF-8 text" in tpo("run", "--messages", str(file)).err


COMMANDS = [("run", "x", *LOCAL), ("resume", "a"), ("show", "a"), ("runs",), ("fork", "a")]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", ["text", "foreign", "cut", "garbled", "folder"])
def test_a_file_that_is_not_ours_is_refused_and_not_touched(command, kind, tpo, tmp_path):
    file = tmp_path / "other.db"
    if kind == "folder":
        file.mkdir()
    else:
        spoil(file, kind)
    before = file.read_bytes() if file.is_file() else None
    ran = tpo(*command, "--db", str(file))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert str(file) in ran.err
    assert before == (file.read_bytes() if file.is_file() else None)
    assert {f.name for f in tmp_path.iterdir()} == {"other.db"}


def spoil(file, kind):
    if kind == "text":
        file.write_text("name,value\n")
        return
    with sqlite3.connect(file) as database:
        table = "songs" if kind == "foreign" else "checkpoints"
        database.execute(f"CREATE TABLE {table} (title TEXT)")
        database.executemany(f"INSERT INTO {table} VALUES (?)", [("x" * 4000,)] * 20)
    database.close()
    whole = file.read_bytes()
    if kind == "cut":
        file.write_bytes(whole[:2000])
    if kind == "garbled":
        file.write_bytes(whole[:16] + b"\x5a" * (len(whole) - 16))


def test_a_file_with_another_checkpoints_table_is_foreign(tpo, tmp_path):
    file = tmp_path / "other.db"
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE checkpoints (title TEXT)")
        database.execute("CREATE TABLE writes (title TEXT)")
    database.close()
    ran = tpo("runs", "--db", str(file))
    assert ran.code == 2
    assert "belongs to another program" in ran.err


def test_debug_shows_the_traceback(capsys, monkeypatch):
    monkeypatch.setenv("TPO_DEBUG", "1")
    assert main(["run", "x", "--depth", "99"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_a_surprise_is_one_sentence_too(tpo, monkeypatch):
    def explode(*_args):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("tpo.cli.input.query.read_conversation", explode)
    ran = tpo("run", "x")
    assert ran.code == 1
    assert ran.err.startswith("error: ZeroDivisionError: oh; this should not happen")
    assert ran.err.count("\n") == 1
