"""The events as JSON Schema, for frontends in other languages (docs/streaming.md)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from .events import VERSION, AnyEvent
from .json_types import JsonObject

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Untitled(GenerateJsonSchema):
    """Leaves out the titles of fields, which repeat their names."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False


def event_schema() -> JsonObject:
    """Return the JSON Schema of one event of the `custom` stream.

    Objects are open: within a version fields are only added.

    Returns:
        A schema of draft 2020-12: `oneOf` the events, by their `type`.

    Example:
        >>> mapping = event_schema()["discriminator"]["mapping"]
        >>> mapping["tpo.final"]
        '#/$defs/Final'
    """
    by_type = Annotated[AnyEvent, Field(discriminator="type")]
    adapter: TypeAdapter[AnyEvent] = TypeAdapter(by_type)
    schema = adapter.json_schema(mode="serialization", schema_generator=_Untitled)
    head = {"$schema": DIALECT, "title": "TPO event", "description": f"Version {VERSION}."}
    return {**head, **schema}
