"""Programmatic verifiers: 1 if an answer passes, 0 if it does not.

`rewards/specs.py` lists their specs. Your own is a function, sync or async, that takes one answer
at a time, or an object with the contract of `Reward`, which takes a batch.
"""

from __future__ import annotations

import json
import os
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from ...core.errors import ConfigError, MissingDependencyError, SpecError, evidence
from ...core.json_types import JsonObject
from ...core.login import without_login
from ...core.policy_forms import listed
from ...core.strict_json import parse_json
from ...core.user_code.contain import passes
from ..base import Reward
from ..function import FunctionReward, OwnReward, RewardFunction, as_reward
from ..planned_reward import PlannedReward
from ..specs import REWARDS
from .mathematics import MathReward

ALLOWED = "TPO_VERIFIERS"


def exact_match(query: str, answer: str, *, expected: str) -> float:
    """Return 1.0 when the answer is the expected text, blanks at its ends aside."""
    return float(answer.strip() == expected.strip())


def json_valid(query: str, answer: str, *, schema: JsonObject) -> float:
    """Return 1.0 when the answer (a fenced block counts) is JSON that fits the schema."""
    from jsonschema import Draft202012Validator

    body = answer.strip()
    if body.startswith("```"):
        body = body.split("\n", 1)[-1].rsplit("```", 1)[0]
    try:
        value = parse_json(body)
    except ValueError:  # not JSON (NaN is not either), or nested without end
        return 0.0
    return float(Draft202012Validator(schema).is_valid(value))


def verifier_from_spec(rest: str) -> Reward | PlannedReward:
    """Return the verifier a spec names.

    Args:
        rest: What follows `verify:`.

    Raises:
        SpecError: malformed, not found, or an import that is not allowed.
        ConfigError: the schema cannot be read, or is not valid; a class is named, not an object.
        MissingDependencyError: the extra is not installed.
    """
    kind, _, value = rest.partition(":")
    if not value:
        valid = listed(spec for spec in REWARDS if spec.kind == "verify")
        raise SpecError(f"unknown verifier 'verify:{rest}'. Valid forms: {valid}")
    if kind == "exact":
        return _named(rest, partial(exact_match, expected=value))
    if kind == "math":
        _need("math_verify", "comparing mathematics needs math-verify")
        return MathReward(value)
    if kind == "json":
        _need("jsonschema", "checking a JSON schema needs jsonschema")
        return _named(rest, partial(json_valid, schema=_read_schema(value)))
    own = _import(kind, value)
    return as_reward(own) if isinstance(own, Reward | PlannedReward) else _named(rest, own)


def _need(module: str, said: str) -> None:
    if find_spec(module) is None:
        raise MissingDependencyError(f"{said}: pip install 'tpo[verify]'")


def _named(rest: str, function: RewardFunction) -> FunctionReward:
    return FunctionReward(function, title=without_login(f"verify:{rest}"))


def _read_schema(path: str) -> JsonObject:
    try:
        schema = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"the JSON schema {path} cannot be read: {evidence(error)}") from None
    if not isinstance(schema, dict):
        raise ConfigError(f"the JSON schema {path} is not an object")
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise ConfigError(f"{path} is not a valid JSON schema: {evidence(error.message)}") from None
    return schema


def _import(module: str, name: str) -> OwnReward:
    """Import a function or an object, if the environment names it.

    A spec may come from whoever fills in a form; importing what it says would let them
    run any code. So the process's owner lists what may be used.
    """
    allowed = [item.strip() for item in os.environ.get(ALLOWED, "").split(",")]
    if f"{module}:{name}" not in allowed:
        raise SpecError(
            f"verifier {module}:{name} is not allowed: list it in the environment, "
            f"{ALLOWED}={module}:{name}, or pass the function itself as the reward"
        )
    try:
        own: OwnReward = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise SpecError(f"verifier {module}:{name} is not there: {evidence(error)}") from None
    except BaseException as error:  # of the module itself, as it is imported
        if not isinstance(error, Exception) and passes(error):
            raise
        raise SpecError(f"verifier {module}:{name} failed: {evidence(error)}") from error
    if not callable(own) and not isinstance(own, Reward | PlannedReward):
        raise SpecError(f"{module}:{name} is not a function (query, answer) -> float")
    return own
