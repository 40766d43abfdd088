"""What a judge is asked for beside its verdict: why; only if somebody wants it, as it costs tokens.

Of a comparison it comes before the verdict, so that the verdict follows from it. A rating comes
first: how likely the judge finds each number counts, and after a reason it is sure of one.
"""

from __future__ import annotations

from ..core.json_types import JsonObject

WHY = "why"
WHY_OUTPUT = (
    f'the object with "{WHY}": in one or two sentences, what decides the verdict, and at '
    "which place of the text."
)


def reasoned_output(output: str, *, verdict_first: bool = False) -> str:
    """Return how to reply with a JSON object that says why, before the verdict or after it."""
    return f"{output} {'End' if verdict_first else 'Begin'} {WHY_OUTPUT}"


def reasoned_schema(schema: JsonObject, *, verdict_first: bool = False) -> JsonObject:
    """Return the schema of a verdict that says why, before the verdict or after it.

    Example:
        >>> reasoned_schema({"properties": {"rating": {}}, "required": ["rating"]})["required"]
        ['why', 'rating']
    """
    parts: list[JsonObject] = [{WHY: {"type": "string"}}, schema["properties"]]
    first, last = reversed(parts) if verdict_first else parts
    properties = {**first, **last}
    return {**schema, "properties": properties, "required": list(properties)}
