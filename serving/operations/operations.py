"""What a server tells the one who runs it: its log, its metrics and its spans, in one place."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from langgraph.errors import GraphDrained
from starlette.exceptions import HTTPException

from ...core.errors import TPOError, evidence
from ...core.json_types import JsonObject
from ..error_responses import refusal_of
from ..guard.run_account import RunAccount
from .log_lines import OURS
from .metrics import Metrics
from .request_record import shown_name
from .run_record import Door, RunRecord
from .spans import Spans

log = logging.getLogger("tpo.serving.runs")
LOUD = {"error", "timeout"}
CUT_OFF = "server_stopping"  # the kind of a refusal; a revoked key ends runs with it too


class Operations:
    """Watches the runs of a server.

    Args:
        spans: Where spans go; by default nowhere.

    Attributes:
        metrics: Of the server.
        draining: Whether it is stopping.
        at_work: Runs of threads that are at work.
    """

    def __init__(self, spans: Spans | None = None) -> None:
        self.metrics, self.spans = Metrics(), spans or Spans()
        self.draining = False
        self.at_work = 0

    def begun(self, account: RunAccount, id: str, door: Door, model: str) -> RunRecord:
        """Return the record of a run that begins."""
        return RunRecord(self.metrics, self.spans, account, id, door, model)

    @contextmanager
    def watched(self, run: RunRecord) -> Iterator[RunRecord]:
        """Watch a run to its end: whatever it raises is told, and raised again."""
        running = self.metrics.running.labels(run.door)
        running.inc()
        self.at_work += run.door == "threads"
        try:
            yield run
        except (asyncio.CancelledError, GeneratorExit):
            run.outcome = "stopped" if self.draining else "cancelled"
            raise
        except GraphDrained:
            run.outcome = "stopped"
            raise
        except Exception as error:
            kind, sentence = kind_and_sentence(error)
            if kind == CUT_OFF:  # by us: no failure of the run
                run.outcome = "stopped" if self.draining else "cancelled"
            else:
                run.fail("error", kind, sentence)
            raise
        finally:
            running.dec()
            self.at_work -= run.door == "threads"
            run.clock.close()
            self._tell(run)

    def _tell(self, run: RunRecord) -> None:
        seconds, failure = time.monotonic() - run.began, run.failure
        known = run.mode or "unknown"
        kinds = (run.door, known, run.outcome, run.stop_reason or "none")
        self.metrics.runs.labels(*kinds).inc()
        self.metrics.run_seconds.labels(known).observe(seconds)
        if run.door == "threads":
            self.metrics.wait_seconds.observe(run.waited)
        if failure and run.outcome in LOUD:
            self.metrics.errors.labels("run", failure.kind).inc()
        about = {"run": run.id, "door": run.door, "mode": run.mode, "outcome": run.outcome}
        about["stop_reason"] = run.stop_reason
        run.spans.close(
            {**about, **run.paid}, failure.kind if failure and run.outcome in LOUD else ""
        )
        level = logging.WARNING if run.outcome in LOUD else logging.INFO
        log.log(level, "run", extra={"fields": fields_of_run(run, seconds)})


def fields_of_run(run: RunRecord, seconds: float) -> JsonObject:
    """Return what the log says of a run."""
    return {
        "run": run.id,
        "request": run.request.id if run.request else "",
        "thread": run.thread,
        "key": shown_name(run.account.owner),
        "model": run.model,
        "mode": run.mode,
        "status": run.outcome,
        "stop_reason": run.stop_reason,
        "seconds": round(seconds, 3),
        "waited": round(run.waited, 3) or None,
        "requests": int(run.paid["requests"]),
        "tokens": int(run.paid["tokens"]),
        "usd": round(run.paid["usd"], 6) or None,
        "failures": dict(run.failures),
        "failure": run.failure.kind if run.failure else "",
        "why": run.failure.sentence if run.failure else "",
    }


def kind_and_sentence(error: Exception) -> tuple[str, str]:
    """Return the kind of an error and a sentence that quotes no prompt."""
    if isinstance(error, TPOError | HTTPException | TimeoutError):
        refusal = refusal_of(error)
        return refusal.code or refusal.kind, str(error) or refusal.detail
    return "unexpected", evidence(error) if isinstance(error, OURS) else type(error).__name__
