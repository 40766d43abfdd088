"""A kill while replies come: those that were read whole are taken when the batch goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from langchain_openai import ChatOpenAI
from loopback_server import LoopbackServer

import tpo
from tpo.datasets.batch.sqlite_rows import SqliteRows
from tpo.models.wire.wire_file import NAMED, WireFile

pytestmark = pytest.mark.loopback


def by_length(query: str, answer: str) -> float:
    return len(answer)


async def test_what_was_read_and_not_kept_is_taken_when_the_row_goes_on(tmp_path, monkeypatch):
    how = {"reward": by_length, "depth": 0, "width": 2, "sampling": "parallel", "seed": 1,
           "folder": tmp_path / "out", "retry_failed": True}  # fmt: skip
    wire = tmp_path / "out" / "replies.part"
    left = list[bytes]()

    async def lost(self, row, kept):
        left[:] = [wire.read_bytes()]
        raise OSError("the process ends here")

    with LoopbackServer() as server:
        model = ChatOpenAI(model="m", base_url=server.base_url, api_key="sk-secret", max_retries=0)
        with monkeypatch.context() as patched:
            patched.setattr(SqliteRows, "keep_reply", lost)
            [failed] = [row async for row in tpo.abatch(["How?"], policy=model, **how)]
        assert failed["error"]
        assert not wire.exists()
        wire.write_bytes(left[0] + whole_of_another_row(tmp_path))
        whole, asked = left[0].count(b"HTTP/1.1 200"), len(server.asked)
        [row] = [row async for row in tpo.abatch(["How?"], policy=model, **how)]
        assert (row["error"], len(server.asked) - asked) == (None, 2 - whole)
    assert whole
    assert b"sk-secret" not in left[0]
    assert row["usage"]["total"]["requests"] == 2
    assert not wire.exists()
    kept = (tmp_path / "out" / "runs.db").read_bytes()
    assert b"nobody waits for it" not in kept


def whole_of_another_row(place: Path) -> bytes:
    """Return what a row that has ended would have left: nobody waits for it."""
    file = WireFile(place / "another")
    with file.place("another row", "task", "request") as memory:
        assert memory
        memory.add(b'HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n"nobody waits for it"')
        left = file.path.read_bytes()
    assert json.loads(left[NAMED.size :].partition(b"HTTP")[0])[0] == "another row"
    return left
