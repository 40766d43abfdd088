"""Saved runs are their owner's alone, whoever made the folder or the file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytestmark = [pytest.mark.loopback, pytest.mark.skipif(os.name == "nt", reason="no such modes")]


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


@pytest.fixture(autouse=True)
def _no_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_folder_that_everyone_may_enter(tpo, policy, database):
    database.parent.mkdir(mode=0o777)
    database.touch(mode=0o666)  # empty, as a touch leaves it
    assert tpo("run", "Why?", "-p", policy, "-d", "0", "-w", "2").code == 0
    assert set(modes(database.parent).values()) == {0o600}
    assert database.parent.stat().st_mode & 0o777 == 0o777


def test_a_folder_of_our_own(tpo, policy, database):
    assert tpo("run", "Why?", "-p", policy, "-d", "0", "-w", "2").code == 0
    assert database.parent.stat().st_mode & 0o777 == 0o700
    assert set(modes(database.parent).values()) == {0o600}


def test_an_older_file_is_closed_when_it_is_opened(tpo, policy, database):
    assert tpo("run", "Why?", "-p", policy, "-d", "0", "-w", "2").code == 0
    for path in database.parent.iterdir():
        path.chmod(0o644)
    assert tpo("runs").code == 0
    assert modes(database.parent)[database.name] == 0o600


def test_another_users_file(tpo, policy, database, monkeypatch):
    assert tpo("run", "Why?", "-p", policy, "-d", "0", "-w", "2").code == 0
    database.chmod(0o644)

    def forbidden(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fchmod", forbidden)
    ran = tpo("runs")
    assert ran.code != 0
    assert "belongs to another user" in ran.err
    assert "Traceback" not in ran.err
