"""How the view changes with each event: a pure function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from ...core.events import AnyEvent
from ...core.state import NO_SCORE, Candidate, Round
from ...core.usage import Phase, add_costs, cost
from .view import View


def apply(view: View, event: AnyEvent | Mapping[str, Any]) -> View:
    """Return the view after an event; events of other kinds change nothing."""
    handler = _HANDLERS.get(event["type"])
    if handler is None:
        return view
    return handler(replace(view, elapsed=max(view.elapsed, event["elapsed"])), event)


def _enter(view: View, phase: Phase, cycle: int) -> View:
    """Begin a phase; a new cycle clears the texts of the old one."""
    if cycle > view.cycle:
        view = replace(view, cycle=cycle, spent={}, loss="", gradient="", phase=None)
    if phase == view.phase:
        return view
    spent = dict(view.spent)
    if view.phase:
        spent[view.phase] = spent.get(view.phase, 0.0) + view.elapsed - view.since
    return replace(view, phase=phase, since=view.elapsed, spent=spent)


def _run_started(view: View, event: Any) -> View:
    names = ("query", "mode", "depth", "width", "policy", "reward")
    return replace(view, **{name: event[name] for name in names})


def _notice(view: View, event: Any) -> View:
    known = event["message"] in view.notices
    return view if known else replace(view, notices=(*view.notices, event["message"]))


def _request_started(view: View, event: Any) -> View:
    critique = event["phase"] in {"loss", "gradient"}
    view = _enter(view, event["phase"], event["round"] + critique)
    partial = {k: v for k, v in view.partial.items() if k != event["request"]}
    written: dict[str, Any] = {event["phase"]: ""} if critique else {}
    return replace(view, in_flight=view.in_flight | {event["request"]}, partial=partial, **written)


def _request_over(view: View, event: Any) -> View:
    return replace(view, in_flight=view.in_flight - {event["request"]})


def _request_finished(view: View, event: Any) -> View:
    return replace(_request_over(view, event), paid=add_costs(view.paid, event["cost"]))


def _request_failed(view: View, event: Any) -> View:
    return replace(_request_over(view, event), trouble=(*view.trouble, event["error"]))


def _candidate_delta(view: View, event: Any) -> View:
    id = event["candidate"]  # noqa: A001
    return replace(view, partial={**view.partial, id: view.partial.get(id, "") + event["text"]})


def _loss_delta(view: View, event: Any) -> View:
    return replace(view, loss=view.loss + event["text"])


def _gradient_delta(view: View, event: Any) -> View:
    return replace(view, gradient=view.gradient + event["text"])


def _candidate(view: View, event: Any) -> View:
    candidate: Candidate = event["candidate"]
    partial = {k: v for k, v in view.partial.items() if k != candidate["id"]}
    view = replace(view, pool={**view.pool, candidate["id"]: candidate}, partial=partial)
    drawn = sum(c["round"] == candidate["round"] for c in view.pool.values())
    done = drawn >= view.width and not view.in_flight
    return _enter(view, "rank", view.cycle) if done else view


def _reward(view: View, event: Any) -> View:
    view = _enter(view, "rank", view.cycle)
    id = event["candidate"]  # noqa: A001
    if id not in view.pool:
        return view
    score = {name: event[name] for name in NO_SCORE if name in event}
    scored = cast("Candidate", {**view.pool[id], **score})
    paid = add_costs(view.paid, cost(scores=1))
    return replace(view, pool={**view.pool, id: scored}, paid=paid)


def _round(view: View, event: Any) -> View:
    selected: Round = event["selected"]
    view = _enter(view, "rank", selected["round"])
    return replace(view, rounds={**view.rounds, selected["round"]: selected})


def _loss(view: View, event: Any) -> View:
    return replace(view, loss=event["text"])


def _gradient(view: View, event: Any) -> View:
    return replace(view, gradient=event["text"])


def _final(view: View, event: Any) -> View:
    return replace(view, phase=None, stopped=True, paid=event["usage"]["total"])


_HANDLERS: dict[str, Callable[[View, Any], View]] = {
    "tpo.run_started": _run_started,
    "tpo.notice": _notice,
    "tpo.request_started": _request_started,
    "tpo.request_finished": _request_finished,
    "tpo.request_failed": _request_failed,
    "tpo.candidate_delta": _candidate_delta,
    "tpo.loss_delta": _loss_delta,
    "tpo.gradient_delta": _gradient_delta,
    "tpo.candidate": _candidate,
    "tpo.reward": _reward,
    "tpo.round": _round,
    "tpo.loss": _loss,
    "tpo.gradient": _gradient,
    "tpo.final": _final,
}
