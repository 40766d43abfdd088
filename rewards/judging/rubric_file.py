"""A rubric from a TOML file.

For instance::

    judge = "openai:gpt-5-mini"     # else the run's policy
    one_by_one = false              # a request for each criterion

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

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...core.errors import ConfigError, evidence
from ...core.make_context import explain


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
    criteria: list[CriterionFile] = Field(min_length=1)
    judge: str = ""
    one_by_one: bool = False
    reasons: bool = True


def read_rubric(path: str) -> RubricFile:
    """Read a rubric file.

    Raises:
        ConfigError: it is missing, no TOML, or has wrong entries; it is named.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        return RubricFile.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise ConfigError(f"rubric file {path}: {explain(error)}") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"rubric file {path!r} cannot be read: {evidence(error)}") from None
