"""What a judge is asked for beside its verdict: why; only if somebody wants it, as it costs tokens.

It comes before the verdict, so that the verdict follows from it.
"""

from __future__ import annotations

from ..core.json_types import JsonObject

WHY = "why"
WHY_OUTPUT = (
    f'Begin the object with "{WHY}": in one or two sentences, what decides the verdict, and at '
    "which place of the text."
)


def reasoned_output(output: str) -> str:
    """Return how to reply with a JSON object that says why first."""
    return f"{output} {WHY_OUTPUT}"


def reasoned_schema(schema: JsonObject) -> JsonObject:
    """Return the schema of a verdict that says why first.

    Example:
        >>> reasoned_schema({"properties": {"rating": {}}, "required": ["rating"]})["required"]
        ['why', 'rating']
    """
    properties = {WHY: {"type": "string"}, **schema["properties"]}
    return {**schema, "properties": properties, "required": [WHY, *schema["required"]]}
