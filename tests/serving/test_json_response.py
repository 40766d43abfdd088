"""What is sent is JSON that every program can read, whatever a state holds."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from pydantic import BaseModel

from tpo.serving.json_response import JsonResponse, to_json
from tpo.serving.sse import event


class Model(BaseModel):
    x: float = math.inf


@dataclass
class Record:
    x: float = math.nan


ENDLESS: list[Any] = []
ENDLESS.append(ENDLESS)
DEEP: list[Any] = []
for _ in range(100_000):
    DEEP = [DEEP]


def no_constant(name: str) -> None:
    raise AssertionError(f"{name} was sent")


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ({"a": [1.5, math.inf, -math.inf, math.nan]}, {"a": [1.5, None, None, None]}),
        (Model(), {"x": None}),
        ([Record()], [{"x": None}]),
        ({math.inf: 1}, {"null": 1}),
        ({7: 2, None: 3, True: 4}, {"7": 2, "null": 3, "true": 4}),
        ({("a",): math.nan, None: 3, True: 4}, {'["a"]': None, "null": 3, "true": 4}),
        ({"\0": "\0"}, {"\0": "\0"}),
        ({"\ud800": "\ud800"}, {"\ud800": "\ud800"}),
        ({3.5, math.inf}, [3.5, None]),
        (10**30, 10**30),
    ],
)  # fmt: skip
def test_it_can_be_read(value, sent):
    assert json.loads(to_json(value), parse_constant=no_constant) == sent
    assert JsonResponse(value).body == to_json(value)
    assert b"NaN" not in event("values", value)
    assert b"Infinity" not in event("values", value)


@pytest.mark.parametrize("value", [ENDLESS, {"a": DEEP}], ids=["endless", "deep"])
def test_what_has_no_end_is_cut_off(value):
    assert json.loads(to_json(value))


def test_messages_are_written_whole_where_something_beside_them_is_mended():
    state = {"messages": [HumanMessage("Why?", id="1")], "reward": math.nan}
    assert json.loads(to_json(state)) == {
        "messages": json.loads(to_json([HumanMessage("Why?", id="1")])),
        "reward": None,
    }
