"""Values of a row as JSON has them, whatever a table or a caller gives."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from langchain_core.messages import BaseMessage

from ...core.message_json import plain_message


def json_form(value: object) -> Any:
    """Return a value as JSON can hold it.

    Not-a-number, which tables use for a missing value, becomes `None`; what JSON has no form for
    becomes text, and so does infinity.

    Example:
        >>> json_form({"level": float("nan"), "far": float("inf"), "some": (1, True)})
        {'level': None, 'far': 'inf', 'some': [1, True]}
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else str(value)
    if isinstance(value, Mapping):
        return {str(name): json_form(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [json_form(one) for one in value]
    return plain_message(value) if isinstance(value, BaseMessage) else str(value)
