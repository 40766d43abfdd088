"""A server's reply is kept as it came, by the thread that reads it, before anybody parses it."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import AsyncIterator, Callable
from importlib import import_module
from typing import Any

import httpx
import pytest

from tpo.models.kept_http import HttpReplies
from tpo.models.reading_thread import reading_thread

ASKED = b'{"messages": [{"role": "user", "content": "Why?"}]}'
REPLY = '{"text": "Därum."}'.encode()
JSON, EVENTS = {"content-type": "application/json"}, {"content-type": "text/event-stream"}
Make = Callable[[], httpx.Response]


async def asked_twice(
    make: Make, body: bytes = ASKED, *, kind: Any = httpx
) -> tuple[list[httpx.Response], dict[str, str], list[str]]:
    """Ask in one process and in the next; return what came, what was kept, and who sent it."""
    kept, threads, came = dict[str, str](), list[str](), []

    async def send(request: object) -> Any:
        threads.append(threading.current_thread().name)
        return make()

    async def keep(name: str, written: str) -> None:
        assert threading.current_thread().name == "tpo-reading"
        kept[name] = written

    async with reading_thread() as loop:
        for left in ({}, kept):
            replies = HttpReplies(loop, "Why?", {**left}.get, keep)
            secret = {"authorization": "Bearer sk-secret"}
            request = kind.Request("POST", "http://a/v1", headers=secret, content=body)
            came.append(await replies.fetch(send, request))
            assert replies.kept is bool(kept)
    return came, kept, threads


@pytest.mark.parametrize("package", ["httpx", "httpx2"])
async def test_a_reply_that_was_kept_is_given_and_nobody_is_asked(package):
    pytest.importorskip(package)
    kind: Any = import_module(package)
    headers = {**JSON, "content-encoding": "gzip", "set-cookie": "session=secret"}

    def reply() -> Any:
        return kind.Response(200, headers=headers, stream=Body(gzip.compress(REPLY)))

    class Body(kind.AsyncByteStream):
        def __init__(self, *parts: bytes) -> None:
            self.parts = parts

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for part in self.parts:
                yield part

    came, kept, threads = await asked_twice(reply, kind=kind)
    assert threads == ["tpo-reading"]
    for one in came:
        assert isinstance(one, kind.Response)
        assert (one.status_code, await one.aread()) == (200, REPLY)
        assert one.headers["content-type"] == "application/json"
    assert "secret" not in str(kept)


@pytest.mark.parametrize(
    ("reply", "asked"),
    [
        ((429, b'{"error": "slow down"}'), ASKED),
        ((200, b'{"access_token": "secret"}'), b'{"grant_type": "client_credentials", "x": "Why"}'),
        ((200, b"\xff\xfe no text"), ASKED),
    ],
    ids=["a refusal", "a token for the client", "no text"],
)
async def test_other_replies_are_not_kept(reply, asked):
    status, body = reply
    came, kept, threads = await asked_twice(
        lambda: httpx.Response(status, headers={**JSON, "retry-after": "2"}, content=body), asked
    )
    assert kept == {}
    assert len(threads) == 2
    assert [(one.status_code, one.headers["retry-after"]) for one in came] == [(status, "2")] * 2


async def test_a_stream_is_kept_once_it_says_that_it_is_complete_though_it_stays_open():
    events = [b'data: {"a": 1}\n\ndata: [DO', b"NE]\n\n"]

    async def stream() -> AsyncIterator[bytes]:
        for event in events:
            yield event
        await asyncio.Event().wait()

    came, kept, _ = await asked_twice(lambda: httpx.Response(200, headers=EVENTS, content=stream()))
    assert [await one.aread() for one in came] == [b"".join(events)] * 2
    assert [json.loads(written)[0] for written in kept.values()] == ["text/event-stream"]


async def test_a_system_that_has_no_loop_left_keeps_nobody_waiting(monkeypatch):
    def none_left(work: Any) -> None:
        work.close()
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(asyncio, "run", none_left)
    with pytest.raises(OSError, match="Too many open files"):
        async with reading_thread():
            pass


async def test_an_answer_that_speaks_of_the_end_of_a_stream_is_not_its_end():
    events = [b'data: {"text": "data: [DONE]"}\n\n', b'data: {"text": " is last"}\n\n']
    events.append(b"data: [DONE]\n\n")

    async def stream() -> AsyncIterator[bytes]:
        for event in events:
            yield event

    came, *_ = await asked_twice(lambda: httpx.Response(200, headers=EVENTS, content=stream()))
    assert [await one.aread() for one in came] == [b"".join(events)] * 2


async def test_headers_come_as_the_server_sent_them():
    sent = [(b"set-cookie", b"a=1; expires=Thu, 01 Jan 2099 00:00:00 GMT"), (b"set-cookie", b"b=2")]
    sent.append((b"x-organization", "Société".encode()))
    (first, _), *_ = await asked_twice(lambda: httpx.Response(200, headers=sent, content=REPLY))
    assert first.headers.raw[:3] == sent


async def test_what_fails_or_is_cancelled_on_the_way_is_not_kept():
    async def broken() -> AsyncIterator[bytes]:
        yield b'{"text": '
        raise httpx.ReadError("lost")

    with pytest.raises(httpx.ReadError):
        await asked_twice(lambda: httpx.Response(200, headers=JSON, content=broken()))

    reading, given_up = threading.Event(), threading.Event()

    async def endless() -> AsyncIterator[bytes]:
        reading.set()
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()
        yield b""

    fetching = asyncio.create_task(
        asked_twice(lambda: httpx.Response(200, headers=JSON, content=endless()))
    )
    await asyncio.to_thread(reading.wait)
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    assert given_up.is_set()
    assert "tpo-reading" not in {thread.name for thread in threading.enumerate()}
