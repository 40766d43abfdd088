"""A reply is in a file from the moment it is read, and is found there if it is whole."""

from __future__ import annotations

import gzip
import json
import os
from typing import Any

import httpx
import pytest
from loopback_server import LoopbackServer
from openai import AsyncOpenAI

from tpo.models.kept_http import HTTP_REPLIES, HttpReplies
from tpo.models.loop_transport import per_loop
from tpo.models.reading_thread import reading_thread
from tpo.models.wire.recorded_stream import PLACE, RecordedConnections, RecordedStream, recorded
from tpo.models.wire.whole_reply import whole_reply
from tpo.models.wire.wire_file import SIZE, WireFile

JSON = b"content-type: application/json\r\n"
EVENTS = b"content-type: text/event-stream\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n"
BODY = '{"text": "Därum."}'.encode()
ZIPPED = gzip.compress(BODY)


def reply(headers: bytes, body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 " + status + b"\r\n" + headers + b"\r\n" + body


def chunks(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in [*parts, b""])


def length(body: bytes) -> bytes:
    return b"content-length: %d\r\n" % len(body)


WHOLE = {
    "with a length": (reply(JSON + length(BODY), BODY), BODY),
    "in chunks": (reply(JSON + CHUNKED, chunks(BODY[:5], BODY[5:])), BODY),
    "zipped": (reply(JSON + b"content-encoding: gzip\r\n" + length(ZIPPED), ZIPPED), BODY),
    "until it is closed": (reply(JSON + b"connection: close\r\n", BODY), BODY),
    "events": (reply(EVENTS + CHUNKED, chunks(b"data: 1\n\n", b"data: 2\n\n")),
               b"data: 1\n\ndata: 2\n\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_a_reply_is_kept_if_it_is_whole_and_wherever_it_is_cut_it_is_not(name):
    raw, body = WHOLE[name]
    assert json.loads(whole_reply(raw + bytes(99)))[1] == body.decode()
    for end in range(len(raw)):
        cut = whole_reply(raw[:end] + bytes(SIZE - end)[:99])
        assert cut == "" or json.loads(cut)[1] == body.decode()
        assert cut == "" or end >= len(raw) - 8  # nothing of its text was missing


def test_a_stream_that_said_that_it_is_complete_is_whole_though_it_stays_open():
    raw = reply(EVENTS + CHUNKED, chunks(b"data: 1\n\n", b"data: [DONE]\n\n")[:-5])
    assert "[DONE]" in whole_reply(raw + bytes(99))


@pytest.mark.parametrize(
    "raw",
    [b"", b"\0" * 9, b"PRI * HTTP/2.0", reply(JSON + length(b"{}"), b"{}", b"429 Slow down"),
     reply(JSON + length(b"\xff"), b"\xff"), reply(length(b"no"), b"no")],
)  # fmt: skip
def test_other_replies_are_not_kept(raw):
    assert whole_reply(raw + bytes(99)) == ""


@pytest.mark.loopback
async def test_a_server_s_reply_is_in_the_file_before_it_is_kept(tmp_path):
    wire, found = WireFile(tmp_path / "replies.part"), dict[str, str]()

    async def keep(name: str, written: str) -> None:
        [(owner, raw)] = WireFile(wire.path).left()
        assert owner == ("row", name)
        assert whole_reply(raw) == written
        found[name] = written

    with LoopbackServer() as server:
        async with reading_thread() as loop, httpx.AsyncClient() as client:
            client._transport = per_loop(client._transport)  # type: ignore[assignment]
            model = AsyncOpenAI(base_url=server.base_url, api_key="sk-secret", http_client=client)
            for text in ("Why?", "How?"):
                replies = HttpReplies(
                    loop, text, {}.get, keep, lambda name: wire.place("row", name)
                )
                token = HTTP_REPLIES.set(replies)
                asked: Any = [{"role": "user", "content": text}]
                said = await model.chat.completions.create(model="m", messages=asked)
                HTTP_REPLIES.reset(token)
                assert said.choices[0].message.content
                assert b"sk-secret" not in wire.path.read_bytes()
    assert len(found) == 2
    assert list(wire.left()) == []
    assert len(wire.pieces) == 1
    assert wire.path.stat().st_size == SIZE
    wire.remove()
    assert not wire.path.exists()


@pytest.mark.loopback
@pytest.mark.parametrize("package", ["httpcore", "httpcore2"])
async def test_a_plain_connection_reads_into_the_file_itself(package):
    httpcore: Any = pytest.importorskip(package)
    with LoopbackServer() as server:
        host, port = server.base_url.split("/")[2].split(":")
        async with httpcore.AsyncConnectionPool() as pool:
            connections = RecordedConnections(vars(pool)["_network_backend"])
            stream: Any = await connections.connect_tcp(host, int(port))
            assert stream.reading
            await stream.write(b"GET /v1/models HTTP/1.1\r\nhost: any\r\n\r\n", timeout=None)
            assert (await stream.read(65536, timeout=None)).startswith(b"HTTP/1.1 200")
            await stream.aclose()


class Scripted:
    """A connection of some other library, with what it reads."""

    def __init__(self, *parts: bytes) -> None:
        self.parts = list(parts)

    async def read(self, *args: object, **named: object) -> bytes:
        return self.parts.pop(0)

    async def write(self, *args: object, **named: object) -> None:
        """Send nothing."""

    async def aclose(self) -> None:
        """Close nothing."""

    async def start_tls(self, *args: object, **named: object) -> Scripted:
        return self

    def get_extra_info(self, info: str) -> object:
        return None


async def test_a_connection_with_tls_puts_what_it_decrypted_there(tmp_path):
    wire = WireFile(tmp_path / "replies.part")
    plain = recorded(Scripted(b"200 of a proxy", b"the ", b"reply", b"another's"))
    assert isinstance(plain, RecordedStream)
    with wire.place("row") as place:
        PLACE.set(place)
        await plain.write(b"CONNECT")
        await plain.read(9)
        stream = await plain.start_tls()
        await stream.write(b"GET")
        await stream.read(9)
        await stream.read(9)
        [(owner, raw)] = wire.left()
        assert (owner, raw.rstrip(b"\0")) == (("row",), b"the reply")
    with wire.place("next"):
        await stream.read(9)
        [(owner, raw)] = wire.left()
        assert (owner, raw.rstrip(b"\0")) == (("next",), b"")


@pytest.mark.loopback
async def test_a_reply_that_is_too_long_is_not_found_but_read(tmp_path):
    wire, long, kept = WireFile(tmp_path / "replies.part"), "x" * (SIZE + 1), []

    async def keep(name: str, written: str) -> None:
        kept.append((json.loads(written)[1], list(wire.left())))

    with LoopbackServer(lambda body, index: long) as server:
        async with reading_thread() as loop, httpx.AsyncClient() as client:
            client._transport = per_loop(client._transport)  # type: ignore[assignment]
            replies = HttpReplies(loop, "Why?", {}.get, keep, wire.place)
            HTTP_REPLIES.set(replies)
            messages = [{"role": "user", "content": "Why?"}]
            url = f"{server.base_url}/chat/completions"
            await client.post(url, json={"messages": messages})
    [(written, left)] = kept
    assert long in written
    assert left == []


def test_where_a_file_cannot_be_mapped_replies_are_read_as_before(tmp_path):
    with WireFile(tmp_path / "missing" / "replies.part").place("row") as place:
        assert place is None


def test_a_disk_that_takes_only_a_part_gives_no_place(tmp_path, monkeypatch):
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, data, at: pwrite(file, data[: SIZE // 2], at))
    with WireFile(tmp_path / "replies.part").place("a") as place:
        assert place is None
