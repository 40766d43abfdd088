"""One run, as the log, the metrics and the spans tell of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ...core.events import AnyEvent
from ...core.paid_judges import paid_judges
from ..guard.run_account import MEASURES, RunAccount, amounts_of
from .metrics import Metrics
from .phase_clock import PhaseClock
from .request_record import CURRENT, Failure, RequestRecord, sentence_for_log
from .spans import Spans

Door = Literal["v1", "threads"]
Outcome = Literal["success", "paused", "error", "timeout", "cancelled", "stopped"]


@dataclass
class RunRecord:
    """What is known of a run while it works.

    Attributes:
        metrics: Of the server.
        tracing: Makes its spans.
        account: What it uses; it takes the events first.
        id: Of the run.
        door: Where it came in: `v1` or `threads`.
        model: The name it was asked by.
        thread: Its thread, if it has one.
        waited: Seconds before its turn came.
        request: The request that began it; none if a restart did.
    """

    metrics: Metrics
    tracing: Spans
    account: RunAccount
    id: str
    door: Door
    model: str
    thread: str = ""
    waited: float = 0.0
    request: RequestRecord | None = field(default_factory=CURRENT.get)
    mode: str = ""
    query: str = ""
    stop_reason: str = ""
    outcome: Outcome = "paused"
    failure: Failure | None = None
    failures: Counter[str] = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        if self.request:
            self.request.run = self.id
        self.paid = dict.fromkeys(MEASURES, 0.0)
        self.spans = self.tracing.run(self.request.span if self.request else None)
        self.clock = PhaseClock(self._begin_phase, self._end_phase)

    def take(self, event: AnyEvent) -> None:
        """Take an event of the run: for its account, and for what is told of it."""
        self.account.take(event)
        self.clock.take(event)
        if failed := failed_part(event):
            self._failed(*failed)
        match event["type"]:
            case "tpo.run_started":
                self.mode, self.query = event["mode"], event["query"]
                if self.request:
                    self.request.query = self.query
            case "tpo.request_finished":
                self._pay(event["phase"], amounts_of(event["cost"]))
            case "tpo.stop":
                self.stop_reason = event["reason"]
            case "tpo.final":  # what neither events nor steps told of
                rest = {name: self.account.paid[name] - self.paid[name] for name in MEASURES}
                self._pay("rank", {name: max(0.0, amount) for name, amount in rest.items()})
                self.outcome = "success"

    def take_step(self, updates: Mapping[str, object]) -> None:
        """Take what steps of the run write, by their names: a run may end before its sum is told.

        Only what they have paid judges is counted, and only by steps of this process.
        """
        for written in () if "__metadata__" in updates else updates.values():
            for amounts in map(amounts_of, paid_judges(written)):
                self.account.add(amounts)
                self._pay("rank", amounts)

    def fail(self, outcome: Outcome, kind: str, sentence: str) -> None:
        """Remember why it failed."""
        self.outcome = outcome
        self.failure = Failure(kind, sentence_for_log(sentence, self.query))

    def _pay(self, phase: str, amounts: dict[str, float]) -> None:
        self.paid = {name: self.paid[name] + amounts[name] for name in MEASURES}
        self.metrics.pay(phase, amounts)

    def _failed(self, where: str, kind: str, sentence: str) -> None:
        self.failures[kind] += 1
        self.metrics.errors.labels(where, kind).inc()
        if not self.failure:  # stays, unless the run itself fails
            self.failure = Failure(kind, sentence_for_log(sentence, self.query))

    def _begin_phase(self, phase: str) -> None:
        self._phase, self._phase_began = phase, time.monotonic()
        self.spans.begin(phase)

    def _end_phase(self) -> None:
        seconds = time.monotonic() - self._phase_began
        self.metrics.phase_seconds.labels(self._phase).observe(seconds)
        self.spans.end()


COUNTED: Mapping[str, Callable[[RunRecord, Any], None]] = {
    "custom": RunRecord.take,
    "updates": RunRecord.take_step,
}
"""The modes of a stream by which it is counted what a run costs, and what takes their parts."""


def failed_part(event: AnyEvent) -> tuple[str, str, str] | None:
    """Return where something failed, its kind and its sentence, if an event tells of that."""
    match event["type"]:
        case "tpo.request_failed":
            return "model", event["failure"], event["error"]
        case "tpo.candidate" if event["candidate"]["error"]:
            kind = event["candidate"].get("failure") or "failed"
            return "candidate", kind, event["candidate"]["error"]
        case "tpo.reward" if event["error"]:
            return "reward", event["failure"] or "unscored", event["error"]
    return None
