"""`/v1/responses`: made, streamed, gone on with, read and deleted by the real client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import openai
import pytest
from billing_server import BillingServer
from loopback_server import Fault
from patience import wait_until
from serve_process import ServeProcess

pytestmark = pytest.mark.loopback
SMALL = {"tpo": {"depth": 1, "width": 2, "seed": 1}}
BUSY = {"status": "busy"}


@pytest.fixture
def client(serve: ServeProcess, models: BillingServer) -> Iterator[openai.OpenAI]:
    models.forget()
    made = openai.OpenAI(base_url=f"{serve.url}/v1", api_key="none", max_retries=0, timeout=30)
    with made:
        yield made


def conversation(models: BillingServer) -> list[tuple[str, str]]:
    """Return what the policy was last asked, by role."""
    return [(one["role"], one["content"]) for one in models.asked[-1].body["messages"]]


def test_it_is_made_and_read(client, models):
    made = client.responses.create(model="tpo", input="Why?", metadata={"a": "b"}, extra_body=SMALL)
    assert made.output_text in models.texts
    assert (made.status, made.metadata, made.store) == ("completed", {"a": "b"}, True)
    assert (made.usage.input_tokens, made.usage.output_tokens) == models.tokens
    about = made.model_extra["tpo"]
    assert (about["stop_reason"], about["usage"]["total"]["sequences"]) == ("depth", 6)
    assert any("demonstration" in notice for notice in about["notices"])
    read = client.responses.retrieve(made.id).to_dict()
    assert {**read, "tpo": {**read["tpo"], "notices": about["notices"]}} == made.to_dict()


def test_a_stream(client, models):
    asked: dict[str, Any] = {"model": "tpo", "input": "Why?", "extra_body": SMALL}
    with client.responses.stream(**asked, reasoning={"summary": "auto"}) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = list(dict.fromkeys(event.type.removeprefix("response.") for event in events))
    assert kinds == [
        "created", "in_progress", "output_item.added", "reasoning_summary_part.added",
        "reasoning_summary_text.delta", "reasoning_summary_text.done",
        "reasoning_summary_part.done", "output_item.done", "content_part.added",
        "output_text.delta", "output_text.done", "content_part.done", "completed",
    ]  # fmt: skip
    steps, _ = final.output
    assert all(text in steps.summary[0].text for text in models.texts)
    assert final.output_text in models.texts
    assert client.responses.retrieve(final.id).output_text == final.output_text
    with client.responses.stream(**asked) as plain:
        assert not any("reasoning" in event.type for event in plain)


def test_a_whole_response_has_the_steps_too_if_they_are_asked_for(client, models):
    asked: dict[str, Any] = {"model": "tpo", "input": "Why?", "extra_body": SMALL}
    made = client.responses.create(**asked, reasoning={"summary": "auto"})
    steps, message = made.output
    assert steps.type == "reasoning"
    assert all(text in steps.summary[0].text for text in models.texts)
    assert message.content[0].text == made.output_text
    assert [item.type for item in client.responses.create(**asked).output] == ["message"]


def test_the_next_goes_on_with_the_thread(client, models, http):
    first = client.responses.create(model="policy", input="Why?", instructions="Be brief.")
    assert conversation(models) == [("system", "Be brief."), ("user", "Why?")]
    said = [("user", "Why?"), ("assistant", first.output_text), ("user", "And now?")]
    go_on: dict[str, Any] = {"model": "policy", "input": "And now?"}
    go_on |= {"previous_response_id": first.id}
    second = client.responses.create(**go_on)
    assert conversation(models) == said  # instructions are of one turn
    client.responses.create(**go_on, instructions="Be long.")  # a branch
    assert conversation(models) == [("system", "Be long."), *said]
    client.responses.create(**{**go_on, "previous_response_id": second.id}, instructions="Hm.")
    assert conversation(models)[0] == ("system", "Hm.")
    assert conversation(models)[-2:] == [("assistant", second.output_text), ("user", "And now?")]
    client.responses.create(**go_on, store=False)
    assert conversation(models) == said
    found = http.post("/threads/search", json={"limit": 1000}).json()
    own = [t["thread_id"] for t in found if "Be long." in json.dumps(t["values"])]
    assert len(http.get(f"/threads/{own[0]}/runs").json()) == 3


def test_what_is_not_stored_is_gone(client, http):
    before = http.post("/threads/count", json={}).json()
    made = client.responses.create(model="policy", input="Why?", store=False)
    assert (made.store, bool(made.output_text)) == (False, True)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(made.id)
    assert http.post("/threads/count", json={}).json() == before


def test_deleting(client, http):
    before = http.post("/threads/count", json={}).json()
    first = client.responses.create(model="policy", input="Why?")
    second = client.responses.create(
        model="policy", input="And now?", previous_response_id=first.id
    )
    client.responses.delete(first.id)
    for ask in (client.responses.retrieve, client.responses.delete):
        with pytest.raises(openai.NotFoundError, match="there is no response"):
            ask(first.id)
    assert client.responses.retrieve(second.id).output_text == second.output_text
    client.responses.delete(second.id)
    assert http.post("/threads/count", json={}).json() == before


def test_items_of_every_kind(client, models):
    first = client.responses.create(model="policy", input="Why?")
    call = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
    items: list[Any] = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "input_text", "text": "Why?"}]},
        {"type": "item_reference", "id": first.output[0].id},
        {"type": "item_reference", "id": first.output[0].id.replace("msg_", "rs_")},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {**first.output[0].to_dict(), "content": [{"type": "output_text", "text": "So."}]},
        call,
        {**call, "call_id": "c2"},
        {"type": "function_call_output", "call_id": "c1", "output": "1"},
        {"type": "function_call_output", "call_id": "c2", "output": "2"},
        {"type": "message", "role": "user", "content": "So?"},
    ]
    client.responses.create(model="policy", input=items)
    said = models.asked[-1].body["messages"]
    roles = ["system", "user", "assistant", "assistant", "assistant", "tool", "tool", "user"]
    assert [one["role"] for one in said] == roles
    assert [one["content"] for one in said[:4]] == ["Be brief.", "Why?", first.output_text, "So."]
    assert [one["id"] for one in said[4]["tool_calls"]] == ["c1", "c2"]


TOOL = {"type": "function", "name": "f", "parameters": {}, "strict": False}
IMAGE = {"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"input": []}, "input", "at least 1 item"),
    ({"input": " "}, "input", "the prompt is empty"),
    ({"input": [IMAGE]}, "input", "only text is taken"),
    ({"input": [{"role": "user", "content": "x"}] * 2001}, "input", "2001 items are too many"),
    ({"input": [{"type": "computer_call"}]}, "input", "'computer_call' are not offered here"),
    ({"input": [{"type": "function_call"}]}, "input", "needs name, a text"),
    ({"input": [{"role": "user", "content": 3}]}, "input", "content"),
    ({"text": {"format": {"type": "xml"}}}, "text.format", "must be text, json_object"),
    ({"text": {"format": {"type": "json_schema"}}}, "text.format", "the schema is missing"),
    ({"tools": [TOOL]}, "tools", "tools are not offered"),
    ({"background": True}, "background", "wait for the response"),
    ({"conversation": "c"}, "conversation", "previous_response_id"),
    ({"extra_body": {"depth": 1}}, "depth", 'in the field "tpo": {"tpo": {"depth": 1}}'),
    ({"extra_body": {"tpo": {"depth": 99}}}, "tpo", "depth: input should be less"),
    ({"extra_body": {"tpo": {"human_pick": True}}}, "tpo", "no way to answer"),
    ({"text": {"verbosity": "low"}}, "verbosity", "--allow-parameter verbosity"),
    ({"metadata": {"a": "x" * 513}}, "metadata", "at most 512"),
]


@pytest.mark.parametrize(("wrong", "param", "said"), REFUSED, ids=[r[2] for r in REFUSED])
def test_what_is_not_offered_is_refused_in_a_sentence(client, models, http, wrong, param, said):
    before = http.post("/threads/count", json={}).json()
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(**{"model": "policy", "input": "Why?", **wrong})
    assert (caught.value.param, said in caught.value.message) == (param, True)
    assert (models.asked, http.post("/threads/count", json={}).json()) == ([], before)


def test_what_is_allowed_reaches_the_policy(client, models):
    client.responses.create(
        model="policy",
        input="Why?",
        reasoning={"effort": "low"},
        max_output_tokens=9,
        temperature=0.5,
        tools=[TOOL],
        tool_choice="none",
        text={"format": {"type": "text"}},
    )
    body = models.asked[0].body
    assert (body["reasoning_effort"], body["temperature"]) == ("low", 0.5)
    assert body.get("max_completion_tokens", body.get("max_tokens")) == 9
    assert "tools" not in body


def test_a_policy_that_fails(client, models):
    models.script.append(Fault(401, times=None))
    try:
        with pytest.raises(openai.InternalServerError) as caught:
            client.responses.create(model="policy", input="Why?")
        assert (caught.value.status_code, caught.value.code) == (502, "policy_error")
        events = list(client.responses.create(model="policy", input="Why?", stream=True))
    finally:
        models.script.clear()
    failed = events[-1].response
    assert (events[-1].type, failed.status) == ("response.failed", "failed")
    assert failed.error.code == "policy_error"
    assert "gave no usable answer" in failed.error.message
    read = client.responses.retrieve(failed.id)
    assert (read.status, read.error.message) == ("failed", failed.error.message)
    with pytest.raises(openai.BadRequestError, match="has no answer"):
        client.responses.create(model="policy", input="So?", previous_response_id=failed.id)


def test_an_answer_that_is_cut_off(client):
    made = client.responses.create(model="policy", input="Why?", max_output_tokens=3)
    assert (made.status, made.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    asked: dict[str, Any] = {"model": "policy", "input": "Why?", "max_output_tokens": 3}
    *_, last = client.responses.create(**asked, stream=True)
    assert last.type == "response.incomplete"


def test_a_client_that_leaves_stops_its_run(client, models, http):
    models.delay = 60.0
    try:
        for stream in (False, True):
            leaving = client.with_options(timeout=0.3)
            with pytest.raises((openai.APITimeoutError, httpx.TimeoutException)):
                list(leaving.responses.create(model="policy", input="Why?", stream=stream))
            wait_until(lambda: not http.post("/threads/count", json=BUSY).json())
    finally:
        models.delay = 0.01
    (newest,) = http.post("/threads/search", json={"limit": 1}).json()
    (run,) = http.get(f"/threads/{newest['thread_id']}/runs").json()
    left = client.responses.retrieve(f"resp_{run['run_id'].replace('-', '')}")
    assert (left.status, left.output) == ("cancelled", [])


def test_the_log_names_the_model_that_was_asked_for(client, serve):
    made = client.responses.create(model="small", input="Why?", extra_body=SMALL)
    run = str(UUID(made.id.removeprefix("resp_")))

    def told() -> list[str]:
        return [line for line in serve.log.read_text().splitlines() if f" run run={run} " in line]

    wait_until(told)
    assert " model=small " in told()[0]
