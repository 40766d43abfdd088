"""A JSON schema of a file as a reward."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from typing import Self

from ..caching.identity import named_with
from ..function import FunctionReward
from .json_schema import json_valid, read_schema


@dataclass(frozen=True)
class SchemaReward(FunctionReward):
    """1 if an answer is JSON that fits the schema of a file, else 0 with the violations."""

    identity: str = field(default="", kw_only=True)
    """What its kept scores depend on: the name, and the schema as it was read."""

    @classmethod
    def of_file(cls, path: str, title: str) -> Self:
        """Return the reward that goes by a file.

        Args:
            path: The file with the schema.
            title: What events and reports call it.

        Raises:
            ConfigError: it cannot be read, or is not a schema.
        """
        schema = read_schema(path)
        function = partial(json_valid, schema=schema)
        return cls(function, title, identity=named_with(title, json.dumps(schema, sort_keys=True)))
