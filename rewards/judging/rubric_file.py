"""A rubric from a TOML file, or `auto`: one whose criteria are written for each query.

For instance::

    judge = "openai:gpt-5-mini"     # else the run's policy
    one_by_one = false              # a request for each criterion
    per_query = false               # whether the judge writes more of them for each query
    source = "query"                # from what: the query, or also a "contrast" of two answers

    [[criteria]]
    name = "names the cause"
    ask = "Does it name the scattering of light as the cause?"
    weight = 2.0

    [[criteria]]
    name = "is polite"
    essential = true                # whoever fails it is ruled out

Its path is relative to where the program runs.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...core.errors import ConfigError, SpecError, evidence
from ...core.explain_file import Keys, explain_file
from ...models.policy import PolicyLike
from .contrast import Source
from .criteria import Criterion
from .query_rubric import QueryRubric
from .rubric import Rubric
from .spec_options import options_in, said

AUTO = "auto"


class CriterionFile(BaseModel):
    """One criterion as it is written."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    name: str
    ask: str = ""
    weight: float = 1.0
    essential: bool = False


class RubricFile(BaseModel):
    """A rubric as it is written."""

    model_config = ConfigDict(extra="forbid")
    criteria: list[CriterionFile] = Field(default_factory=list)
    judge: str = ""
    one_by_one: bool = False
    per_query: bool = False
    source: Source = "query"
    reasons: bool = True


KEYS: Keys = {"": RubricFile, "criteria": CriterionFile}


def rubric_named(rest: str, policy: PolicyLike) -> Rubric:
    """Return the rubric that a spec names.

    Args:
        rest: What follows `rubric:`: the TOML file; or `auto`, behind a colon who judges, and last
            `?source=contrast` (criteria from a contrast of first answers), `?reasons=0`, or both.
        policy: The run's policy, which judges if no judge is named.

    Raises:
        SpecError: there is neither, or no file is named.
        ConfigError: the file cannot be read, or has wrong entries; it is named.
    """
    if not rest:
        raise SpecError("reward 'rubric' names no file: rubric:FILE.toml, or rubric:auto")
    if rest == AUTO or rest.startswith((f"{AUTO}:", f"{AUTO}?")):
        return rubric_of(written_by(rest), policy, f"rubric {rest}")
    if option := re.search(r"[.]toml[?](\w+)=", rest):
        raise SpecError(f"in rubric:{rest} {option[1]} does not count: it stands in the file")
    file = read_rubric(rest)
    try:
        return rubric_of(file, policy, f"rubric {rest}")
    except ConfigError as error:
        named = type(error)(f"rubric file {rest}: {error}")
        raise (error if isinstance(error, SpecError) else named) from None


def written_by(rest: str) -> RubricFile:
    """Return what stands for `rubric:auto`, in place of a file.

    Raises:
        SpecError: an option is unknown, or has another value.
    """
    judge, given = options_in("rubric:auto", rest.removeprefix(AUTO), ("source", "reasons"))
    if (source := given.get("source", "contrast")) != "contrast":
        raise SpecError(f"in rubric:{rest} source is contrast, or it is left out, not {source!r}")
    return RubricFile(
        judge=judge.removeprefix(":"),
        per_query=True,
        source="contrast" if "source" in given else "query",
        reasons=said(given, True, f"rubric:{rest}"),
    )


def rubric_of(file: RubricFile, policy: PolicyLike, called: str) -> Rubric:
    """Return the rubric as it is written, judged by the policy if it names no judge.

    Raises:
        SpecError: there is neither.
        ConfigError: the criteria cannot be right.
    """
    if not (model := file.judge or policy):
        auto = called.startswith(f"rubric {AUTO}")
        names = "rubric:auto:openai:NAME" if auto else "judge = 'openai:NAME'"
        raise SpecError(f"{called} names no model to judge with: {names}")
    criteria = tuple(Criterion(**dict(one)) for one in file.criteria)
    if not file.per_query:
        return Rubric(model, criteria, file.one_by_one, reasons=file.reasons)
    return QueryRubric(model, criteria, file.one_by_one, reasons=file.reasons, source=file.source)


def read_rubric(path: str) -> RubricFile:
    """Read a rubric file.

    Raises:
        ConfigError: it is missing, no TOML, or has wrong entries; it is named.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        file = RubricFile.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise ConfigError(f"rubric file {path}: {explain_file(error, KEYS)}") from None
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"rubric file {path!r} cannot be read: {evidence(error)}; "
            "give the path of a TOML file with criteria"
        ) from None
    if not file.per_query and (file.source != "query" or not file.criteria):
        what = (
            "source: only criteria that are written have one"
            if file.criteria
            else "criteria: name one"
        )
        raise ConfigError(f"rubric file {path}: {what}, or set per_query = true")
    return file
