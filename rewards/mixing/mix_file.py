"""A mix of rewards from a TOML file.

For instance::

    length_penalty = 0.1            # reward per 1,000 characters
    hedge = 1.0                     # standard errors taken off where the parts disagree
    constraints = ["verify:json:schema.json"]

    [[parts]]
    reward = "vllm:http://127.0.0.1:8000"
    weight = 1.0
    z = true                        # in standard deviations of round 0

Paths in it are relative to where the program runs.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...core.errors import ConfigError, evidence
from ...core.explain_file import Keys, explain_file
from ..base import Reward
from ..planned_reward import PlannedReward
from .mix import Mix, Part

_A_MIX = re.compile(r"\s*(?:cached:\s*)*mix:")
Resolve = Callable[[str], PlannedReward | Reward]


class _PartFile(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    reward: str
    weight: float = 1.0
    z: bool = False


class _MixFile(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    parts: list[_PartFile] = Field(min_length=1)
    constraints: list[str] = []
    length_penalty: float = 0.0
    hedge: float = 0.0


_KEYS: Keys = {"": _MixFile, "parts": _PartFile}


def mix_from_file(path: str, resolve: Resolve) -> Mix:
    """Read a mix file.

    Args:
        path: The TOML file.
        resolve: Turns the spec of a part into a reward.

    Raises:
        ConfigError: the file is missing, no TOML, or has wrong entries; it is named.
    """
    read = _mix_file(path)
    try:
        return Mix(
            parts=tuple(Part(resolve(p.reward), p.weight, p.z) for p in read.parts),
            constraints=tuple(resolve(c) for c in read.constraints),
            length_penalty=read.length_penalty,
            title=f"mix:{Path(path).stem}",
            hedge=read.hedge,
        )
    except ConfigError as error:
        raise ConfigError(f"mix file {path}: {error}") from None


def specs_in_mix(path: str) -> list[str]:
    """Return the specs of parts and constraints that a mix file names.

    Raises:
        ConfigError: the file is missing, no TOML, or has wrong entries; it is named.
    """
    read = _mix_file(path)
    return [*(part.reward for part in read.parts), *read.constraints]


def _mix_file(path: str) -> _MixFile:
    try:
        text = Path(path).read_text(encoding="utf-8")
        read = _MixFile.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise ConfigError(f"mix file {path}: {explain_file(error, _KEYS)}") from None
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"mix file {path!r} cannot be read: {evidence(error)}; "
            "give the path of a TOML file with parts"
        ) from None
    for spec in (*(part.reward for part in read.parts), *read.constraints):
        if _A_MIX.match(spec):  # it might name itself
            raise ConfigError(f"mix file {path}: {spec!r} is a mix: name its parts here instead")
    return read
