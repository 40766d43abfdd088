"""Whether an answer is JSON that fits a schema, and if not, what is wrong at which place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ...core import json_schema as child
from ...core.errors import ConfigError, evidence
from ...core.json_answer import json_in
from ...core.json_schema import SHOWN, violations
from ...core.json_types import JsonObject
from ...core.schema_faults import fault_in, is_quick
from ...core.strict_json import parse_json
from ..base import Score, scored
from .checking_child import CheckingChild

SECONDS = 2.0  # of a processor, what the check of one answer may take
CHECK = CheckingChild[list[list[str]] | None](
    Path(child.__file__), "checking the form", seconds=5.0, start=20.0
)  # by the clock, on a machine that is busy
LATE = f"the form could not be checked within {SECONDS:g} s: a text in it may be too long"


async def schema_scores(schema: JsonObject, answers: Sequence[str]) -> list[Score]:
    """Return 1 for each answer (a fenced block counts) that is JSON which fits the schema, else 0.

    What may take long is checked in a process of its own, which gives way and then up if it does.
    """
    values: dict[int, object] = {}
    scores: dict[int, Score] = {}
    for place, answer in enumerate(answers):
        try:
            value = parse_json(json_in(answer))
        except ValueError as error:  # not JSON (NaN is not either), or nested without end
            scores[place] = is_no_json(error)
            continue
        if is_quick(schema, len(answer)):
            scores[place] = fits(violations(schema, value))
        else:
            values[place] = value
    while values:  # ends: each pass checks one at least
        task = {"schema": schema, "values": [*values.values()], "seconds": SECONDS}
        found = await CHECK.verdicts(task, len(values))
        for place, verdict in zip([*values], [*found, None], strict=False):
            scores[place] = fits(verdict)
            del values[place]
    return [scores[place] for place in range(len(answers))]


def json_valid(query: str, answer: str, *, schema: JsonObject) -> Score:
    """Return 1 when the answer (a fenced block counts) is JSON that fits the schema.

    Example:
        >>> json_valid("", '{"n": "1"}', schema={"properties": {"n": {"type": "integer"}}})
        {'reward': 0.0, 'error': None, 'feedback': "$.n: '1' is not of type 'integer'"}
    """
    try:
        value = parse_json(json_in(answer))
    except ValueError as error:
        return is_no_json(error)
    return fits(violations(schema, value))


def is_no_json(error: ValueError) -> Score:
    """Return the score of an answer that is not JSON."""
    return scored(0.0, f"the answer is not JSON with nothing around it: {evidence(str(error))}")


def fits(found: Sequence[Sequence[str]] | None) -> Score:
    """Return the score of an answer by what was found in it; `None` if that took too long."""
    if found is None:
        return scored(0.0, LATE)
    lines = [f"{evidence(path)}: {evidence(said)}" for path, said in found[:SHOWN]]
    return scored(float(not found), "\n".join([*lines, *["and more"] * (len(found) > SHOWN)]))


def read_schema(path: str) -> JsonObject:
    """Read a schema from a file.

    Raises:
        ConfigError: it cannot be read, or is not a schema.
    """
    try:
        schema = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"the JSON schema {path} cannot be read: {evidence(error)}; "
            "give the path of a file with a JSON schema"
        ) from None
    if not isinstance(schema, dict):
        raise ConfigError(f"the JSON schema {path} is not an object")
    if fault := fault_in(schema):
        place, said = map(evidence, fault)
        raise ConfigError(f"{path} is not a valid JSON schema: {place}: {said}")
    return schema
