"""How the view changes with each event: a pure function."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, cast

from ...core.events import (
    AnyEvent,
    CandidateEvent,
    Delta,
    RequestFailed,
    RequestFinished,
    RequestStarted,
    RewardEvent,
    RunStarted,
)
from ...core.ratings import ratings_of
from ...core.state import NO_SCORE, Candidate
from ...core.usage import Phase, add_costs, cost
from .run_view import View


def apply(view: View, event: AnyEvent) -> View:  # noqa: C901, PLR0911, PLR0912  a line per kind
    """Return the view after an event; events of other kinds change nothing."""
    before, view = view, replace(view, elapsed=max(view.elapsed, event["elapsed"]))
    match event["type"]:
        case "tpo.run_started":
            return _run_started(view, event)
        case "tpo.notice":
            notices = dict.fromkeys((*view.notices, event["message"]))  # each of them once
            return replace(view, notices=tuple(notices))
        case "tpo.request_started":
            return _request_started(view, event)
        case "tpo.request_finished":
            return replace(_request_over(view, event), paid=add_costs(view.paid, event["cost"]))
        case "tpo.request_failed":
            return replace(_request_over(view, event), trouble=(*view.trouble, event["error"]))
        case "tpo.candidate_delta":
            return _candidate_delta(view, event)
        case "tpo.loss_delta":
            return replace(view, loss=view.loss + event["text"])
        case "tpo.gradient_delta":
            return replace(view, gradient=view.gradient + event["text"])
        case "tpo.candidate":
            return _candidate(view, event)
        case "tpo.reward":
            return _reward(view, event)
        case "tpo.round":
            selected = event["selected"]
            if selected["round"] not in view.rounds:  # else it is sent again, in a later step
                view = _enter(view, "rank", selected["round"])
            return replace(view, rounds={**view.rounds, selected["round"]: selected})
        case "tpo.plan":
            return replace(view, plan=event["plan"]["why"])
        case "tpo.loss":
            return view if event.get("index") else replace(view, loss=event["text"])
        case "tpo.gradient":
            return view if event.get("index") else replace(view, gradient=event["text"])
        case "tpo.final":
            return replace(view, phase=None, stopped=True, paid=event["usage"]["total"])
        case _:
            return before


def _enter(view: View, phase: Phase, cycle: int) -> View:
    """Enter a phase; a new cycle clears the texts of the old one."""
    if cycle > view.cycle:
        view = replace(view, cycle=cycle, spent={}, loss="", gradient="", phase=None)
    if phase == view.phase:
        return view
    spent = dict(view.spent)
    if view.phase:
        spent[view.phase] = spent.get(view.phase, 0.0) + view.elapsed - view.since
    return replace(view, phase=phase, since=view.elapsed, spent=spent)


def _run_started(view: View, event: RunStarted) -> View:
    return replace(
        view,
        query=event["query"],
        mode=event["mode"],
        depth=event["depth"],
        width=event["width"],
        policy=event["policy"],
        reward=event["reward"],
    )


def _request_started(view: View, event: RequestStarted) -> View:
    critique = event["phase"] in {"loss", "gradient"}
    view = _enter(view, event["phase"], event["round"] + critique)
    partial = {k: v for k, v in view.partial.items() if not _asked_for(event["request"], k)}
    first = critique and event["request"].endswith(event["phase"])  # not one of several more
    cleared: dict[str, Any] = {event["phase"]: ""} if first else {}
    return replace(view, in_flight=view.in_flight | {event["request"]}, partial=partial, **cleared)


def _asked_for(request: str, candidate: str) -> bool:
    """Return whether a request asks for a candidate, by its name: `r0c2`, or `r0c0-4`."""
    name = re.fullmatch(r"(r\d+)c(\d+)(?:-(\d+))?", request)
    round, _, index = candidate.partition("c")
    if not name or name[1] != round:
        return False
    return int(name[2]) <= int(index) <= int(name[3] or name[2])


def _request_over(view: View, event: RequestFinished | RequestFailed) -> View:
    return replace(view, in_flight=view.in_flight - {event["request"]})


def _candidate_delta(view: View, event: Delta) -> View:
    name = event["candidate"] or ""
    written = view.partial.get(name, "") + event["text"]
    return replace(view, partial={**view.partial, name: written})


def _candidate(view: View, event: CandidateEvent) -> View:
    candidate = event["candidate"]
    partial = {k: v for k, v in view.partial.items() if k != candidate["id"]}
    view = replace(view, pool={**view.pool, candidate["id"]: candidate}, partial=partial)
    complete = sum(c["round"] == candidate["round"] for c in view.pool.values())
    done = complete >= view.width and not view.in_flight
    return _enter(view, "rank", view.cycle) if done else view


def _reward(view: View, event: RewardEvent) -> View:
    if not view.in_flight:  # else it came early, while other answers are being written
        view = _enter(view, "rank", view.cycle)
    known = view.pool.get(event["candidate"])
    if known is None:
        return view
    score = {name: value for name, value in event.items() if name in NO_SCORE}
    scored = cast("Candidate", {**known, **score})
    again = event.get("ratings", [])
    told = [c.get("ratings") for c in view.pool.values() if c["text"] == known["text"]]
    scores = 0 if again and again in told else max(1, len(again) - len(ratings_of(known)))
    paid = add_costs(view.paid, cost(scores=scores))
    return replace(view, pool={**view.pool, known["id"]: scored}, paid=paid)
