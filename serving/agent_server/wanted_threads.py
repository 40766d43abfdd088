"""Which threads a search is after, as a condition of SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from ...core.json_types import JsonObject


class WantedThreads(NamedTuple):
    """Which threads are wanted."""

    owner: str | None
    """Whose; `None` stands for everyone's."""
    status: str | None = None
    metadata: JsonObject | None = None
    ids: Sequence[str] | None = None

    def condition(self) -> tuple[str, list[object]]:
        """Return the condition and its values."""
        parts: list[tuple[str, list[object]]] = [("1", [])]
        if self.owner is not None:
            parts.append(("owner = ?", [self.owner]))
        if self.status:
            parts.append(("status = ?", [self.status]))
        if self.metadata:
            parts.append(("holds(CAST(metadata AS BLOB), ?)", [json.dumps(self.metadata)]))
        if self.ids is not None:
            parts.append((f"thread_id IN ({','.join('?' * len(self.ids))})", [*self.ids]))
        texts, values = zip(*parts, strict=True)
        return " AND ".join(texts), [value for some in values for value in some]
