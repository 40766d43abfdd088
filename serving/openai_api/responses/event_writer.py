"""Writes the events of a streamed response."""

from __future__ import annotations

from dataclasses import dataclass

from ...json_response import to_json


@dataclass
class EventWriter:
    """Writes events, each with its number (local to one stream)."""

    number: int = -1

    def __call__(self, kind: str, **fields: object) -> bytes:
        """Return an event."""
        self.number += 1
        body = {"type": f"response.{kind}", "sequence_number": self.number, **fields}
        return b"event: response.%b\ndata: %b\n\n" % (kind.encode(), to_json(body))
