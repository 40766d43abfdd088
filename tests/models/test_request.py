"""One request, as a real server and client see it: parameters, refusals, retries, price."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from loopback_server import Fault, LoopbackServer, error_body

from tpo.models.ask import ask
from tpo.models.budget import Budget
from tpo.models.failures import faults
from tpo.models.policy import Policy, resolve_policy
from tpo.models.request import Request, RequestError, Response

pytestmark = pytest.mark.loopback
HELLO = [HumanMessage("Say hello")]
PARAMETERS = {"temperature": 0.7, "top_p": 0.9, "max_tokens": 50, "seed": 3}
IN_BODY = {"temperature": 0.7, "top_p": 0.9, "max_completion_tokens": 50, "seed": 3}
SCHEMA = {"title": "update", "type": "object", "properties": {}, "required": ["improved_answer"]}


HALF = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "half a te"}}]}
LOST = Fault(  # the connection breaks within the text
    garbage=f"data: {json.dumps(HALF)}\n\n".encode(),
    headers={"Content-Type": "text/event-stream", "Content-Length": "9999", "Connection": "close"},
)


def in_200(message: str, code: int) -> bytes:
    """Return an error that a gateway sends as a good reply."""
    return json.dumps({"choices": None, "error": {"message": message, "code": code}}).encode()


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(faults, "pause_before_retry", lambda error, attempt: 0.0)


async def send(server: LoopbackServer, begin: Any = None, **options: Any) -> Response:
    policy = await resolve_policy(f"openai:m@{server.base_url}")
    return await ask(Request(policy, HELLO, **options), begin)


def texts(response: Response) -> list[str]:
    return [reply.text for reply in response.replies]


@pytest.mark.parametrize("live", [True, False])
async def test_n_texts_in_one_request_whose_usage_is_counted_once(live):
    with LoopbackServer(lambda body, i: f"text {i}", cached_tokens=1) as server:
        response = await send(server, n=3, live=live, parameters=PARAMETERS)
    (asked,) = server.asked
    assert texts(response) == ["text 0", "text 1", "text 2"]
    assert (asked.body["n"], asked.body.get("stream", False)) == (3, live)
    assert {name: asked.body.get(name) for name in IN_BODY} == IN_BODY
    paid = response.cost
    assert (paid["requests"], paid["sequences"], paid["exact"]) == (1, 3, True)
    assert (paid["input_tokens"], paid["cached_tokens"], paid["output_tokens"]) == (2, 1, 6)


async def test_what_is_not_set_is_not_sent():
    with LoopbackServer() as server:
        await send(server, parameters=dict.fromkeys(PARAMETERS))
    assert server.asked[0].body.keys() <= {"messages", "model", "stream"}


async def test_a_live_text_comes_in_pieces_with_its_usage():
    pieces: list[list[str]] = []

    def begin() -> Any:
        pieces.append([])
        return pieces[-1].append

    with LoopbackServer(lambda body, i: "a text of several pieces") as server:
        response = await send(server, begin, live=True)
    assert server.asked[0].body["stream"] is True
    assert len(pieces[0]) > 1
    assert "".join(pieces[0]) == texts(response)[0] == "a text of several pieces"
    assert (response.cost["output_tokens"], response.cost["exact"]) == (5, True)


@pytest.mark.parametrize("said", [True, False])
@pytest.mark.parametrize("name", [*IN_BODY, "stream_options"])
async def test_a_refused_parameter_is_left_out_counted_and_remembered(name, said):
    error = error_body(f"'{name}' is not supported", param=name if said else None)
    fault = Fault(400, error, when=lambda body: name in body, times=None)
    with LoopbackServer(script=[fault]) as server:
        response = await send(server, parameters=PARAMETERS, live=True)
        again = await send(server, parameters=PARAMETERS, live=True, refused=response.refused)
    assert [name in asked.body for asked in server.asked] == [True, False, False]
    ours = {"max_completion_tokens": "max_tokens"}.get(name, name)
    assert response.refused == again.refused == {ours}
    assert (response.cost["requests"], again.cost["requests"]) == (2, 1)
    assert response.replies[0].error is None


async def test_everything_may_be_refused():
    with LoopbackServer(refuse=[*IN_BODY, "stream_options"]) as server:
        response = await send(server, parameters=PARAMETERS, live=True)
    assert response.refused == {*PARAMETERS, "stream_options"}
    assert response.cost["requests"] == len(server.asked) == 6
    assert response.replies[0].error is None


@pytest.mark.parametrize(
    ("refused", "options"), [("n", {"n": 3}), ("response_format", {"schema": SCHEMA})]
)
async def test_without_these_the_request_is_another_so_the_caller_decides(refused, options):
    with LoopbackServer(supports_n=False, refuse=["response_format"]) as server:
        response = await send(server, **options)
    assert (response.replies, response.refused) == ([], {refused})
    assert response.cost["requests"] == len(server.asked) == 1


async def test_a_schema_travels_in_the_body_so_that_n_may_too():
    with LoopbackServer() as server:
        response = await send(server, n=2, schema=SCHEMA)
    form = server.asked[0].body["response_format"]
    assert (form["type"], form["json_schema"]["schema"]) == ("json_schema", SCHEMA)
    assert len(response.replies) == 2
    assert response.replies[0].text.startswith('{"improved_answer"')


@pytest.mark.parametrize(
    "fault",
    [Fault(429), Fault(500), Fault(503), Fault(close=True), Fault(hang=9), Fault(408), LOST],
    ids=["429", "500", "503", "closed", "hangs", "408", "lost"],
)
@pytest.mark.parametrize("live", [True, False])
async def test_what_may_pass_is_repeated(fault, live):
    fault.used = 0
    with LoopbackServer(script=[fault]) as server:
        response = await send(server, live=live, timeout=1 if fault.hang else 30)
    assert len(server.asked) == response.cost["requests"] == 2
    assert response.replies[0].error is None


@pytest.mark.parametrize(
    ("fault", "sent", "said"),
    [
        ({"status": 400}, 1, "400"),
        ({"status": 401}, 1, "401"),
        ({"status": 404}, 1, "404"),
        ({"status": 429}, 3, "429"),
        ({"status": 500}, 3, "500"),
        ({"close": True}, 3, "onnection"),
        ({"hang": 9}, 3, "no answer within 0.4 s"),
        ({"garbage": b"<html>not json"}, 1, "a web page in place of a reply; is the address"),
        ({"garbage": b"<html><h1>502 Bad Gateway"}, 3, "502 Bad Gateway"),
        ({"garbage": b"oops"}, 3, "the server sent no JSON: 'oops'"),
        ({"garbage": b"{}"}, 3, "no choices in its reply"),
        ({"garbage": b'{"choices": []}'}, 3, "no choices in its reply"),
        ({"garbage": b'{"choices": null}'}, 3, "no choices in its reply"),
        ({"garbage": b'{"detail": "boom"}'}, 1, "the server sent no reply, and says: boom"),
        ({"garbage": in_200("rate limited upstream", 429)}, 3, "rate limited upstream (429)"),
        ({"garbage": in_200("Upstream down", 502)}, 3, "Upstream down (502)"),
        ({"garbage": in_200("no such model", 404)}, 1, "no such model (404)"),
    ],
)
@pytest.mark.parametrize("live", [True, False])
async def test_what_does_not_pass_ends_with_its_cause(fault, sent, said, live):
    with LoopbackServer(script=[Fault(**fault, times=None)]) as server:
        done = send(server, live=live, timeout=0.4 if "hang" in fault else 30, retries=2)
        (end,) = await asyncio.gather(done, return_exceptions=True)
    # A stream without a piece does not say what was in it: the reply is asked for whole.
    assert end.cost["requests"] == len(server.asked) == sent + ("garbage" in fault and live)
    assert isinstance(end, RequestError)
    assert str(end).startswith("openai:m@http://127.0.0.1")
    assert said in str(end)
    assert len(str(end)) < 400


@pytest.mark.parametrize(("most", "sent"), [(1, 1), (2, 2), (9, 3)])
async def test_it_is_never_sent_more_often_than_allowed(most, sent):
    for options in ({"script": [Fault(500, times=None)]}, {"refuse": ["temperature", "seed"]}):
        with LoopbackServer(**options) as server:
            done = send(server, parameters=PARAMETERS, budget=Budget(most))
            (end,) = await asyncio.gather(done, return_exceptions=True)
        assert isinstance(end, Response if most == 9 and "refuse" in options else RequestError)
        assert end.cost["requests"] == len(server.asked) == sent


async def test_the_server_is_given_the_time_it_asks_for(monkeypatch):
    seen: list[str] = []

    def pause(error: Any, attempt: int) -> float:
        seen.append(error.response.headers["retry-after"])
        return 0.0

    monkeypatch.setattr(faults, "pause_before_retry", pause)
    with LoopbackServer(script=[Fault(429, headers={"Retry-After": "0.01"})]) as server:
        await send(server)
    assert seen == ["0.01"]


class Dripping(httpx.AsyncBaseTransport):
    """Answers with a stream whose second piece comes when it is let, and whose third never does."""

    def __init__(self) -> None:
        self.let = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=headers, content=self._pieces(), request=request)

    async def _pieces(self) -> AsyncIterator[bytes]:
        piece = f"data: {json.dumps(HALF)}\n\n".encode()
        yield piece
        await self.let.wait()
        yield piece
        await asyncio.Event().wait()


async def test_a_piece_that_comes_at_that_moment_does_not_save_it():
    """At every turn of the event loop from the piece's coming to its being read."""
    turns = 0
    while await _pieces_read_before_cancelling(turns) < 2:
        turns += 1
    assert turns > 0


