"""Rows that bring the first samples which the arms of a comparison share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ...core.pool import with_reward
from ..records import RowPool
from ..rows.row import Row
from ..rows.row_file import Rows


@dataclass(frozen=True)
class DraftedRows(Rows):
    """Rows, each with its drafts.

    Attributes:
        drafts: By the id of the row.
    """

    drafts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows."""
        for row in super().__iter__():
            yield replace(row, drafts=self.drafts.get(row.id, ()))


def drafted_rows(rows: Rows, pools: Mapping[str, RowPool], width: int) -> DraftedRows:
    """Return rows with the first samples of each as drafts.

    Args:
        rows: The rows.
        pools: The pools of the first samples.
        width: How many drafts an arm can take.
    """
    drafts = {
        id: tuple(c["text"] for c in with_reward(pool["candidates"]))[:width]
        for id, pool in pools.items()
    }
    return DraftedRows(**vars(rows), drafts=drafts)
