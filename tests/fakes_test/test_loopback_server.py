"""The loopback server, as the clients of OpenAI and LangChain see it."""

import contextlib
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from urllib.request import Request, urlopen

import loopback_server
import openai
import pytest
from langchain_core.exceptions import ModelInvalidRequestError
from langchain_core.messages import HumanMessage
from langchain_core.outputs import ChatGeneration
from langchain_openai import ChatOpenAI
from loopback_server import Fault, LoopbackServer, default_answer, error_body, shaped
from patience import wait_until
from pydantic import BaseModel

pytestmark = [pytest.mark.loopback, pytest.mark.allow_hosts(["127.0.0.1"])]

MESSAGES = [{"role": "user", "content": "Say four short words"}]
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": [1, 2, 3]}'}}
ASK = "import sys, urllib.request as r; r.urlopen(r.Request(sys.argv[1], sys.argv[2].encode()))"


class Improved(BaseModel):
    better: str


@contextlib.asynccontextmanager
async def client(server: LoopbackServer, **options) -> AsyncIterator[openai.AsyncOpenAI]:
    options = {"api_key": "key", "max_retries": 0} | options
    async with openai.AsyncOpenAI(base_url=server.base_url, **options) as made:
        yield made


async def ask(server: LoopbackServer, *, options=None, **body):
    async with client(server, **(options or {})) as made:
        return await made.chat.completions.create(model="m", **{"messages": MESSAGES} | body)


async def stream(server: LoopbackServer, **body) -> list:
    async with client(server) as made:
        body = {"messages": MESSAGES, "stream": True, "model": "m"} | body
        return [chunk async for chunk in await made.chat.completions.create(**body)]


async def chat(server: LoopbackServer, **options) -> list[ChatGeneration]:
    """Ask through LangChain, with a client of its own: the usual one is shared, never closed."""
    options = {"base_url": server.base_url, "api_key": "key", "max_retries": 0} | options
    async with openai.DefaultAsyncHttpxClient() as http:
        made = ChatOpenAI(model="m", http_async_client=http, **options)
        return (await made.agenerate([[HumanMessage(MESSAGES[0]["content"])]])).generations[0]


def post(address: str, body: str) -> int:
    with urlopen(Request(address, body.encode())) as answer:
        answer.read()
        return answer.status


def texts(completion) -> list[str | None]:
    return [choice.message.content for choice in completion.choices]


async def test_n_choices_share_one_usage():
    with LoopbackServer(cached_tokens=2) as server:
        reply = await ask(server, n=3, seed=7)
        through_langchain = await chat(server, n=3, seed=7)
    body = {"messages": MESSAGES, "seed": 7}
    assert texts(reply) == [default_answer(body, index) for index in range(3)]
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (4, 21)
    assert reply.usage.prompt_tokens_details.cached_tokens == 2
    assert [generation.text for generation in through_langchain] == texts(reply)
    assert {g.message.usage_metadata["output_tokens"] for g in through_langchain} == {21}
    assert [(a.finished, a.status, a.body["n"]) for a in server.asked] == [(True, 200, 3)] * 2
    assert server.asked[0].headers["authorization"] == "Bearer key"


async def test_prompt_counts_for_each_choice_and_usage_can_be_absent():
    with LoopbackServer(count_usage_once=False) as server:
        assert (await ask(server, n=2)).usage.prompt_tokens == 8
        server.usage = False
        assert (await ask(server)).usage is None
        assert (await chat(server))[0].message.usage_metadata is None


@pytest.mark.parametrize(
    ("options", "choices"), [({"supports_n": "ignored"}, 1), ({"max_n": 2}, 2), ({}, 5)]
)
async def test_fewer_choices_than_asked(options, choices):
    with LoopbackServer(**options) as server:
        assert len(texts(await ask(server, n=5))) == choices


@pytest.mark.parametrize(
    ("options", "param"),
    [({"supports_n": False}, "n"), ({"refuse": {"temperature", "top_p"}}, "temperature")],
)
async def test_refused_parameters(options, param):
    with LoopbackServer(**options) as server:
        with pytest.raises(openai.BadRequestError, match="not supported") as caught:
            await ask(server, n=2, temperature=0.5)
        assert (caught.value.param, caught.value.code) == (param, "unsupported_parameter")
        with pytest.raises(ModelInvalidRequestError) as through_langchain:
            await chat(server, n=2, temperature=0.5)
        assert through_langchain.value.param == param
    assert [asked.status for asked in server.asked] == [400, 400]


async def test_stream_takes_turns_and_adds_up():
    message = {"content": "déjà vu, twice over", "reasoning_content": "hm", "tool_calls": [CALL]}
    with LoopbackServer(lambda _body, index: [message, None][index]) as server:
        chunks = await stream(server, n=2, stream_options={"include_usage": True})
        silent = await stream(server)
    *parts, last = chunks
    first = [part.choices[0] for part in parts if part.choices[0].index == 0]
    assert [part.choices[0].index for part in parts[:4]] == [0, 1, 0, 1]
    assert first[0].delta.role == "assistant"
    assert "".join(choice.delta.content or "" for choice in first) == message["content"]
    calls = [call for choice in first for call in choice.delta.tool_calls or []]
    assert calls[0].function.name == "f"
    assert "".join(call.function.arguments for call in calls) == CALL["function"]["arguments"]
    assert first[-1].finish_reason == "tool_calls"
    assert (last.choices, last.usage.completion_tokens) == ([], 9)
    assert last.usage.completion_tokens_details.reasoning_tokens == 1
    assert all(chunk.usage is None for chunk in parts + silent)