async def _pieces_read_before_cancelling(turns: int) -> int:
    """Cancel a request so many turns after its second piece has come."""
    came: list[str] = []
    async with httpx.AsyncClient(transport=(drip := Dripping())) as client:
        model = ChatOpenAI(model="m", api_key="none", http_async_client=client)
        asked = Request(Policy(model, "m"), HELLO, live=True)
        asking = asyncio.create_task(ask(asked, lambda: came.append))
        while not came:
            await asyncio.sleep(0)
        drip.let.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        asking.cancel()
        read = len(came)
        for _ in range(100):
            await asyncio.sleep(0)
        assert asking.cancelled(), f"after {turns} turns"
        return read


async def test_cancelling_ends_the_request_at_once_and_for_good():
    with LoopbackServer(delay=30) as server:
        call = asyncio.ensure_future(send(server))
        while not server.asked:
            await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await asyncio.sleep(0.05)
    assert [asked.finished for asked in server.asked] == [False]


CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("message", "text", "error"),
    [
        (None, "", "empty: the model returned no text"),
        ({"refusal": "I won't."}, "I won't.", None),
        ({"tool_calls": [CALL]}, "", "tool_call: the model asked for a tool instead of answering"),
        ({"content": "<think>hm</think>yes"}, "yes", None),
    ],
)
async def test_replies_of_every_kind(message, text, error):
    with LoopbackServer(lambda body, i: message) as server:
        (reply,) = (await send(server)).replies
        if message != {"refusal": "I won't."}:  # streamed ones are lost in langchain-openai
            assert (await send(server, live=True)).replies[0].text == reply.text
    assert (reply.text, reply.error) == (text, error)


async def test_a_text_cut_off_says_so():
    with LoopbackServer(lambda body, i: "one two three") as server:
        response = await send(server, n=2, parameters={"max_tokens": 2})
    assert [(r.text, r.finish_reason) for r in response.replies] == [("one two", "length")] * 2
