"""The records of a batch folder, one JSON object per line: `results.jsonl` and `pools.jsonl`.

Plain JSON like the state (core/state.py). Comparisons, reports and exports read these files and
nothing else, so a folder can be moved, merged and read without the database of its runs.
"""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from ..core.json_types import JsonObject
from ..core.state import Candidate, Round, StopReason
from ..core.usage import Phase, Usage

RESULTS = "results.jsonl"
POOLS = "pools.jsonl"
METADATA = "metadata.json"
PARTS = "parts"  # of a batch on a cluster: a folder like this one for some of its rows each


class RowError(TypedDict):
    """Why a row has no answer."""

    kind: str
    """The name of the error's class, such as `PolicyError`."""
    message: str


class RoundFigures(TypedDict):
    """What one round came to; the fields are those of `Round`."""

    round: int
    best: float | None
    mean: float | None
    reward: float | None
    """Reward of the best answer so far."""
    best_length: int | None
    heldout: float | None


class RowResult(TypedDict):
    """One line of `results.jsonl`: what became of one row."""

    id: str
    input: JsonObject
    """The row as it was read, all its columns."""
    messages: list[JsonObject]
    """What was asked: `{"role", "content"}` each."""
    answer: str | None
    reward: float | None
    heldout: float | None
    """What the held-out reward gives the answer, if there is one."""
    stop_reason: StopReason | None
    rounds: list[RoundFigures]
    usage: Usage | None
    """What was paid, also if the row failed; dollars are in `usage["total"]["cost_usd"]`."""
    seconds: float
    error: RowError | None
    thread_id: str


class PaidRequest(TypedDict):
    """One request of a row, so that a part of a run can be priced."""

    phase: Phase
    round: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    texts: int
    cost_usd: NotRequired[float | None]


class RowPool(TypedDict):
    """One line of `pools.jsonl`: all candidates and rounds of one row, in the order they came."""

    id: str
    candidates: list[Candidate]
    rounds: list[Round]
    requests: list[PaidRequest]
