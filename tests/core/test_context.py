"""Every knob: bounds, one sentence for what is wrong, a readable form."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from tpo.core.context import Context
from tpo.core.errors import ConfigError
from tpo.core.make_context import context_with, make_context
from tpo.core.settings.parameters import parameters_by_name

SCHEMA = Context.model_json_schema()["properties"]
NUMBERS = {
    name: branch
    for name, field in SCHEMA.items()
    for branch in [field, *field.get("anyOf", [])]
    if branch.get("type") in {"integer", "number"}
}


def test_parameters_of_a_provider_are_given_by_name_or_as_they_are_typed():
    given = {"top_k": 20, "reasoning_effort": "low", "a": {"b": None}}
    context = Context(parameters=given)
    assert parameters_by_name(context.parameters) == given
    assert Context(parameters=context.parameters) == context
    assert hash(context) == hash(Context.model_validate(context.model_dump(mode="json")))
    typed = Context(parameters=["top_k=20", "reasoning_effort=low", "own=a=b"]).parameters
    assert parameters_by_name(typed) == {"top_k": 20, "reasoning_effort": "low", "own": "a=b"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["top_k"], "give NAME=VALUE, such as top_k=20"),
        ({"stop": "x"}, "stop cannot be passed on: use the setting stop_sequences"),
        ({"messages": []}, "messages cannot be passed on: TPO writes it itself"),
        ({"tool_Choice": "x"}, "tool_Choice cannot be passed on: TPO writes it itself"),
        (3, "valid tuple"),
    ],
)
def test_what_is_no_parameter_of_a_provider_is_refused(given, said):
    with pytest.raises(ConfigError, match=re.escape(said)):
        make_context(parameters=given)


@pytest.mark.parametrize(
    "name",
    [
        "api_key", "openai_api_key", "api-Key", "base_url", "openai_api_base", "endpoint_url",
        "extra_headers", "default_headers", "extra_body", "extra_query", "model_name",
        "aws_secret_access_key", "aws_session_token", "authorization", "http_client",
        "model_kwargs", "openai_proxy", "organization", "streaming", "timeout", "client_options",
    ],
)  # fmt: skip
def test_no_parameter_says_whom_a_request_goes_to_or_as_whom(name):
    with pytest.raises(ConfigError) as refused:
        make_context(parameters={name: "s3cret-value"})
    assert f"{name} cannot be passed on: it is of the connection" in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_the_defaults_are_the_papers():
    context = Context()
    assert (context.depth, context.width, context.mode) == (2, 5, "tpo")
    assert (context.temperature, context.top_p, context.max_tokens) == (0.7, 0.95, 2048)


@pytest.mark.parametrize("name", SCHEMA)
def test_every_field_is_readable_in_a_form(name):
    assert SCHEMA[name]["title"]
    assert len(SCHEMA[name]["description"]) > 10
    assert "default" in SCHEMA[name]


@pytest.mark.parametrize("name", [n for n in NUMBERS if n != "target_reward"])  # any number may be
def test_every_number_shows_its_lower_bound(name):
    assert {"minimum", "exclusiveMinimum"} & NUMBERS[name].keys()


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"depth": -1}, "depth: input should be greater than or equal to 0 (got -1)"),
        ({"depth": 21}, "depth: input should be less than or equal to 20 (got 21)"),
        ({"width": 0}, "width: input should be greater than or equal to 1 (got 0)"),
        ({"width": 257}, "width: input should be less than or equal to 256 (got 257)"),
        ({"temperature": 2.1}, "temperature: input should be less than or equal to 2 (got 2.1)"),
        ({"temperature": float("nan")}, "temperature: input should be a finite number (got nan)"),
        (
            {"target_reward": float("inf")},
            "target_reward: input should be a finite number (got inf)",
        ),
        ({"top_p": 0}, "top_p: input should be greater than 0 (got 0)"),
        ({"seed": 2**31}, "seed: input should be less than 2147483648 (got 2147483648)"),
        ({"timeout": 0}, "timeout: input should be greater than 0 (got 0)"),
        ({"clip_tokens": 31}, "clip_tokens: input should be greater than or equal to 32 (got 31)"),
        (
            {"mode": "x"},
            "mode: input should be 'tpo', 'adaptive', 'best_of_n' or 'revision' (got 'x')",
        ),
        ({"depth": 1, "width": 1.5}, "width: input should be a valid integer"),
    ],
)
def test_what_is_out_of_bounds_is_said_in_one_sentence(knobs, said):
    with pytest.raises(ConfigError) as caught:
        make_context(None, **knobs)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_several_problems_are_all_named():
    with pytest.raises(ConfigError, match=r"depth: .*; width: .*got 'many'"):
        make_context(None, depth=99, width="many")


def test_unknown_names_are_refused_with_the_valid_ones():
    with pytest.raises(ConfigError) as caught:
        make_context(None, dept=2, wdth=3)
    assert str(caught.value) == (
        "unknown setting dept, wdth. Did you mean depth and width? "
        f"Valid settings: {', '.join(Context.model_fields)}"
    )
    with pytest.raises(ValidationError, match="Valid settings: mode, depth"):
        Context(dept=2)


def test_a_context_cannot_be_changed_under_a_run():
    with pytest.raises(ValidationError):
        Context().depth = 3  # type: ignore[misc]


def test_context_with_shows_other_defaults_and_leaves_the_original():
    other = context_with("Other", mode="revision", depth=7, policy="openai:x")
    assert (other().mode, other().depth, other().policy) == ("revision", 7, "openai:x")
    shown = other.model_json_schema()["properties"]["depth"]
    assert shown == {**SCHEMA["depth"], "default": 7}
    assert Context().depth == 2
    with pytest.raises(ValidationError, match="less than or equal to 20"):
        other(depth=21)
    with pytest.raises(ValidationError, match="unknown setting dept"):
        other(dept=1)


def test_make_context_keeps_what_was_set_and_the_class():
    other = context_with("Other", mode="revision")
    changed = make_context(other(depth=3), width=2)
    assert (changed.mode, changed.depth, changed.width) == ("revision", 3, 2)
    assert make_context(Context(depth=3), depth=1).depth == 1


@pytest.mark.parametrize(("mode", "rounds"), [("tpo", 3), ("revision", 3), ("best_of_n", 0)])
def test_rounds(mode, rounds):
    assert Context(mode=mode, depth=3).rounds == rounds


@pytest.mark.parametrize("setting", ["depth", "min_spread", "temperature", "policy"])
def test_a_truth_value_is_not_a_number(setting):
    with pytest.raises(ConfigError, match=f"{setting}: True is not a value of this setting"):
        make_context(None, **{setting: True})
    assert make_context(None, live=False).live is False
