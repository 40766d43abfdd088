"""The record of a comparison: what `tpo compare` finds, what the report draws, what JSON holds.

Plain JSON. The figures of arms are over the rows that all arms answered; `left_out` says which not.
"""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from ...core.feedback import Check
from ...core.json_types import JsonObject

Equal = Literal["tokens", "texts", "requests", "dollars", "nothing"]


class CurvePoint(TypedDict):
    """Means over the rows, after one round of an arm."""

    round: int
    reward: float
    heldout: float | None
    length: float
    """Characters of the best answer."""
    tokens: float
    """Paid up to here, for each row."""
    cost_usd: float | None


class ArmSummary(TypedDict):
    """One arm over all compared rows; means, unless said otherwise."""

    name: str
    settings: JsonObject
    """What the arm was run with, as far as arms differ: mode, depth, width, policy, ..."""
    rows: int
    failed: int
    reward: float
    heldout: float | None
    accuracy: float | None
    """Share of rows that the verifier passes, if there is one."""
    length: float
    tokens: float
    texts: float
    requests: float
    seconds: float
    cost_usd: float | None
    """Dollars for each row; `None` if a price is unknown."""
    from_first: float
    """Share of answers that are one of the first samples."""
    ratings: NotRequired[float]
    """How many ratings an answer's reward is the mean of."""
    curve: list[CurvePoint]


class Difference(TypedDict):
    """`arm` minus `against`, paired by row, with a bootstrap interval clustered by query."""

    arm: str
    against: str
    measure: str
    """`reward`, `heldout`, `accuracy`, `length`, `tokens`, `cost_usd` or `seconds`."""
    mean: float
    low: float
    high: float
    """Ends of the 95 % interval."""
    rows: int
    rows_to_decide: int | None
    """How many more rows would likely decide it; `None` if it is decided, or cannot be said."""


class WinRate(TypedDict):
    """How often `arm` beats `against`; a tie counts half."""

    arm: str
    against: str
    by: str
    """`reward`, `heldout`, or the name of the judge."""
    wins: int
    ties: int
    losses: int
    rate: float
    low: float
    high: float
    length_controlled: float | None
    style_controlled: float | None


class Smaller(TypedDict):
    """What a smaller depth or width would have given, found from the stored pools."""

    arm: str
    depth: int
    width: int
    reward: float
    gain_share: float
    """Of the gain over a single sample that the full search had, 0 to 1."""
    token_share: float


class ComparedAnswer(TypedDict):
    """What one arm answered on one row."""

    text: str
    reward: float
    heldout: float | None
    passed: bool | None
    """What the verifier says, if there is one."""
    tokens: int
    cost_usd: float | None
    round: int
    """The round that the answer is from."""
    feedback: str
    checks: list[Check]
    critiques: list[str]
    """Loss and gradient of each round."""


class ComparedRow(TypedDict):
    """One row, with what each arm answered."""

    id: str
    query: str
    category: str
    answers: dict[str, ComparedAnswer]
    """By the name of the arm."""


class Comparison(TypedDict):
    """A comparison of arms on the same rows."""

    title: str
    created: str
    """ISO 8601, UTC."""
    equal: Equal
    """What the arms were given the same of."""
    arms: list[ArmSummary]
    differences: list[Difference]
    win_rates: list[WinRate]
    smaller: list[Smaller]
    recommended: str
    """The command line to run next."""
    sentences: list[str]
    """What it means, in words; the verdict first."""
    rows: list[ComparedRow]
    left_out: dict[str, str]
    """Ids of rows that were not compared, with the reason."""
    metadata: JsonObject
    """Settings, versions, seed, when."""
