"""Looks at the list of events that a run sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from tpo.core.event_schema import event_schema
from tpo.core.events import VERSION, AnyEvent

Events = Sequence[dict[str, Any]]
_ADAPTER: TypeAdapter[Any] = TypeAdapter(AnyEvent)
_SCHEMA = Draft202012Validator(event_schema())


def check(events: Events) -> None:
    """Every event is one of the TypedDicts, without coercion and without unknown keys.

    And it is what the published JSON Schema says.
    """
    assert events
    for event in events:
        assert event.keys() >= {"v", "type", "round", "elapsed"}
        assert event["v"] == VERSION
        _SCHEMA.validate(event)
        # Validation drops unknown keys at every depth, so that they show as a difference.
        assert _ADAPTER.validate_python(event, strict=True) == event


def places(events: Events, kind: str, **fields: Any) -> list[int]:
    """Return where the events of a kind with these fields are."""
    return [
        i
        for i, e in enumerate(events)
        if e["type"] == f"tpo.{kind}" and all(e[k] == v for k, v in fields.items())
    ]


def only(events: Events, kind: str, **fields: Any) -> dict[str, Any]:
    """Return the one event of a kind with these fields."""
    (place,) = places(events, kind, **fields)
    return events[place]


def shown(events: Events, request: str) -> str:
    """Join the deltas of a request since it was last started."""
    start = places(events, "request_started", request=request)[-1]
    return "".join(
        e["text"]
        for e in events[start:]
        if e["type"].endswith("_delta") and e["request"] == request
    )


async def each_once(stream: AsyncIterator[Any]) -> AsyncIterator[Any]:
    """Leave out what a client has had before, told by number and content.

    `langgraph dev` sends what happens while a client joins twice: from its store and live.
    """
    known = []
    async for part in stream:
        if part.id is None or part not in known:
            known.append(part)
            yield part
