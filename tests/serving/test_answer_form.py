"""`/v1` with a form: `response_format`, and one function that has to be called."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from billing_server import BillingServer
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
