"""What the screen knows of a run: a value, and the function that takes in one event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...core.pool import best
from ...core.state import Candidate, Round
from ...core.usage import Cost, Phase, cost

FIRST: tuple[Phase, ...] = ("sample", "rank")
LATER: tuple[Phase, ...] = ("loss", "gradient", "update", "rank")


@dataclass(frozen=True)
class View:
    """A run as it is shown.

    Attributes:
        notices: What the person must know, in sentences.
        phase: What is being done, or `None` before the first request and after the last.
        cycle: The round on the screen. Unlike the events' `round` it begins with the loss.
        since: Working seconds at which the phase began.
        spent: Seconds of the phases of this cycle that are over.
        pool: Candidates by id.
        partial: Live text of unfinished candidates, by id.
        in_flight: Requests under way.
        loss: The loss of this cycle, as far as it is written; likewise `gradient`.
        trouble: Requests that failed for good.
        paid: What the finished requests cost.
    """

    query: str = ""
    mode: str = "tpo"
    depth: int = 0
    width: int = 0
    policy: str = ""
    reward: str = ""
    notices: tuple[str, ...] = ()
    phase: Phase | None = None
    cycle: int = 0
    elapsed: float = 0.0
    since: float = 0.0
    spent: Mapping[str, float] = field(default_factory=dict)
    pool: Mapping[str, Candidate] = field(default_factory=dict)
    rounds: Mapping[int, Round] = field(default_factory=dict)
    partial: Mapping[str, str] = field(default_factory=dict)
    in_flight: frozenset[str] = frozenset()
    loss: str = ""
    gradient: str = ""
    trouble: tuple[str, ...] = ()
    paid: Cost = field(default_factory=cost)
    stopped: bool = False

    @property
    def leader(self) -> Candidate | None:
        """The best candidate so far."""
        return best(list(self.pool.values()))

    @property
    def drawn_round(self) -> int:
        """The newest round that has candidates, or will have them next."""
        newest = max((c["round"] for c in self.pool.values()), default=0)
        return max(newest, self.cycle) if self.phase in {"sample", "update"} else newest

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases of this cycle."""
        return LATER if self.cycle else FIRST
