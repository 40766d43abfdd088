"""What holds prompts and answers is its owner's alone, on real files."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tpo.core.private_files import private_file, private_folder

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no such modes")


@pytest.fixture(autouse=True)
def _no_umask() -> Iterator[None]:
    """Nothing but our own modes protects the files."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_folders_that_are_made_are_closed_and_others_are_left(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o777)
    private_folder(shared / "a" / "b")
    private_folder(shared)
    assert [mode(shared), mode(shared / "a"), mode(shared / "a" / "b")] == [0o777, 0o700, 0o700]
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"exists|Not a directory"):
        private_folder(tmp_path / "file")


@pytest.mark.parametrize("before", [None, 0o666, 0o644, 0o604, 0o600])
def test_a_file_new_or_found(tmp_path, before):
    path = tmp_path / "runs.db"
    if before is not None:
        path.write_text("kept")
        path.chmod(before)
    private_file(path)
    assert mode(path) == 0o600
    assert path.read_text() == ("" if before is None else "kept")


def test_what_sqlite_puts_beside_a_database(tmp_path):
    path = tmp_path / "runs.db"
    for ending in ("-wal", "-shm", "-journal"):
        (tmp_path / f"runs.db{ending}").touch(mode=0o666)
    private_file(path)
    assert {mode(found) for found in tmp_path.iterdir()} == {0o600}
    for left in tmp_path.glob("runs.db-*"):
        left.unlink()
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE prompts (text)")
    assert {found.name: mode(found) for found in tmp_path.iterdir()} == {
        "runs.db": 0o600, "runs.db-wal": 0o600, "runs.db-shm": 0o600,
    }  # fmt: skip
    database.close()


def test_another_users_file_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "runs.db"
    path.touch(mode=0o666)

    def forbidden(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fchmod", forbidden)
    with pytest.raises(PermissionError, match=r"runs\.db belongs to another user"):
        private_file(path)


def test_another_users_link_is_not_followed(tmp_path, monkeypatch):
    target, link = tmp_path / "diary", tmp_path / "runs.db"
    target.touch(mode=0o644)
    link.symlink_to(target)
    with monkeypatch.context() as as_another:
        if os.geteuid():
            as_another.setattr(os, "geteuid", lambda: link.lstat().st_uid + 1)
        else:  # a link of root's is trusted
            os.lchown(link, 12345, -1)
        with pytest.raises(PermissionError, match="belongs to another user"):
            private_file(link)
        assert mode(target) == 0o644
        if not os.geteuid():
            os.lchown(link, 0, -1)
    private_file(link)
    assert mode(target) == 0o600


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "runs.db")
    with pytest.raises(OSError, match="not a plain file"):
        private_file(tmp_path / "runs.db")
