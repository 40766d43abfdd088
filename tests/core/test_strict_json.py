"""JSON from outside: what would break whoever reads it again is refused."""

from __future__ import annotations

import pytest

from tpo.core.strict_json import parse_json


@pytest.mark.parametrize(
    "text",
    ["1e400", "-1e400", "[1, {\"a\": 1e999}]", "NaN", "Infinity", "-Infinity", "1" + "0" * 400],
)  # fmt: skip
def test_numbers_that_no_float_holds(text):
    with pytest.raises(ValueError, match=r"too large|not a JSON number"):
        parse_json(text)
    with pytest.raises(ValueError, match=r"too large|not a JSON number"):
        parse_json(text.encode())


def test_depth():
    assert parse_json("[" * 100 + "]" * 100)
    for levels in (101, 5000, 200_000):
        with pytest.raises(ValueError, match="nested"):
            parse_json("[" * levels + "]" * levels)
        with pytest.raises(ValueError, match="nested"):
            parse_json('{"a":' * levels + "1" + "}" * levels)


def test_half_a_character_becomes_the_sign_for_a_broken_one():
    text = r'{"\ud83d": ["\ud83d\ude00", "a\uDE00\ud83d", "\\ud83d", "\""]}'
    expected = {"\ufffd": ["\U0001f600", "a\ufffd\ufffd", "\\ud83d", '"']}
    assert parse_json(text) == parse_json(text.encode()) == expected
    assert parse_json(text.encode("utf-16")) == expected
    assert parse_json('"\ud83d"'.encode("utf-8", "surrogatepass")) == "\ufffd"


def test_everything_else_is_read_as_usual():
    text = '{"a": [1, 1.5e300, -0.0, 123456789012345678901234567890, null, true, "\\u0000[{"]}'
    expected = {"a": [1, 1.5e300, -0.0, 123456789012345678901234567890, None, True, "\0[{"]}
    assert parse_json(text) == expected
    assert parse_json(text.encode("utf-16")) == expected
    assert parse_json("[" + "[],[]," * 200 + "[]]") == [[]] * 401


def test_a_key_that_is_there_twice():
    assert parse_json('{"a": 1, "a": 2}') == {"a": 2}
    with pytest.raises(ValueError, match='"a" is there twice in one object'):
        parse_json('[{"b": {"a": 1, "a": 2}}]', unique=True)
    assert parse_json('[{"a": 1}, {"a": 2}]', unique=True) == [{"a": 1}, {"a": 2}]
