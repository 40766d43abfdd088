"""`tpo runs`: deleting, what the file takes, and what is not listed."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.sqlite import SqliteSaver

from tpo.cli.saved.deletion import seconds_of
from tpo.core.errors import InputError

pytestmark = pytest.mark.loopback


@pytest.fixture
def three(tpo, policy) -> list[str]:
    """Three finished runs, the oldest first."""
    quick = ("-p", policy, "-d", "0", "-w", "2", "--json")
    return [tpo("run", f"Name a river, {nth}", *quick).data["id"] for nth in "abc"]


def listed(tpo) -> list[str]:
    return [row["id"] for row in tpo("runs", "--json").records]


def test_named_runs_are_deleted_and_their_texts_are_gone(tpo, three, database: Path):
    ran = tpo("runs", "--delete", three[0], three[2][:5], "--yes")
    assert ran.code == 0
    assert ran.err.startswith("Deleted 2 runs; ")
    assert ran.err.endswith(" freed.\n")
    assert listed(tpo) == [three[1]]
    kept = b"".join(path.read_bytes() for path in database.parent.glob("runs.db*"))
    assert b"river, b" in kept
    assert b"river, a" not in kept
    assert b"river, c" not in kept


def test_the_file_shrinks(tpo, three, database: Path):
    with closing(sqlite3.connect(database)) as open_file:
        open_file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = database.stat().st_size
    tpo("runs", "--keep", "1", "--yes")
    assert listed(tpo) == three[2:]
    assert database.stat().st_size < before


def test_rules_are_kept_together(tpo, three):
    assert tpo("runs", "--older-than", "1d", "--yes").err == "Nothing to delete.\n"
    assert tpo("runs", "--older-than", "0min", "--keep", "2", "--yes").code == 0
    assert listed(tpo) == three[:0:-1]
    assert tpo("runs", "--older-than", "0min", "--yes").code == 0
    assert listed(tpo) == []


def test_nothing_is_deleted_without_asking(tpo, three):
    ran = tpo("runs", "--keep", "0")
    assert ran.code == 2
    assert "this would delete 3 runs (" in ran.err
    assert ran.err.endswith("add --yes\n")
    assert len(listed(tpo)) == 3


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_person_is_asked(tpo, three, monkeypatch, answer):
    monkeypatch.setattr("tpo.cli.commands.delete_runs.at_a_terminal", lambda: True)
    ran = tpo("runs", "--delete", three[0], stdin=f"{answer}\n")
    assert "Delete 1 run for good (" in ran.err
    assert (three[0] in listed(tpo)) == (answer == "n")


def test_a_run_under_way_stays(tpo, three, database: Path, monkeypatch):
    """The lock of another process cannot be taken here: it is shown by what asks for it."""
    monkeypatch.setattr("tpo.cli.saved.deletion.is_locked", lambda path, run_id: run_id == three[1])
    ran = tpo("runs", "--keep", "0", "--yes")
    assert ran.code == 1
    assert f"{three[1]}: under way in another process, and not deleted" in ran.err
    assert listed(tpo) == [three[1]]


@pytest.mark.parametrize(
    "args",
    [
        ("--delete",),
        ("a1", "--keep", "1"),
        ("--delete", "a1", "--older-than", "1d"),
        ("--older-than", "soon"),
        ("--delete", "zz", "--yes"),
    ],
)
def test_what_cannot_be_meant_is_refused(tpo, three, args):
    assert tpo("runs", *args).code == 2
    assert len(listed(tpo)) == 3


def test_what_runs_take_on_the_disk(tpo, three, database: Path):
    ran = tpo("runs", "--size", "--json")
    assert all(row["bytes"] > 1000 for row in ran.records)
    assert str(database) in ran.err
    table = tpo("runs", "--size").out.splitlines()
    assert "size" in table[0]
    assert " kB " in table[1]
    assert "bytes" not in tpo("runs", "--json").records[0]


def test_it_says_what_is_not_listed(tpo, three, database: Path):
    assert "Not listed" not in tpo("runs").err
    ran = tpo("runs", "-n", "1", "--json")
    assert len(ran.records) == 1
    assert ran.err == "Not listed: 2 older (all: tpo runs --limit 3)\n"
    with SqliteSaver.from_conn_string(str(database)) as other:
        place = {"configurable": {"thread_id": "theirs", "checkpoint_ns": ""}}
        other.put(place, empty_checkpoint(), {}, {})
    assert tpo("runs").err == "Not listed: 1 thread of other programs in this file\n"


def test_some_runs_can_be_listed_by_their_ids(tpo, three):
    assert [row["id"] for row in tpo("runs", three[0], "--json").records] == [three[0]]


def test_json_is_one_line_per_record(tpo, three):
    for args in (("show", three[0]), ("show", three[0], "--history"), ("runs",)):
        lines = tpo(*args, "--json").out.splitlines()
        assert all(isinstance(json.loads(line), dict) for line in lines), args


def test_ages():
    assert (seconds_of("30d"), seconds_of("90min")) == (2_592_000.0, 5400.0)
    for wrong in ("30", "d", "-1d", "1 day", ""):
        with pytest.raises(InputError, match="such as 30d"):
            seconds_of(wrong)
