"""docs/events.schema.json: what frontends in other languages generate their types from."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
import synthetic_task
from event_log import check
from jsonschema import Draft202012Validator
from scripted_model import ScriptedModel

from tpo.core.event_schema import event_schema

SCHEMA = Draft202012Validator(event_schema())


def test_the_published_schema_is_this_one_snapshot(snapshot):
    Draft202012Validator.check_schema(event_schema())
    snapshot("../../docs/events.schema.json", json.dumps(event_schema(), indent=1) + "\n")


@pytest.fixture
async def events(told) -> Any:
    """A run with a failed request, a malformed update and a reward that is a demonstration."""

    def say(messages: Any, index: int, seed: Any) -> Any:
        said = synthetic_task.say_apart(messages, index, seed)
        if "improved_answer" not in messages[-1].text:
            return said
        failures.append(ValueError("gone"))
        return failures[0] if len(failures) == 1 else said if len(failures) == 2 else "no tags"

    failures: list[Any] = []
    knobs = {"mode": "adaptive", "sampling": "parallel", "width": 3, "seed": 3}
    return (await told(ScriptedModel(script=say), reward="heuristic", **knobs)).events


async def test_it_holds_for_every_type_of_a_real_run(events):
    check(events)
    types = set(event_schema()["discriminator"]["mapping"])
    assert {event["type"] for event in events} == types


async def test_it_refuses_what_is_no_event(events):
    by_type = {event["type"]: event for event in events}
    for event in by_type.values():
        for field in event:
            lacking = {k: v for k, v in event.items() if k != field}
            assert not SCHEMA.is_valid(lacking), (event["type"], field)
            assert not SCHEMA.is_valid({**event, field: [b"wrong"]}), (event["type"], field)
        assert not SCHEMA.is_valid({**event, "type": "tpo.unheard_of"})
    scored = copy.deepcopy(by_type["tpo.final"])
    scored["usage"]["total"]["requests"] = "seven"
    assert not SCHEMA.is_valid(scored)


async def test_fields_of_a_later_version_are_let_pass(events):
    assert all(SCHEMA.is_valid({**event, "added": 1}) for event in events)
