"""The real clients of OpenAI's protocol use TPO as they use any other model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from billing_server import BillingServer
from langchain_openai import ChatOpenAI
from loopback_server import Fault
from serve_process import ServeProcess

pytestmark = pytest.mark.loopback

ASK = [{"role": "user", "content": "Why is the sky blue?"}]
SMALL = {"tpo": {"depth": 1, "width": 2, "seed": 1}}


@pytest.fixture
def client(server: Any, models: BillingServer) -> Iterator[openai.OpenAI]:
    models.forget()
    with chat_client(server.url, timeout=30) as made:
        yield made


def chat_client(url: str, key: str = "none", **more: Any) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, **more)


def test_a_reply_says_its_price(client):
    tpo = {**SMALL["tpo"], "price": ["1000,2000"]}
    usage = client.chat.completions.create(model="tpo", messages=ASK, extra_body={"tpo": tpo}).usage
    usd = usage.prompt_tokens / 1000 + usage.completion_tokens / 500
    assert usage.model_extra["cost_usd"] == pytest.approx(usd, abs=1e-6)


def test_models_are_listed_and_retrieved(client):
    names = [model.id for model in client.models.list()]
    assert names[:5] == ["tpo", "best_of_n", "revision", "adaptive", "policy"]
    assert "tpo/openai:x" in names
    for name in names:
        assert client.models.retrieve(name).id == name


def test_a_plain_reply(client, models):
    reply = client.chat.completions.create(model="tpo", messages=ASK, extra_body=SMALL)
    (choice,) = reply.choices
    assert choice.message.content in models.texts
    assert (choice.message.role, choice.finish_reason) == ("assistant", "stop")
    usage = (reply.usage.prompt_tokens, reply.usage.completion_tokens)
    assert usage == models.tokens
    assert reply.usage.total_tokens == sum(usage)
    assert reply.usage.model_extra["cost_usd"] is None  # no price is known
    about = reply.model_extra["tpo"]
    assert (about["stop_reason"], about["usage"]["total"]["sequences"]) == ("depth", 6)
    thought = choice.message.model_extra["reasoning_content"]
    assert all(text in thought for text in models.texts)  # candidates, loss and gradient


def test_adaptive_is_a_model_of_its_own(client, models):
    reply = client.chat.completions.create(model="adaptive", messages=ASK, extra_body=SMALL)
    assert reply.choices[0].message.content in models.texts
    thought = reply.choices[0].message.model_extra["reasoning_content"]
    assert "1 rewrite, 1 advised answer: nothing is known yet" in thought


def test_a_stream(client, models):
    options = {"include_usage": True}
    pieces = list(
        client.chat.completions.create(
            model="tpo", messages=ASK, stream=True, stream_options=options, extra_body=SMALL
        )
    )
    assert {(p.id, p.created, p.model, p.object) for p in pieces} == {
        (pieces[0].id, pieces[0].created, "tpo", "chat.completion.chunk")
    }
    assert pieces[0].choices[0].delta.role == "assistant"
    deltas = [p.choices[0].delta for p in pieces if p.choices]
    said = "".join(delta.content or "" for delta in deltas)
    thought = "".join((d.model_extra or {}).get("reasoning_content") or "" for d in deltas)
    assert said in models.texts
    assert all(text in thought for text in models.texts)
    assert [p.choices[0].finish_reason for p in pieces if p.choices][-2:] == [None, "stop"]
    last = pieces[-1]
    assert last.choices == []
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == models.tokens
    assert all(p.usage is None for p in pieces[:-1])


def test_the_stream_helper(client, models):
    with client.chat.completions.stream(model="tpo", messages=ASK, extra_body=SMALL) as stream:
        seen = [event.type for event in stream]
        final = stream.get_final_completion()
    assert "content.done" in seen
    assert final.choices[0].message.content in models.texts


def test_openai_s_names_reach_the_candidates(client, models):
    client.chat.completions.create(
        model="best_of_n",
        messages=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Why?"}]},
        ],
        max_tokens=99,
        temperature=0.3,
        top_p=0.4,
        stop=["END"],
        seed=7,
        extra_body={"tpo": {"width": 2}},
    )
    (asked,) = models.asked
    body = asked.body
    assert [m["role"] for m in body["messages"]] == ["system", "user"]
    assert body["messages"][0]["content"] == "Be brief."
    assert (body["temperature"], body["top_p"], body["stop"]) == (0.3, 0.4, ["END"])
    assert body.get("max_completion_tokens", body.get("max_tokens")) == 99
    assert isinstance(body["seed"], int)
    assert body["n"] == 2


def test_an_answer_ends_where_stop_says_also_where_the_model_does_not(client, models):
    reply = client.chat.completions.create(
        model="tpo", messages=ASK, stop=" ", extra_body={"tpo": {"depth": 1, "width": 2}}
    )
    assert reply.choices[0].message.content == "Why"


@pytest.mark.parametrize("server", ["serve"], indirect=True)
def test_a_model_of_its_own_name(client, models):
    client.chat.completions.create(
        model="small", messages=ASK, extra_body={"tpo": {"depth": 0, "width": 1}}
    )
    assert [asked.body["model"] for asked in models.asked] == ["y"]


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"n": 2}, "n", "only n=1"),
    ({"n": {}}, "n", "only n=1"),
    ({"n": []}, "n", "only n=1"),
    ({"n": True}, "n", "only n=1"),
    ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools", "tools are not"),
    ({"response_format": {"type": "xml"}}, "response_format", "must be text, json_object"),
    ({"response_format": {"type": "json_schema"}}, "response_format", "must be text, json_object"),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "x"}}}},
        "response_format",
        "$.type: 'x' is not valid",
    ),
    (
        {
            "tools": [{"function": {"name": "f", "parameters": {"$ref": "http://x/"}}}],
            "tool_choice": "required",
        },
        "tools",
        "nothing is fetched",
    ),
    ({"logprobs": True}, "logprobs", "logprobs are not"),
    ({"messages": []}, "messages", "at least 1 item"),
    ({"messages": [{"role": "user", "content": "  "}]}, "messages", "the prompt is empty"),
    ({"messages": [{"role": "system", "content": "x"}]}, "messages", "no human turn"),
    (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
        "messages",
        "only text is taken",
    ),
    ({"temperature": 9.0}, "temperature", "less than or equal to 2"),
    ({"extra_body": {"tpo": {"depth": 99}}}, "tpo", "depth: input should be less"),
    ({"extra_body": {"tpo": {"dept": 1}}}, "tpo", "unknown setting dept"),
    ({"extra_body": {"tpo": {"width": 64, "depth": 20}}}, "tpo", "allows 200 per run"),
    ({"extra_body": {"tpo": {"human_pick": True}}}, "tpo", "no way to answer"),
    ({"extra_body": {"depth": 1}}, "depth", 'in the field "tpo": {"tpo": {"depth": 1}}'),
    ({"extra_body": {"judge": "x"}}, "judge", 'in the field "tpo": {"tpo": {"reward": "x"}}'),
    ({"extra_body": {"context": {"depth": 1}}}, "context", "settings of TPO belong in"),
    ({"extra_body": {"min_p": 0.1}}, "min_p", "tpo serve --allow-parameter min_p"),
    ({"service_tier": "flex"}, "service_tier", "tpo serve --allow-parameter service_tier"),
    ({"presence_penalty": 1}, "presence_penalty", "--allow-parameter presence_penalty"),
    (
        {"extra_body": {"tpo": {"parameters": {"min_p": 1}}}},
        "tpo",
        "tpo serve --allow-parameter min_p",
    ),
    ({"extra_body": {"tpo": {"parameters": {"n": 3}}}}, "tpo", "use the setting width"),
    ({"extra_body": {"tpo": {"policy": "openai:x@http://10.0.0.1/v1"}}}, "tpo", "policy: input"),
    ({"extra_body": {"tpo": {"reward": "mix:/etc/passwd"}}}, "tpo", "reward: input should be"),
]


@pytest.mark.parametrize(("wrong", "param", "said"), REFUSED, ids=[r[1] for r in REFUSED])
def test_what_is_not_offered_is_refused_in_a_sentence(client, models, wrong, param, said):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**{"model": "tpo", "messages": ASK, **wrong})
    assert (caught.value.param, caught.value.type) == (param, "invalid_request_error")
    assert said in caught.value.message
    assert models.asked == []


def test_parameters_of_the_provider_reach_the_policy_where_they_are_allowed(client, models):
    own = {"tpo": {**SMALL["tpo"], "parameters": {"chat_template_kwargs": {"think": False}}}}
    client.chat.completions.create(
        model="tpo", messages=ASK, reasoning_effort="low", extra_body={"top_k": 7, **own}
    )
    assert len(models.asked) == 4
    for asked in models.asked:
        sent = [asked.body[name] for name in ("reasoning_effort", "top_k", "chat_template_kwargs")]
        assert sent == ["low", 7, {"think": False}]


def test_what_changes_nothing_is_taken(client, models):
    of_no_effect: dict[str, Any] = {"user": "ann", "store": True, "metadata": {"a": "b"}}
    of_no_effect |= {"service_tier": "auto", "presence_penalty": 0, "logprobs": False}
    of_no_effect |= {"tools": TOOLS, "tool_choice": "none", "parallel_tool_calls": False}
    client.chat.completions.create(model="policy", messages=ASK, **of_no_effect)
    assert not of_no_effect.keys() & models.asked[0].body.keys()


def test_temperature_0_is_answered_with_a_notice(client):
    reply = client.chat.completions.create(
        model="best_of_n", messages=ASK, temperature=0, extra_body={"tpo": {"width": 2}}
    )
    (said,) = [one for one in reply.model_extra["tpo"]["notices"] if "temperature" in one]
    assert said.startswith("temperature 0 makes the 2 samples of a round alike")
    assert said in reply.choices[0].message.model_extra["reasoning_content"]


TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {}}}]


def test_tools_that_a_client_always_offers_may_be_ignored(models, tmp_path):
    models.forget()
    options = ["--policy", f"openai:x@{models.base_url}", "--ignore-tools"]
    asking: dict[str, Any] = {"model": "tpo", "messages": ASK, "extra_body": SMALL, "tools": TOOLS}
    with ServeProcess(tmp_path, *options) as server, chat_client(server.url) as client:
        for choice in ({}, {"tool_choice": "auto"}, {"tool_choice": "none"}):
            reply = client.chat.completions.create(**asking, **choice)
            assert reply.choices[0].message.content in models.texts
        two = {"tools": [*TOOLS, *TOOLS], "tool_choice": "required"}  # which of them?
        with pytest.raises(openai.BadRequestError, match="tools are not offered"):
            client.chat.completions.create(**{**asking, **two})
    assert not any("tools" in asked.body for asked in models.asked)


def test_the_policy_alone_costs_one_request(client, models):
    reply = client.chat.completions.create(model="policy", messages=ASK)
    assert reply.choices[0].message.content in models.texts
    assert len(models.asked) == 1


def test_an_unknown_model(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="gpt-9", messages=ASK)
    assert caught.value.code == "model_not_found"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("no/such")


def test_a_policy_whose_server_takes_no_more_requests(client, models):
    fault = Fault(429, headers={"Retry-After": "0.2"}, times=None)
    models.script.append(fault)
    try:
        with pytest.raises(openai.RateLimitError) as caught:
            client.chat.completions.create(
                model="tpo", messages=ASK, extra_body={"tpo": {"retries": 0, "width": 2}}
            )
        assert caught.value.response.headers["retry-after"] == "1"  # whole seconds
        assert "x-should-retry" not in caught.value.response.headers
        assert (caught.value.code, caught.value.type) == ("rate_limit_exceeded", "rate_limit_error")
        assert "429" in caught.value.message
        with pytest.raises(openai.APIStatusError) as caught_late:  # before the stream has begun
            client.chat.completions.create(
                model="tpo", messages=ASK, stream=True, extra_body={"tpo": {"retries": 0}}
            )
        assert caught_late.value.code == "rate_limit_exceeded"
    finally:
        models.script.clear()


def test_a_policy_that_fails(client, models):
    models.script.append(Fault(401, times=None))
    try:
        with pytest.raises(openai.InternalServerError) as caught:
            client.chat.completions.create(model="tpo", messages=ASK, extra_body=SMALL)
        assert (caught.value.status_code, caught.value.code) == (502, "policy_error")
        assert "gave no usable answer" in caught.value.message
        assert caught.value.response.headers["x-should-retry"] == "false"
        with pytest.raises(openai.APIStatusError) as caught_late:  # before the stream has begun
            client.chat.completions.create(model="tpo", messages=ASK, stream=True, extra_body=SMALL)
        assert "gave no usable answer" in str(caught_late.value)
    finally:
        models.script.clear()


async def test_chat_openai(server, models):
    models.forget()
    async with openai.DefaultAsyncHttpxClient() as http:
        model = ChatOpenAI(
            model="tpo",
            base_url=f"{server.url}/v1",
            api_key="none",
            extra_body=SMALL,
            max_retries=0,
            http_async_client=http,
        )
        reply = await model.ainvoke("Why?")
        assert reply.text in models.texts
        assert reply.usage_metadata["output_tokens"] == models.tokens[1]
        pieces = [piece async for piece in model.astream("Why?")]
    assert "".join(piece.text for piece in pieces) in models.texts


def test_what_the_guards_refuse_is_typed_too(server):
    foreign = {"Origin": "https://evil.example"}
    with (
        chat_client(server.url) as client,
        pytest.raises(openai.PermissionDeniedError, match="--allow-origin") as caught,
    ):
        client.chat.completions.create(model="tpo", messages=ASK, extra_headers=foreign)
    assert (caught.value.type, caught.value.code) == ("permission_error", "unknown_origin")
    with (
        chat_client(server.url) as client,
        pytest.raises(openai.BadRequestError, match="--allow-host") as named,
    ):
        client.models.list(extra_headers={"Host": "evil.example"})
    assert named.value.code == "unknown_host"


def test_a_client_that_waits_no_longer_and_a_server_that_is_gone(models, tmp_path):
    models.delay = 5.0
    try:
        with ServeProcess(tmp_path, "--policy", f"openai:x@{models.base_url}") as server:
            with chat_client(server.url) as client, pytest.raises(openai.APITimeoutError):
                client.chat.completions.create(model="tpo", messages=ASK, timeout=0.3)
            server.end()
            with chat_client(server.url) as client, pytest.raises(openai.APIConnectionError):
                client.models.list()
    finally:
        models.delay = 0.0


def test_a_body_that_is_too_large(server):
    with (
        chat_client(server.url) as client,
        pytest.raises(openai.APIStatusError) as caught,
    ):
        client.chat.completions.create(
            model="tpo", messages=[{"role": "user", "content": "x" * 3_000_000}]
        )
    assert caught.value.status_code == 413
    assert caught.value.type == "invalid_request_error"


def test_keys(models, tmp_path):
    keys = ["alpha-1234567", "beta-1234567"]
    options = ["--policy", f"openai:x@{models.base_url}"]
    with ServeProcess(tmp_path, *options, TPO_SERVE_KEYS=",".join(keys)) as server:
        for key in keys:
            with chat_client(server.url, key) as right:
                assert right.models.list().data
        for key in ("wrong", "alpha", keys[0] + "8"):
            with (
                chat_client(server.url, key) as wrong,
                pytest.raises(openai.AuthenticationError) as caught,
            ):
                wrong.chat.completions.create(model="tpo", messages=ASK)
            assert caught.value.code == "invalid_api_key"
        server.end()
        assert not any(key in server.log.read_text() for key in keys)


def test_what_is_not_offered_says_what_is(client):
    bare = client.with_options(base_url=client.base_url.join("/"))
    for ask in (
        lambda: client.completions.create(model="tpo", prompt="Why?"),
        lambda: client.embeddings.create(model="tpo", input="Why?"),
        client.files.list,
        bare.models.list,
        lambda: bare.chat.completions.create(model="tpo", messages=ASK),
    ):
        with pytest.raises(openai.NotFoundError) as refused:
            ask()
        assert "; POST /v1/chat/completions is (client.chat." in refused.value.body["message"]


def test_a_slash_at_the_end_does_no_harm(client):
    assert client.get("/models/", cast_to=object)["object"] == "list"
    body = {"model": "tpo", "messages": ASK, "tpo": {"depth": 0, "width": 1}}
    assert client.post("/chat/completions/", body=body, cast_to=object)["choices"]
