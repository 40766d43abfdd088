"""Several texts in one stream: each grows by its index, and whatever is wrong is asked for whole.

The server is a loopback one that sends what each test lists, as it is.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from loopback_server import Fault, LoopbackServer, error_body
from pydantic import SecretStr

from tpo.models.ask import ask
from tpo.models.failures import faults
from tpo.models.policy import Policy, resolve_policy
from tpo.models.request import Request

pytestmark = pytest.mark.loopback
USAGE = {"prompt_tokens": 10, "completion_tokens": 6, "total_tokens": 16}
DONE = "[DONE]"


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(faults, "pause_before_retry", lambda error, attempt: 0.0)


def part(
    index: int | None, text: str | None = None, finish: str | None = None, **delta: Any
) -> Any:
    said = {
        "delta": {**({} if text is None else {"content": text}), **delta},
        "finish_reason": finish,
    }
    return said if index is None else {"index": index, **said}


def chunk(*parts: Any, **more: Any) -> dict[str, Any]:
    return {"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": parts, **more}


def is_streamed_n(body: Any) -> bool:
    return bool(body.get("stream")) and (body.get("n") or 1) > 1


async def asked_for_two(
    *events: Any, cut: bool = False, times: int | None = None, fault: Fault | None = None
) -> Any:
    """Ask for two live texts; a stream of several holds these events, all else is answered."""
    lines = (e if isinstance(e, str) else json.dumps(e) for e in events)
    content = b"".join(f"data: {line}\n\n".encode() for line in lines)
    headers = {"Content-Type": "text/event-stream"}
    headers |= {"Content-Length": str(len(content) + 9), "Connection": "close"} if cut else {}
    sent = fault or Fault(garbage=content, headers=headers, times=times, when=is_streamed_n)
    grown: dict[int, str] = defaultdict(str)

    def begin() -> Any:
        grown.clear()

        def on_text(text: str, index: int = 0) -> None:
            grown[index] += text

        return on_text

    with LoopbackServer(lambda body, i: f"whole {i}", script=[sent]) as server:
        policy = await resolve_policy(f"openai:m@{server.base_url}")
        request = Request(policy, [HumanMessage("hi")], n=2, live=True, retries=1)
        response = await ask(request, begin)
        asked = [(a.body.get("n") or 1, bool(a.body.get("stream"))) for a in server.asked]
    return response, asked, dict(grown)


ENDS = [chunk(part(0, finish="stop")), chunk(part(1, finish="stop"))]
USED = chunk(usage=USAGE)


@pytest.mark.parametrize(
    "events",
    [
        [chunk(part(0, "a b")), chunk(part(1, "c d")), *ENDS, USED, DONE],
        [chunk(part(1, "c")), chunk(part(0, "a")), chunk(part(1, " d")), chunk(part(0, " b")),
         *ENDS, USED, DONE],
        [chunk(part(0, "a b", "stop"), part(1, "c d", "stop"), usage=USAGE), DONE],  # all at once
        [chunk(part(None, "a b", "stop"), part(None, "c d", "stop")), USED, DONE],  # by their place
        [chunk(), chunk(part(0, ""), part(1, "")), chunk(part(0, "a b")), chunk(part(1, "c d")),
         chunk(part(0, finish="stop"), part(1, finish="stop")), USED],
        [chunk(part(0, "a b")), chunk(part(1, "c d")),
         chunk({**part(0, finish="stop"), "usage": USAGE}),
         chunk({**part(1, finish="stop"), "usage": USAGE}), DONE],  # said beside each text
        [chunk(part(0, "a b"), usage=USAGE), chunk(part(1, "c d"), usage=USAGE), *ENDS, USED, DONE],
    ],
)  # fmt: skip
async def test_each_text_grows_by_itself_and_usage_is_counted_once(events):
    response, asked, grown = await asked_for_two(*events)
    assert asked == [(2, True)]
    assert [reply.text for reply in response.replies] == ["a b", "c d"] == [grown[0], grown[1]]
    assert {reply.finish_reason for reply in response.replies} == {"stop"}
    paid = response.cost
    assert (paid["requests"], paid["sequences"], paid["exact"]) == (1, 2, True)
    assert (paid["input_tokens"], paid["output_tokens"]) == (10, 6)


async def test_usage_of_each_text_adds_up_to_a_lower_bound():
    texts = ["a b", "c d e"]
    used = [{"prompt_tokens": 10, "completion_tokens": len(text.split())} for text in texts]
    each = [chunk(part(i, texts[i], "stop"), usage=used[i]) for i in range(2)]
    response, *_ = await asked_for_two(*each, DONE)
    paid = response.cost
    assert (paid["input_tokens"], paid["output_tokens"], paid["exact"]) == (10, 5, False)


async def test_ends_and_reasoning_are_each_text_s_own():
    response, _, grown = await asked_for_two(
        chunk(part(0, reasoning_content="h")),
        chunk(part(1, reasoning_content="other")),
        chunk(part(0, reasoning_content="m")),
        chunk(part(0, "Four")),
        chunk(part(0, finish="length")),
        chunk(part(1, finish="content_filter")),
        DONE,
    )
    first, second = response.replies
    assert (first.text, first.reasoning, first.finish_reason) == ("Four", "hm", "length")
    assert (second.reasoning, second.failure) == ("other", "blocked")
    assert grown == {0: "Four"}


async def test_fewer_texts_than_asked_for_are_noticed():
    response, asked, _ = await asked_for_two(chunk(part(0, "a", "stop")), DONE)
    assert ([r.text for r in response.replies], response.refused) == (["a"], {"n"})
    assert asked == [(2, True)]


@pytest.mark.parametrize(
    "events",
    [
        [chunk(part(None, "a")), chunk(part(None, "c")), DONE],  # no index
        [chunk(part(0, "a", "stop")), chunk(part(0, "c", "stop")), DONE],  # one for all
    ],
)
async def test_texts_that_cannot_be_told_apart_are_asked_for_whole(events):
    response, asked, _ = await asked_for_two(*events)
    assert [reply.text for reply in response.replies] == ["whole 0", "whole 1"]
    assert asked == [(2, True), (2, False)]
    assert response.refused == {"streamed texts"}


@pytest.mark.parametrize(
    "events", [[], [chunk(part(0, "a", "stop")), chunk(part(1, "c"))], [chunk(usage=USAGE)]]
)
async def test_half_a_stream_never_passes_for_a_whole_one(events):
    response, asked, _ = await asked_for_two(*events)
    assert [reply.text for reply in response.replies] == ["whole 0", "whole 1"]
    assert asked == [(2, True), (2, False)]


async def test_a_stream_that_breaks_is_repeated_and_its_texts_start_over():
    """The connection is lost after both texts have begun."""
    begun = [chunk(part(0, "lo")), chunk(part(1, "st"))]
    response, asked, grown = await asked_for_two(*begun, cut=True, times=1)
    assert [reply.text for reply in response.replies] == ["whole 0", "whole 1"]
    assert grown == {0: "whole 0", 1: "whole 1"}
    assert asked == [(2, True), (2, True)]
    assert (response.cost["requests"], response.cost["exact"]) == (2, False)


@pytest.mark.parametrize(
    ("status", "said", "then"),
    [
        (400, error_body("Streaming is not supported with n > 1", "n"), [(2, False)]),
        (422, error_body("stream: multiple choices are not supported"), [(2, False)]),
        (501, error_body("oops"), [(2, False)]),
        (400, error_body("n must be 1", "n"), []),  # several texts cannot be asked for at all
    ],
)
async def test_a_server_that_streams_one_text_only_is_asked_for_whole_ones(status, said, then):
    fault = Fault(status, said, times=None, when=is_streamed_n)
    response, asked, grown = await asked_for_two(fault=fault)
    assert asked == [(2, True), *then]
    assert len(response.replies) == 2 * len(then)
    assert ("n" in response.refused) == (not then)
    assert grown == {}


async def test_a_model_of_the_class_chat_openai_is_read_in_the_same_way():
    with LoopbackServer(lambda body, i: f"text {i}") as server:
        url, key = server.base_url, SecretStr("x")
        policy = Policy(ChatOpenAI(model="m", base_url=url, api_key=key, max_retries=0), "m")
        response = await ask(Request(policy, [HumanMessage("hi")], n=3, live=True))
    assert [reply.text for reply in response.replies] == ["text 0", "text 1", "text 2"]
    assert [is_streamed_n(asked.body) for asked in server.asked] == [True]
