"""`with_structured_output`: the whole search goes by the schema, and its answer is parsed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage
from pydantic import BaseModel, Field
from scripted_model import ScriptedModel
from typing_extensions import TypedDict

from tpo.core.errors import ConfigError
from tpo.integrations.chat_model.chat_tpo import ChatTPO


class Answer(BaseModel):
    """An answer."""

    number: int = Field(ge=0)
    parts: list[Answer] = []


class AnswerDict(TypedDict):
    """An answer."""

    number: int


def numbers(messages: Any, index: int, seed: int | None) -> str:
    """Answer with a number where one is asked for: every third does not fit."""
    if "answer is read by a program" not in messages[-1].text:
        return "advice"
    return json.dumps({"number": -1 if index % 3 == 2 else index})


def largest(query: str, answer: str) -> float:
    return float(json.loads(answer)["number"])


def chat(script: Any = numbers, **settings: Any) -> ChatTPO:
    policy = ScriptedModel(script=script)
    return ChatTPO(policy=policy, reward=largest, **{"depth": 1, "width": 3, **settings})


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
async def test_the_search_has_the_schema_and_its_answer_is_an_object(method):
    model = chat()
    bound = model.with_structured_output(Answer, method=method, include_raw=True)
    found = await bound.ainvoke("What is 3?")
    assert found["parsed"] == Answer(number=json.loads(found["raw"].text)["number"])
    assert found["parsing_error"] is None
    trace = found["raw"].response_metadata["tpo"]
    assert len(model.policy.asked) > 3  # a search, not one call
    assert found["parsed"].number == trace["reward"]


def test_without_async_and_with_a_class_of_keys():
    assert chat().with_structured_output(AnswerDict).invoke("What is 3?")["number"] >= 0
    assert chat().with_structured_output(Answer, strict=False).invoke("?").number >= 0


async def test_a_schema_gives_a_dict():
    schema = {"type": "object", "properties": {"number": {"minimum": 0}}}  # without a title
    assert (await chat().with_structured_output(schema).ainvoke("?"))["number"] >= 0


async def test_json_mode_asks_for_an_object_and_the_parser_sees():
    def wrong(messages: Any, index: int, seed: int | None) -> str:
        return '{"number": -1}'

    bound = chat(wrong, depth=0).with_structured_output(
        Answer, method="json_mode", include_raw=True
    )
    found = await bound.ainvoke("?")
    assert isinstance(found["raw"], AIMessage)
    assert found["parsed"] is None
    assert isinstance(found["parsing_error"], OutputParserException)


@pytest.mark.parametrize(
    ("schema", "method", "said"),
    [
        (None, "json_schema", "needs a schema"),
        (Answer, "xml", "choose json_schema"),
        ({"title": "x", "type": "oject"}, "json_schema", r"\$.type: 'oject' is not valid"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_at_once(schema, method, said):
    model = chat()
    with pytest.raises(ConfigError, match=said):
        model.with_structured_output(schema, method=method)
    assert not model.policy.asked
