"""A file of prices of one's own: in litellm's format, or in dollars per million tokens."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from ...core.dollars import PRICES
from ...core.errors import ConfigError, evidence
from .given_price import known_as
from .price import Price

LITELLM = {  # dollars per token
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cached": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
}


def price_in_file(model: str) -> Price | None:
    """Return the price of a model in the file that `TPO_PRICES` names; `None` if it has none.

    Raises:
        ConfigError: the file cannot be read, or its price of the model is not one.
    """
    if not (path := os.environ.get(PRICES)):
        return None
    try:
        table = _table(path, Path(path).stat().st_mtime_ns)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{PRICES}={path}: this cannot be read as prices. It must be a JSON object of models, "
            f'as {{"NAME": {{"input": 0.25, "output": 2}}}} or as litellm\'s: {evidence(error)}'
        ) from None
    found = next((table[name] for name in sorted(known_as(model), key=len) if name in table), None)
    try:
        return None if found is None else entry_price(found)
    except (TypeError, ValueError, KeyError) as error:
        raise ConfigError(f"{PRICES}={path}: {model}: this is not a price: {error!r}") from None


def entry_price(entry: object) -> Price | None:
    """Return the price that an entry of the file gives; `None` for one of litellm's without.

    Example:
        >>> entry_price({"input_cost_per_token": 2.5e-07, "output_cost_per_token": 2e-06})
        Price(input=0.25, output=2.0, cached=None, cache_write=None)
    """
    if not isinstance(entry, Mapping):
        raise TypeError(f"{entry!r} is not an object")
    if "input" in entry:
        return Price(**{name: float(entry[name]) for name in LITELLM if name in entry})
    if any(entry.get(LITELLM[name]) is None for name in ("input", "output")):
        return None
    given = {name: entry.get(theirs) for name, theirs in LITELLM.items()}
    per_million = {name: round(float(n) * 1e6, 9) for name, n in given.items() if n is not None}
    return Price(**per_million)


@lru_cache(maxsize=4)
def _table(path: str, changed: int) -> Mapping[str, object]:
    table = json.loads(Path(path).read_text(encoding="utf-8"))
    if not isinstance(table, dict):
        raise ValueError("it holds no JSON object")  # noqa: TRY004  as a broken file does
    return table
