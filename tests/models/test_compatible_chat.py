"""Servers that keep to the OpenAI protocol in their own way, asked through ChatOpenAI too."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from loopback_server import Fault, LoopbackServer
from pydantic import SecretStr

from tpo.models.ask import ask
from tpo.models.failures import faults
from tpo.models.policy import Policy, resolve_policy
from tpo.models.request import Request, RequestError

pytestmark = pytest.mark.loopback
USAGE = {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10}
PARTS = [{"type": "text", "text": "Four."}]


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(faults, "pause_before_retry", lambda error, attempt: 0.0)


@pytest.fixture(params=["spec", "object"])
def reply_to(request: Any) -> Any:
    """Return what asks a server that answers with a body, by a spec or with a ChatOpenAI."""

    async def ask_once(body: object) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        with LoopbackServer(script=[Fault(garbage=content, times=None)]) as server:
            url = server.base_url
            if request.param == "spec":
                policy = await resolve_policy(f"openai:m@{url}")
                return await ask(Request(policy, [HumanMessage("hi")], retries=1))
            model = ChatOpenAI(model="m", base_url=url, api_key=SecretStr("x"), max_retries=0)
            return await ask(Request(Policy(model, "m"), [HumanMessage("hi")], retries=1))

    return ask_once


def body(message: Any, finish: Any = "stop", **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": finish, "message": message}
    return {"id": "x", "model": "m", "choices": [choice], "usage": USAGE, **more}


@pytest.mark.parametrize(
    ("said", "text", "reason"),
    [
        (body({"content": "Four."}), "Four.", "stop"),  # no role
        (body({"role": "assistant", "content": "Four."}, None), "Four.", None),
        (body({"role": "assistant", "content": "Four."}, "eos_token"), "Four.", "stop"),
        (body({"role": "assistant", "content": "\ufeff\n\nFour.\n"}), "Four.", "stop"),
        (body({"role": "assistant", "content": PARTS}), "Four.", "stop"),
        (body({"role": "assistant", "content": None, "refusal": "No."}), "No.", "stop"),
        (body({"role": "assistant", "content": "Fo"}, "content_filter"), "Fo", "content_filter"),
        ({"choices": [{"text": "Four.", "finish_reason": "length"}]}, "Four.", "length"),
    ],
)
async def test_the_text_is_found(reply_to, said, text, reason):
    (reply,) = (await reply_to(said)).replies
    assert (reply.text, reply.finish_reason, reply.error) == (text, reason, None)


@pytest.mark.parametrize(
    "field",
    [
        {"reasoning": "hm"},
        {"reasoning_content": "hm"},
        {"reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
    ],
)
async def test_reasoning_in_a_field_is_kept(reply_to, field):
    (reply,) = (await reply_to(body({"role": "assistant", "content": "Four.", **field}))).replies
    assert (reply.text, reply.reasoning) == ("Four.", "hm")
    (reply,) = (await reply_to(body({"role": "assistant", "content": None, **field}))).replies
    assert reply.error == "empty: the model only thought; raise max_tokens"


@pytest.mark.parametrize(
    ("usage", "tokens", "exact"),
    [
        (USAGE, (5, 5), True),
        ({"prompt_tokens": "5", "completion_tokens": 5.0, "total_tokens": 10}, (5, 5), True),
        ({"prompt_tokens": 5, "completion_tokens": 5}, (5, 5), True),
        ({**USAGE, "prompt_tokens_details": None}, (5, 5), True),
        (None, (0, 0), False),
    ],
)
async def test_usage_of_every_shape(reply_to, usage, tokens, exact):
    paid = (await reply_to(body({"role": "assistant", "content": "Four."}, usage=usage))).cost
    assert (paid["input_tokens"], paid["output_tokens"], paid["exact"]) == (*tokens, exact)


@pytest.mark.parametrize(
    ("said", "sentence", "sent"),
    [
        ({"error": {"message": "rate limited", "code": 429}}, "rate limited (429)", 2),
        ({"choices": None, "error": {"message": "no such model", "code": 404}}, "(404)", 1),
        ({"choices": None, "usage": None}, "the server returned no text at all", 2),
        ({"choices": []}, "the server returned no text at all", 2),
        ({"id": "x"}, "the server returned no text at all", 2),
        ({"detail": "boom"}, "the server sent no reply, and says: boom", 1),
        ("oops", "the server sent no JSON: 'oops'", 2),
        (b"<html><title>502 Bad Gateway</title>", "502 Bad Gateway", 2),
        (b"<html>Log in", "is the address right? It usually ends in /v1", 1),
    ],
)
async def test_what_is_not_a_reply_is_told_as_what_it_is(reply_to, said, sentence, sent):
    with pytest.raises(RequestError) as caught:
        await reply_to(said)
    assert sentence in str(caught.value)
    assert caught.value.cost["requests"] == sent
