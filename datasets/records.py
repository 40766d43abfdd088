"""The records of a batch folder, one JSON object per line: `results.jsonl` and `pools.jsonl`.

Plain JSON like the state (core/state.py). Comparisons, reports and exports read these files and
nothing else, so a folder can be moved, merged and read without the database of its runs.
"""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from ..core.json_types import JsonObject
from ..core.state import Candidate, Round
from ..core.stop_reason import StopReason
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


class TurnResult(TypedDict):
    """What became of one question of a row that asks several; the fields are those of the row."""

    answer: str
    reward: float | None
    heldout: float | None
    stop_reason: StopReason | None
    rounds: list[RoundFigures]
    usage: Usage | None
    """Of this question alone."""


class RowResult(TypedDict):
    """One line of `results.jsonl`: what became of one row.

    If the row asks several questions, answer, reward, stop reason and rounds are those of the
    last, which `messages` ends with; usage and seconds are those of all.
    """

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
    settings: NotRequired[JsonObject]
    """Those that the row brought, if any."""
    turns: NotRequired[list[TurnResult]]
    """Each question that is answered, the last one too, if the row asks several."""


class PaidRequest(TypedDict):
    """One request of a row, so that a part of a run can be priced.

    Those of the judges of a round are one record together, with the phase `rank`.
    """

    phase: Phase
    round: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    texts: int
    """Answers, losses or gradients; judges write none."""
    requests: NotRequired[int]
    """How many it stands for, if not one."""
    turn: NotRequired[int]
    """Which question of the row it belongs to; left out for the first."""
    cost_usd: NotRequired[float | None]


class TurnPool(TypedDict):
    """All candidates and rounds of one search, in the order they came."""

    candidates: list[Candidate]
    rounds: list[Round]
    requests: list[PaidRequest]


class RowPool(TurnPool):
    """One line of `pools.jsonl`: the search of one row; of several questions, that of the last."""

    id: str
    earlier: NotRequired[list[TurnPool]]
    """The searches of the questions before it, in their order."""
