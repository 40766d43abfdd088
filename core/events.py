"""What a run says while it works: one record per event on the `custom` stream.

Every event is plain JSON and carries `type`, `v` (version of this vocabulary),
`round` and `elapsed` (working seconds since the run began). docs/events.md is the
table for frontend authors; fields may be added, never renamed, within a version.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Literal, NotRequired

from langgraph.types import StreamWriter
from typing_extensions import TypedDict

from .failure import FailureKind
from .feedback import Check
from .gain import Gain
from .moves import Plan
from .state import Candidate, Round
from .stop_reason import StopReason
from .usage import Cost, Phase, Usage

VERSION = 1


class Event(TypedDict):
    """Fields of every event."""

    v: int
    round: int
    elapsed: float


class RunStarted(Event):
    """The input was accepted; nothing is paid yet."""

    type: Literal["tpo.run_started"]
    query: str
    mode: str
    depth: int
    width: int
    policy: str
    critic: str
    reward: str


class Notice(Event):
    """Something the person should know, in one sentence."""

    type: Literal["tpo.notice"]
    message: str


class RequestStarted(Event):
    """A request to a model goes out; a repeated attempt says so again, its text starts over."""

    type: Literal["tpo.request_started"]
    request: str
    phase: Phase
    sequences: int


class RequestFinished(Event):
    """It came back; `cost` is this request's share of the usage."""

    type: Literal["tpo.request_finished"]
    request: str
    phase: Phase
    cost: Cost


class RequestFailed(Event):
    """It failed for good; `error` says why, and `failure` is the kind."""

    type: Literal["tpo.request_failed"]
    request: str
    phase: Phase
    error: str
    failure: FailureKind


class Delta(Event):
    """A piece of text as it is written; `candidate` names whose it is."""

    type: Literal["tpo.candidate_delta", "tpo.loss_delta", "tpo.gradient_delta"]
    request: str
    candidate: str | None
    text: str


class CandidateEvent(Event):
    """A candidate is complete (or unusable: see its `error`)."""

    type: Literal["tpo.candidate"]
    candidate: Candidate


class RewardEvent(Event):
    """A candidate was scored, or scoring it failed: the fields of its `Score`.

    Sent again if the candidate leads and is rated again.
    """

    type: Literal["tpo.reward"]
    candidate: str
    reward: float | None
    error: str | None
    failure: FailureKind | None
    parts: NotRequired[dict[str, float]]
    ratings: NotRequired[list[float]]
    feedback: NotRequired[str]
    checks: NotRequired[list[Check]]


class RoundSelected(Event):
    """Best and worst of the pool were chosen; sent again if that or the held-out reward changes."""

    type: Literal["tpo.round"]
    selected: Round


class PlanEvent(Event):
    """How the next round is divided, in a run that plans; `round` is the one just ranked."""

    type: Literal["tpo.plan"]
    plan: Plan


class LossEvent(Event):
    """The textual loss: why the chosen answer beats the rejected one."""

    type: Literal["tpo.loss"]
    text: str
    index: NotRequired[int]
    """Which of several of the round it is, from 0."""


class GradientEvent(Event):
    """The textual gradient: what to change in the chosen answer."""

    type: Literal["tpo.gradient"]
    text: str
    index: NotRequired[int]
    """Which of several of the round it is, from 0."""


class Stop(Event):
    """The loop ends, and why."""

    type: Literal["tpo.stop"]
    reason: StopReason


class Final(Event):
    """The answer, what it scored and what the run cost."""

    type: Literal["tpo.final"]
    candidate: str
    answer: str
    reward: float | None
    usage: Usage
    gain: Gain | None
    """What the rounds after the first samples were worth."""


AnyEvent = (
    RunStarted
    | Notice
    | RequestStarted
    | RequestFinished
    | RequestFailed
    | Delta
    | CandidateEvent
    | RewardEvent
    | RoundSelected
    | PlanEvent
    | LossEvent
    | GradientEvent
    | Stop
    | Final
)


class Emitter:
    """Writes events of one node: adds version, round and elapsed seconds.

    Args:
        write: The runtime's stream writer.
        usage: The run's usage so far; this node's clock starts at its seconds.
        round: The round the node works on.
    """

    def __init__(self, write: StreamWriter, usage: Usage | None, round: int) -> None:
        self._write = write
        self._before = usage["total"]["seconds"] if usage else 0.0
        self.round = round
        self._start = time.monotonic()
        self._told: set[str] = set()

    @property
    def seconds(self) -> float:
        """Seconds since this node began."""
        return time.monotonic() - self._start

    @property
    def elapsed(self) -> float:
        """Working seconds since the run began."""
        return self._before + self.seconds

    def __call__(self, type: str, fields: Mapping[str, object]) -> None:
        """Emit one event of `type` (without its `tpo.` prefix)."""
        self._write(
            {
                "type": f"tpo.{type}",
                "v": VERSION,
                "round": self.round,
                "elapsed": round(self.elapsed, 3),
                **fields,
            }
        )

    def notice(self, message: str) -> None:
        """Tell the person something; the same sentence is told once per node."""
        if message not in self._told:
            self._told.add(message)
            self("notice", {"message": message})
