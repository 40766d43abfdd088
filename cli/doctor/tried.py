"""What the moves of a search did on one task of `tpo doctor`."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.json_types import JsonObject
from ...core.moves import Move
from .mode_plans import Shown
from .several import Several
from .task import Task


@dataclass(frozen=True)
class Tried:
    """What came of one task.

    Attributes:
        task: The task.
        draft: The answer that was to be mended: the best of those that fail a check. If all
            pass, one of these, which a rewrite can only break; `None` without any.
        moves: What each move brought.
    """

    task: Task
    draft: str | None
    moves: dict[Move, Several]

    @property
    def mendable(self) -> bool:
        """Whether the draft fails a check."""
        return self.draft is not None and bool(self.task.failed(self.draft))

    def shares(self, move: Move) -> tuple[float | None, ...]:
        """Return the share of checks that each text of a move passes; `None` if it is unusable."""
        came = self.moves.get(move, Several()).texts
        return tuple(None if text is None else self.task.share(text) for text in came)

    def as_shown(self) -> Shown:
        """Return it as a forecast takes it: without rewrites of what passed already."""
        rewrite = self.shares("rewrite") if self.mendable else ()
        return Shown(self.shares("fresh"), rewrite, self.shares("advised"))

    def as_json(self) -> JsonObject:
        """Return what `--json` prints of it: for each text the share of checks that it passes."""
        draft = None if self.draft is None else self.task.share(self.draft)
        shares: JsonObject = {move: list(self.shares(move)) for move in self.moves}
        return {"task": self.task.name, "draft": draft, **shares}