async def test_langchain_streams_with_usage_when_told():
    with LoopbackServer(lambda *_: "one two three") as server:
        (told,) = await chat(server, streaming=True, stream_usage=True)
        (untold,) = await chat(server, streaming=True)
    assert told.text == untold.text == "one two three"
    assert told.message.usage_metadata["output_tokens"] == 3
    assert untold.message.usage_metadata is None


async def test_length_and_other_ends():
    with LoopbackServer(lambda *_: "one  two\nthree four") as server:
        cut = (await ask(server, max_tokens=2)).choices[0]
        whole = (await ask(server, max_completion_tokens=4)).choices[0]
        server.answer = lambda *_: {"message": {"content": "x"}, "finish_reason": "content_filter"}
        filtered = (await ask(server)).choices[0]
    assert (cut.message.content, cut.finish_reason) == ("one  two", "length")
    assert whole.finish_reason == "stop"
    assert filtered.finish_reason == "content_filter"


async def test_odd_messages_through_langchain():
    odd = [{"content": None, "refusal": "no"}, {"content": None, "tool_calls": [CALL]}, None]
    with LoopbackServer(lambda _body, index: odd[index]) as server:
        refusal, call, nothing = (await ask(server, n=3)).choices
        generations = await chat(server, n=3)
    assert (refusal.message.content, refusal.message.refusal) == (None, "no")
    assert (call.finish_reason, nothing.message.content) == ("tool_calls", None)
    assert [generation.text for generation in generations] == ["", "", ""]
    assert generations[0].message.additional_kwargs["refusal"] == "no"
    assert generations[1].message.tool_calls[0]["args"] == {"a": [1, 2, 3]}


async def test_default_answer_has_the_form_asked_for():
    tagged = [{"role": "user", "content": [{"type": "text", "text": "In <improved_answer> tags"}]}]
    with LoopbackServer() as server:
        (text,) = texts(await ask(server, messages=tagged))
        async with client(server) as made:
            call = {"model": "m", "messages": MESSAGES, "response_format": Improved}
            parsed = await made.chat.completions.parse(**call)
    assert re.fullmatch("<improved_answer>Answer .+</improved_answer>", text)
    assert parsed.choices[0].message.parsed.better.startswith("Answer ")
    assert shaped({"response_format": {"type": "json_object"}}, "x") == '{"improved_answer": "x"}'


async def test_pauses_before_an_answer_add_up():
    limit = Fault(status=429, headers={"Retry-After-Ms": "100"}, when=lambda body: "seed" in body)
    script = [limit, Fault(hang=0.1, when=lambda body: "seed" in body)]
    with LoopbackServer(script=script, delay=lambda body: body.get("seed", 0) / 10) as server:
        await ask(server)
        began = time.monotonic()
        assert (await ask(server, seed=1, options={"max_retries": 1})).choices
        assert time.monotonic() - began >= 0.3
    assert [asked.status for asked in server.asked] == [200, 429, 200]
    assert [fault.used for fault in script] == [1, 1]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(), openai.InternalServerError),
        (Fault(503, "<html>", {"content-type": "text/html"}), openai.InternalServerError),
        (Fault(status=404, body=error_body("No such model")), openai.NotFoundError),
        (Fault(close=True), openai.APIConnectionError),
        (Fault(hang=60, close=True), openai.APITimeoutError),
        (Fault(garbage=b"not json"), json.JSONDecodeError),
    ],
)
async def test_faults(fault, error):
    with LoopbackServer(script=[fault]) as server:
        with pytest.raises(error):
            await ask(server, options={"timeout": 0.3 if fault.hang else 30})
        assert texts(await ask(server))[0].startswith("Answer ")
    assert server.asked[0].finished is not fault.close


async def test_keys_models_and_paths():
    with LoopbackServer(api_key="secret") as server:
        with pytest.raises(openai.AuthenticationError):
            await ask(server)
        async with client(server, api_key="secret") as made:
            assert [model.id async for model in made.models.list()] == ["loopback-model"]
            with pytest.raises(openai.NotFoundError):
                await made.responses.create(model="m", input="x")


def test_a_killed_client_leaves_no_trace_and_close_interrupts_the_others(capfd, monkeypatch):
    monkeypatch.setattr(loopback_server, "CLOSE_WITHIN", 600.0)  # it waits until they have ended
    body = json.dumps({"messages": MESSAGES})
    with LoopbackServer(delay=60) as server:
        address = server.base_url + "/chat/completions"
        command = [sys.executable, "-c", ASK, address, body]
        asking = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(2)]
        wait_until(lambda: len(server.asked) == 2)
        asking[0].kill()
        server.delay = 0
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(post, [address] * 40, [body] * 40)) == [200] * 40
    assert [process.wait() for process in asking] == [-9, 1]  # the other lost its connection
    assert [asked.finished for asked in server.asked] == [False] * 2 + [True] * 40
    assert capfd.readouterr() == ("", "")


async def test_a_faulty_answer_is_raised_on_leaving():
    server = LoopbackServer(lambda body, _index: body["missing"])
    with pytest.raises(KeyError), server, pytest.raises(openai.APIConnectionError):
        await ask(server)
    with pytest.raises(openai.APIConnectionError) as caught, server:
        await ask(server)
    assert "KeyError" in caught.value.__notes__[0]


def test_only_this_host_may_be_reached():
    with pytest.raises(Warning, match="with host"), socket.socket() as made:
        made.connect(("192.0.2.1", 80))
