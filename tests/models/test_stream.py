"""Streams as servers send them: joined once, their usage too, and never half an answer for a whole.

The server is a loopback one that sends what each test lists, byte by byte as it is.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk, HumanMessage
from loopback_server import Fault, LoopbackServer

from tpo.models.ask import ask
from tpo.models.asking.join_pieces import joined
from tpo.models.failures import faults
from tpo.models.failures.broken_reply import UnfinishedStreamError
from tpo.models.policy import resolve_policy
from tpo.models.request import Request, RequestError, Response

pytestmark = pytest.mark.loopback
EVENTS = {"Content-Type": "text/event-stream"}


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(faults, "pause_before_retry", lambda error, attempt: 0.0)


def piece(delta: Any = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [choice], **more}


def stream(*events: Any) -> bytes:
    texts = (e if isinstance(e, str) else json.dumps(e) for e in events)
    return b"".join(f"data: {text}\n\n".encode() for text in texts)


async def streamed(*events: Any, raw: bytes | None = None, times: int | None = None) -> Any:
    """Ask for a live text; the server sends these events, and to a whole request an answer."""
    content = stream(*events) if raw is None else raw
    fault = Fault(
        garbage=content, headers=EVENTS, times=times, when=lambda body: body.get("stream") is True
    )
    pieces: list[str] = []
    with LoopbackServer(lambda body, i: "the whole text", script=[fault]) as server:
        policy = await resolve_policy(f"openai:m@{server.base_url}")
        request = Request(policy, [HumanMessage("hi")], live=True, retries=1)
        try:
            return await ask(request, lambda: pieces.append), server.asked, pieces
        except RequestError as error:
            return error, server.asked, pieces


TEXT, END = piece({"role": "assistant", "content": "Four."}), piece({}, "stop")
USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
DONE = "[DONE]"


@pytest.mark.parametrize(
    "events",
    [
        [piece(None, choices=[], prompt_filter_results=[]), TEXT, END, DONE],  # Azure
        [TEXT, piece(None), END, DONE],
        [TEXT, {**piece(), "choices": None}, END, DONE],
        [TEXT, END],
        [TEXT, piece({}, "stop"), piece({}, "stop"), DONE],
        [piece({"content": "Fo"}), piece({"content": "ur."}, "eos_token"), DONE],
        [piece({"role": "assistant", "content": "<th"}), piece({"content": "ink>hm</think>Four."}),
         END, DONE],
        [piece({"reasoning": "hm"}), TEXT, END, DONE],
        [piece({"reasoning_content": "h"}), piece({"reasoning_content": "m"}), TEXT, END, DONE],
        [{"choices": [{"index": 0, "message": {"content": "Four."}, "finish_reason": "stop"}]}],
    ],
)  # fmt: skip
async def test_whatever_its_pieces_look_like_the_text_is_found(events):
    response, asked, _ = await streamed(*events)
    (reply,) = response.replies
    assert (reply.text, reply.finish_reason, len(asked)) == ("Four.", "stop", 1)
    assert reply.reasoning in {"", "hm"}
    assert response.cost["exact"] is False  # nothing was reported


async def test_a_stream_that_says_done_is_whole_though_no_piece_says_why_it_ended():
    response, asked, _ = await streamed(TEXT, DONE)
    assert (response.replies[0].text, response.replies[0].finish_reason) == ("Four.", None)
    assert len(asked) == 1


async def test_lines_between_the_events_are_passed_over():
    event = json.dumps(TEXT).encode()
    raw = b": keep-alive\r\n\r\ndata: " + event + b"\r\n\r\n: ping\n\n" + stream(END, DONE)
    response, _, pieces = await streamed(raw=raw)
    assert (response.replies[0].text, pieces) == ("Four.", ["Four."])


async def test_a_character_in_two_pieces_is_joined():
    raw = stream(piece({"content": "\ud83d"}), piece({"content": "\ude00 Four."}), END)
    response, *_ = await streamed(raw=raw)
    assert response.replies[0].text == "😀 Four."


@pytest.mark.parametrize(
    "events",
    [
        [TEXT, END, {**piece(), "choices": [], "usage": USAGE}],
        [TEXT, {**END, "usage": USAGE}],
        [{**TEXT, "usage": {**USAGE, "completion_tokens": 2}}, {**END, "usage": USAGE}],
        [{**TEXT, "usage": USAGE}, {**END, "usage": USAGE}],
        [TEXT, {**piece(), "choices": [{**END["choices"][0], "usage": USAGE}]}],  # Moonshot
    ],
)
async def test_usage_is_counted_once(events):
    response, *_ = await streamed(*events, DONE)
    paid = response.cost
    assert (paid["input_tokens"], paid["output_tokens"], paid["exact"]) == (10, 5, True)


@pytest.mark.parametrize("ends", ["length", "content_filter"])
async def test_an_end_that_is_told_twice_is_one(ends):
    response, *_ = await streamed(TEXT, piece({}, ends), piece({}, ends), DONE)
    assert response.replies[0].finish_reason == ends


async def test_an_end_of_the_filter_with_no_text_is_blocked():
    response, *_ = await streamed(piece({}, "content_filter"), piece({}, "content_filter"), DONE)
    assert response.replies[0].failure == "blocked"


@pytest.mark.parametrize(
    "raw", [stream(TEXT), stream(piece({"role": "assistant", "content": "Fo"})), b"", b"<html>hm"]
)
async def test_half_a_stream_never_passes_for_a_whole_one(raw):
    """It ends without a fault of the connection; the reply is asked for again, whole."""
    response, asked, _ = await streamed(raw=raw)
    assert response.replies[0].text == "the whole text"
    assert [bool(one.body.get("stream")) for one in asked] == [True, False]
    assert response.refused == {"stream"}
    assert response.cost["requests"] == 2


@pytest.mark.parametrize(
    ("error", "said", "sent"),
    [
        ({"message": "Internal server error", "type": "server_error", "code": 500}, "(500)", 2),
        ({"message": "CUDA out of memory", "type": "server_error"}, "CUDA out of memory (500)", 2),
        ("model is loading", "model is loading (503)", 2),
        ({"message": "slow down", "type": "rate_limit_error", "code": 429}, "slow down (429)", 2),
        ({"message": "too long", "type": "invalid_request_error"}, "too long (400)", 1),
    ],
)
async def test_an_error_within_a_stream_is_told_as_what_it_is(error, said, sent):
    failed, asked, _ = await streamed(TEXT, {"error": error}, DONE)
    assert isinstance(failed, RequestError)
    assert said in str(failed)
    assert len(asked) == failed.cost["requests"] == sent


async def test_an_error_within_a_stream_that_passes_is_repeated():
    response, asked, _ = await streamed(TEXT, {"error": {"message": "x", "code": 502}}, times=1)
    assert isinstance(response, Response)
    assert (response.replies[0].text, len(asked)) == ("the whole text", 2)


async def test_a_stream_that_breaks_after_a_text_that_speaks_of_done_is_not_whole():
    response, asked, _ = await streamed(piece({"content": "data: [DONE] ends"}), times=1)
    assert (response.replies[0].text, len(asked)) == ("the whole text", 2)


@pytest.mark.parametrize("ends", ["error", "network_error", "abort"])
async def test_a_reply_that_the_server_broke_off_is_asked_for_again(ends):
    response, asked, _ = await streamed(TEXT, piece({}, ends), DONE, times=1)
    assert (response.replies[0].text, len(asked)) == ("the whole text", 2)
    failed, *_ = await streamed(TEXT, piece({}, ends), DONE)
    assert f"the server broke the reply off ({ends})" in str(failed)


def chunk(text: str, **metadata: Any) -> AIMessageChunk:
    return AIMessageChunk(text, response_metadata=metadata)


def test_what_pieces_say_of_the_reply_is_not_added_up():
    pieces = [
        chunk("a", model_name="m", done=False, created=1, logprobs={"content": [1]}),
        chunk("b", model_name="m", done=True, created=2, logprobs={"content": [2]}),
        chunk("", finish_reason="stop"),
    ]
    whole = joined(pieces)
    assert whole.text == "ab"
    assert whole.response_metadata == {
        "model_name": "m",
        "done": True,
        "created": 2,
        "logprobs": {"content": [1, 2]},
        "finish_reason": "stop",
    }


def test_only_where_the_provider_has_a_word_for_the_end_it_is_missed():
    assert joined([chunk("a")]).text == "a"  # a model of a user's own, say
    with pytest.raises(UnfinishedStreamError):
        joined([chunk("a", model_provider="openai")])


def test_thousands_of_pieces_are_joined_once():
    """Added up one by one they would take the square of their number."""
    assert len(joined([chunk("abc ")] * 30_000).text) == 120_000


async def test_pieces_that_came_together_keep_nobody_waiting():
    """A reply that is all there would else be read to its end before the first word is sent on."""
    turns, seen = list[str](), list[int]()

    def on_text(text: str, index: int = 0, /) -> None:
        seen.append(len(turns))
        asyncio.get_running_loop().call_soon(turns.append, text)

    content = stream(*[piece({"content": f"{n} "}) for n in range(9)], END, DONE)
    with LoopbackServer(lambda body, i: "", script=[Fault(garbage=content, headers=EVENTS)]) as it:
        policy = await resolve_policy(f"openai:m@{it.base_url}")
        await ask(Request(policy, [HumanMessage("hi")], live=True, retries=1), lambda: on_text)
    assert seen == [*range(9)]
