"""The schema of a run's answers: what is refused, before anything is paid, and at which place."""

from __future__ import annotations

import json
from itertools import islice

import pytest
from jsonschema import Draft201909Validator, Draft202012Validator, SchemaError

from tpo.core.answer_schema import MOST_CHARS, MOST_LEVELS
from tpo.core.context import Context
from tpo.core.errors import ConfigError
from tpo.core.json_answer import begun_json, json_in
from tpo.core.json_schema import violations
from tpo.core.make_context import make_context
from tpo.core.schema_faults import is_quick
from tpo.core.schema_of_schemas import checker_of

SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}


def nested(levels: int) -> dict[str, object]:
    schema: dict[str, object] = {"type": "object"}
    for _ in range(levels):
        schema = {"items": schema}
    return schema


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "intger"}, "$.type: 'intger' is not valid"),
        ({"properties": {"n": {"pattern": "("}}}, "$.properties.n.pattern: '(' is not a 'regex'"),
        ({"patternProperties": {"[": {}}}, "$.patternProperties: '[' is not a 'regex'"),
        ({"pattern": "a{99999999999999999999}"}, "$: is more than can be read"),
        ({"$ref": "https://example.com/s.json"}, "is not a part of the schema: nothing is fetched"),
        ({"$ref": "file:///etc/passwd"}, "nothing is fetched"),
        ({"items": {"$ref": "#/$defs/none"}}, "$.items.$ref: '#/$defs/none' is not a part"),
        ({"items": {"$ref": "#/required"}, "required": ["a"]}, "is not a part of the schema"),
        ({"items": {"$ref": "#/minimum"}, "minimum": 1}, "is not a part of the schema"),
        ({"items": {"$ref": "#/title/0"}, "title": "abc"}, "is not a part of the schema"),
        ({"items": {"$ref": "#/enum/0"}, "enum": [{"type": "x"}]}, "is not a part of the schema"),
        ({"properties": {"default": {"$ref": "file:///x"}}}, "nothing is fetched"),
        ({"items": {"$id": "http://x/a", "$ref": "#"}}, "only the whole schema may have one"),
        ({"$id": 5}, "$.$id: is not a text"),
        ({"$ref": "#"}, "goes round in a circle"),
        ({"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"}, "in a circle"),
        ({"items": {"not": {"$ref": "#/items"}}}, "goes round in a circle"),
        ({"$schema": "https://example.com/own"}, "$.$schema: is not a version of JSON Schema"),
        ({"minimum": float("inf")}, "it is not JSON"),
        ({"enum": [{1, 2}]}, "it is not JSON"),
        ({"description": "x" * MOST_CHARS}, "50000, 2000 and 50 are the most"),
        (nested(MOST_LEVELS), "50000, 2000 and 50 are the most"),
        ({"allOf": [True] * 2000}, "50000, 2000 and 50 are the most"),
        (3, "answer_schema: input should be a valid dict"),
        ("{", "it is not JSON"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_with_its_place(schema, said):
    with pytest.raises(ConfigError) as refused:
        make_context(None, answer_schema=schema)
    assert said in str(refused.value)
    assert str(refused.value).startswith("answer_schema: ")
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize(
    "schema",
    [
        SCHEMA,
        {"$schema": "http://json-schema.org/draft-07/schema#", **SCHEMA},
        {"$defs": {"a b": SCHEMA}, "items": {"$ref": "#/$defs/a b"}},
        {"enum": [{"$ref": "https://example.com"}, {"pattern": "("}]},  # values, not schemas
        {
            "properties": {"left": {"$ref": "#"}, "right": {"anyOf": [{"$ref": "#"}, True]}}
        },  # a tree
        {"properties": {"allOf": {"$ref": "#/properties/x"}, "x": {"title": "x"}}},
        {"properties": {"pattern": {"type": "string"}, "$ref": {"type": "string"}}},
    ],
)
def test_a_schema_that_can_be_used_is_kept_as_it_is(schema):
    assert make_context(None, answer_schema=schema).answer_schema == schema


@pytest.mark.parametrize("kind", [Draft201909Validator, Draft202012Validator])
def test_the_schema_of_schemas_in_one_piece_says_what_the_library_says(kind):
    """Every keyword with values of every kind."""
    checker = checker_of(kind)
    values = [-1, 1.5, "(", "#/a", True, [], ["a", "a"], [{"type": "x"}], {"(": {}}, {"a": ["b"]}]
    for keyword in checker.schema["properties"]:
        for value in values:
            try:
                kind.check_schema(schema := {"items": {keyword: value}})
                expected = []
            except SchemaError as error:
                expected = [(error.json_path, error.message)]
            found = islice(checker.iter_errors(schema), 1)
            assert [(one.json_path, one.message) for one in found] == expected


def test_a_form_and_a_table_hold_it_as_text():
    assert make_context(None, answer_schema=json.dumps(SCHEMA)).answer_schema == SCHEMA
    assert make_context(None, answer_schema="").answer_schema is None


def test_settings_with_a_schema_can_be_told_apart_and_written_down():
    one, same = (Context(answer_schema=json.loads(json.dumps(SCHEMA))) for _ in range(2))
    assert (hash(one), one) == (hash(same), same)
    assert one != Context(answer_schema={"type": "object"})
    assert Context(**json.loads(one.model_dump_json())) == one


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"n": 1}', '{"n": 1}'),
        (' ```json\n{"n": 1}\n``` ', '{"n": 1}'),
        ('```\n{"n": 1}', '{"n": 1}'),
        ('Here it is:\n\n```json\n{"n": 1}\n```\nDo ask.', '{"n": 1}'),
        ('{"code": "```py\\n1\\n```"}', '{"code": "```py\\n1\\n```"}'),
        ("see ```x``` there", "see ```x``` there"),
        ("```", "```"),
    ],
)
def test_an_answer_in_a_fence_is_read(text, found):
    assert json_in(text) == found


def test_a_text_that_is_still_written_only_grows():
    text, shown = '```json\n{"n": [1, 2]}\n```', ""
    for end in range(len(text) + 1):
        assert begun_json(text[:end]).startswith(shown)
        shown = begun_json(text[:end])
    assert shown == json_in(text)


def test_a_long_text_of_fences_is_read_in_a_moment():
    assert json_in("``` " * 200_000).startswith("```")


def test_what_may_take_long_is_told():
    tree = {"$defs": {"t": {"items": {"$ref": "#/$defs/t"}}}, "$ref": "#/$defs/t"}
    assert is_quick(SCHEMA, 2000)
    assert not is_quick(tree, 100)
    assert not is_quick({"pattern": "^(a+)+$"}, 10)
    assert not is_quick({"uniqueItems": True}, 10)
    assert not is_quick(SCHEMA, 1_000_000)


def test_a_schema_that_goes_round_in_a_circle_fits_nothing():
    assert violations({"$ref": "#"}, 1) == [
        ["$", "cannot be checked: the schema goes round in a circle"]
    ]
