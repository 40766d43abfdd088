"""`/v1` with a form: `response_format`, and one function that has to be called."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from billing_server import BillingServer
from javascript import PACKAGES, node
from langchain_openai import ChatOpenAI
from pydantic import BaseModel
from serve_process import ServeProcess

pytestmark = pytest.mark.loopback

ASK: Any = [{"role": "user", "content": "Who was Ada?"}]
SMALL = {"tpo": {"depth": 1, "width": 2}}


class Person(BaseModel):
    name: str
    age: int


FORCED: Any = {
    "tools": [openai.pydantic_function_tool(Person)],
    "tool_choice": {"type": "function", "function": {"name": "Person"}},
}


def person(body: dict[str, Any], index: int) -> str:
    """Answer in a form only where one is asked for; the first text does not fit."""
    if "answer is read by a program" not in str(body["messages"][-1]["content"]):
        return "advice"
    return json.dumps({"name": "Ada", "age": "young" if index else 36})


@pytest.fixture(scope="module")
def policy() -> Iterator[BillingServer]:
    with BillingServer(person) as server:
        yield server


@pytest.fixture(scope="module")
def served(policy: BillingServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("form")
    with ServeProcess(folder, "--policy", f"openai:x@{policy.base_url}") as server:
        yield server


@pytest.fixture
def client(served: ServeProcess, policy: BillingServer) -> Iterator[openai.OpenAI]:
    policy.forget()
    url = f"{served.url}/v1"
    with openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=30) as made:
        yield made


def test_an_object_is_parsed_and_the_provider_is_asked_for_the_form(client, policy):
    reply = client.chat.completions.parse(
        model="tpo", messages=ASK, response_format=Person, extra_body=SMALL
    )
    assert reply.choices[0].message.parsed == Person(name="Ada", age=36)
    forms = [asked.body.get("response_format") for asked in policy.asked]
    schemas = [form["json_schema"] for form in forms if form]
    assert len(schemas) == 2  # sample and update; loss and gradient are free text
    assert {(one["name"], one["strict"]) for one in schemas} == {("Person", True)}


def test_a_response_is_parsed(client, policy):
    reply = client.responses.parse(
        model="tpo", input="Who was Ada?", text_format=Person, extra_body=SMALL
    )
    assert reply.output_parsed == Person(name="Ada", age=36)
    assert (reply.text.format.type, reply.text.format.name) == ("json_schema", "Person")
    assert sum("response_format" in asked.body for asked in policy.asked) == 2


def test_json_mode(client, policy):
    form: Any = {"type": "json_object"}
    reply = client.chat.completions.create(
        model="tpo", messages=ASK, response_format=form, extra_body=SMALL
    )
    assert json.loads(reply.choices[0].message.content)["name"] == "Ada"
    assert policy.asked[0].body["response_format"] == form


def test_one_forced_function_is_called_with_the_answer(client):
    for choice in (FORCED["tool_choice"], "required"):
        asked = {**FORCED, "tool_choice": choice}
        reply = client.chat.completions.parse(
            model="tpo", messages=ASK, extra_body=SMALL, **asked
        ).choices[0]
        (call,) = reply.message.tool_calls
        assert call.function.parsed_arguments == Person(name="Ada", age=36)
        assert (reply.message.content, reply.finish_reason) == (None, "tool_calls")


def test_a_forced_function_is_streamed(client):
    with client.chat.completions.stream(
        model="tpo", messages=ASK, extra_body=SMALL, **FORCED
    ) as stream:
        (call,) = stream.get_final_completion().choices[0].message.tool_calls
    assert call.function.parsed_arguments == Person(name="Ada", age=36)


def test_no_fit_is_an_error_with_the_place(client):
    form: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "array"}}}
    with pytest.raises(openai.InternalServerError, match="is not of type 'array'"):
        client.chat.completions.create(
            model="best_of_n", messages=ASK, response_format=form, extra_body={"tpo": {"width": 1}}
        )


@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
def test_langchain_s_structured_output(served, method):
    model = ChatOpenAI(
        model="tpo", base_url=f"{served.url}/v1", api_key="none", extra_body=SMALL, max_retries=0
    )
    asked = model.with_structured_output(Person, method=method)
    assert asked.invoke("Who was Ada? Reply in JSON.") == Person(name="Ada", age=36)


CALLED: Any = {
    "tools": [{"type": "function", "name": "Person", "parameters": Person.model_json_schema()}],
    "tool_choice": {"type": "function", "name": "Person"},
}


def test_a_response_calls_the_function_that_it_has_to(client, policy):
    for choice in (CALLED["tool_choice"], "required"):
        asked = {**CALLED, "tool_choice": choice}
        made = client.responses.create(model="tpo", input="Who was Ada?", extra_body=SMALL, **asked)
        (call,) = made.output
        assert (call.type, call.name, call.status) == ("function_call", "Person", "completed")
        assert json.loads(call.arguments) == {"name": "Ada", "age": 36}
        assert made.tool_choice.to_dict() == CALLED["tool_choice"]
        assert client.responses.retrieve(made.id).output == made.output


def test_what_a_called_function_returned_is_answered(client, policy):
    made = client.responses.create(model="policy", input="Who was Ada?", **CALLED)
    (call,) = made.output
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "known"}
    before: Any = {"type": "item_reference", "id": call.id}
    ways: list[dict[str, Any]] = [
        {"input": [result], "previous_response_id": made.id},
        {"input": [{"role": "user", "content": "Who was Ada?"}, before, result]},
        {"input": [{"role": "user", "content": "Who was Ada?"}, call.to_dict(), result]},
    ]
    for way in ways:
        client.responses.create(model="policy", **way)
        asked, called, known = policy.asked[-1].body["messages"]
        assert (asked["role"], known["role"]) == ("user", "tool")
        assert known["tool_call_id"] == called["tool_calls"][0]["id"] == call.call_id
        assert called["tool_calls"][0]["function"]["name"] == "Person"
    go_on: dict[str, Any] = {"input": "And then?", "previous_response_id": made.id}
    client.responses.create(model="policy", **go_on)
    roles = [one["role"] for one in policy.asked[-1].body["messages"]]
    assert roles == ["user", "assistant", "user"]
    nothing: Any = {"input": [{"type": "reasoning", "id": "rs_1", "summary": []}]}
    with pytest.raises(openai.BadRequestError):
        client.responses.create(model="policy", previous_response_id=made.id, **nothing)


def test_a_response_streams_the_call(client):
    asked: Any = {"model": "tpo", "input": "Who was Ada?", "extra_body": SMALL, **CALLED}
    with client.responses.stream(**asked, reasoning={"summary": "auto"}) as stream:
        kinds = {event.type.removeprefix("response.") for event in stream}
        steps, call = stream.get_final_response().output
    assert {"function_call_arguments.delta", "function_call_arguments.done"} <= kinds
    assert "output_text.delta" not in kinds
    assert (steps.type, json.loads(call.arguments)) == ("reasoning", {"name": "Ada", "age": 36})


def test_the_ai_sdk_s_texts_objects_and_calls(served):
    if not (PACKAGES / "ai").exists():
        pytest.skip("the packages of tests/js are not installed: make test")
    said = json.loads(node("ai_sdk.mjs", TPO_V1=f"{served.url}/v1"))
    for answers in said.values():
        assert answers["kinds"] == ["reasoning-delta", "text-delta"]
        assert answers["objects"] == [{"name": "Ada", "age": 36}] * 4
    assert len(said) == 2  # /v1/responses, /v1/chat/completions
