"""The view: a pure function of the events. The screen: a pure function of the view."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from tpo.cli.report.sparklines import bar, spark
from tpo.cli.screen.apply_event import apply
from tpo.cli.screen.live_lines import LiveView
from tpo.cli.screen.run_view import View
from tpo.cli.screen.watchers import EventLines, ProgressLines
from tpo.core.state import Candidate, Round
from tpo.core.usage import cost

START = View(
    query="Name a river",
    depth=1,
    width=3,
    policy="openai:m",
    reward="shortest",
    notices=("A demo.",),
)


def event(kind: str, now: int, elapsed: float, **fields: Any) -> dict[str, Any]:
    return {"type": f"tpo.{kind}", "v": 1, "round": now, "elapsed": elapsed, **fields}


def candidate(name: str, text: str = "", error: str | None = None) -> Candidate:
    return Candidate(
        id=name,
        turn=1,
        round=int(name[1]),
        index=int(name[3]),
        text=text,
        reward=None,
        error=error,
        finish_reason="stop",
        parent_round=None,
    )


def selected(now: int, chosen: str, best: float, mean: float) -> Round:
    return Round(
        turn=1, round=now, chosen=chosen, rejected="r0c1", loss=None, gradient=None, best=best,
        mean=mean, std=0.1, spread=1.0, best_length=10, malformed=0, picked_by="reward", error=None,
        reward=best, heldout=None, ranked_by="shortest",
    )  # fmt: skip


def started(name: str, phase: str, now: int, elapsed: float) -> dict[str, Any]:
    return event("request_started", now, elapsed, request=name, phase=phase, sequences=1)


def finished(name: str, phase: str, now: int, elapsed: float) -> dict[str, Any]:
    paid = cost(requests=1, sequences=1, input_tokens=1000, output_tokens=50)
    return event("request_finished", now, elapsed, request=name, phase=phase, cost=paid)


SAMPLED = [
    started("r0c0", "sample", 0, 0.5),
    started("r0c1", "sample", 0, 0.5),
    started("r0c2", "sample", 0, 0.5),
    event("candidate_delta", 0, 1.0, request="r0c0", candidate="r0c0", text="The "),
    event("candidate_delta", 0, 1.1, request="r0c0", candidate="r0c0", text="Rhine"),
    finished("r0c0", "sample", 0, 2.0),
    event("candidate", 0, 2.0, candidate=candidate("r0c0", "The Rhine flows.")),
    finished("r0c1", "sample", 0, 3.0),
    event("candidate", 0, 3.0, candidate=candidate("r0c1", "Danube")),
]
RANKED = [
    *SAMPLED,
    event("request_failed", 0, 3.5, request="r0c2", phase="sample", error="no answer within 3 s"),
    event("candidate", 0, 3.5, candidate=candidate("r0c2", "", "failed: no answer within 3 s")),
    event("reward", 0, 4.0, candidate="r0c0", reward=2.0, error=None),
    event("reward", 0, 4.0, candidate="r0c1", reward=1.0, error=None),
    event("round", 0, 4.1, selected=selected(0, "r0c0", 2.0, 1.5)),
]
CRITICISED = [
    *RANKED,
    started("r0-loss", "loss", 0, 4.1),
    event("loss_delta", 0, 5.0, request="r0-loss", candidate=None, text="It is short"),
    finished("r0-loss", "loss", 0, 6.0),
    event("loss", 0, 6.0, text="It is short."),
    started("r0-gradient", "gradient", 0, 6.0),
    event("gradient_delta", 0, 6.5, request="r0-gradient", candidate=None, text="1. Say where"),
]
UPDATED = [
    *CRITICISED,
    finished("r0-gradient", "gradient", 0, 8.0),
    event("gradient", 0, 8.0, text="1. Say where to."),
    started("r1c0-2", "update", 1, 8.0),
]


def after(events: list[dict[str, Any]]) -> View:
    view = START
    for item in events:
        view = apply(view, item)
    return view


def screen(view: View, now: float, width: int = 80, height: int = 24) -> str:
    console = Console(file=io.StringIO(), width=width, height=height, color_system=None)
    with console.capture() as caught:
        console.print(LiveView(view, now))
    return "\n".join(line.rstrip() for line in caught.get().splitlines())


def test_what_was_written_to_check_the_answers_for_is_named():
    rounds = after(RANKED).rounds
    written = {"rubric:auto:m": [{"name": "the river", "ask": "Is it named?", "weight": 2.0}]}
    again = event("round", 0, 4.2, selected={**rounds[0], "criteria": written})
    assert "checked for the river" in screen(apply(after(RANKED), again), 5.0)
    assert "checked for" not in screen(after(RANKED), 5.0)


def test_live_text_grows_until_the_candidate_is_there():
    assert after(SAMPLED[:5]).partial == {"r0c0": "The Rhine"}
    assert after(SAMPLED[:7]).partial == {}


def test_a_repeated_attempt_starts_its_text_over():
    again = [*SAMPLED[:5], started("r0c0", "sample", 0, 1.5)]
    assert after(again).partial == {}


def test_phases_follow_the_events():
    assert after([]).phase is None
    assert after(SAMPLED).phase == "sample"
    ranked = after(RANKED)
    assert (ranked.phase, ranked.cycle, ranked.spent) == ("rank", 0, {"sample": 3.0})
    critic = after(CRITICISED)
    assert (critic.phase, critic.cycle) == ("gradient", 1)
    assert critic.spent == {"loss": 6.0 - 4.1}
    assert (critic.loss, critic.gradient) == ("It is short.", "1. Say where")
    assert after(UPDATED).phase == "update"


def test_rewards_rounds_costs_and_trouble_are_kept():
    view = after(RANKED)
    assert view.leader is not None
    assert view.leader["id"] == "r0c0"
    assert view.rounds[0]["best"] == 2.0
    assert view.paid["requests"] == 2
    assert view.paid["scores"] == 2
    assert view.trouble == ("no answer within 3 s",)
    assert view.in_flight == frozenset()


def test_further_ratings_of_an_answer_are_scores_too():
    again = {"candidate": "r0c0", "error": None, "failure": None, "reward": 4.0}
    view = apply(after(RANKED), event("reward", 0, 6.0, **again, ratings=[2.0, 5.0, 5.0]))
    assert view.pool["r0c0"]["reward"] == 4.0
    assert view.paid["scores"] == 4
    view = apply(view, event("reward", 0, 6.0, **again, ratings=[2.0, 5.0, 5.0, 4.0]))
    assert view.paid["scores"] == 5


def test_the_reducer_changes_nothing_in_place_and_ignores_what_it_does_not_know():
    before = after(SAMPLED)
    copy = dict(before.pool)
    apply(before, RANKED[-3])
    assert before.pool == copy
    assert apply(before, event("something_new", 0, 1.0)) is before


def test_screen_while_sampling():
    assert (
        screen(after(SAMPLED), 3.2)
        == """\
TPO, depth 1, width 3  policy openai:m  reward shortest
A demo.
> Name a river

round 0 of 1  ⠹ sample 2.7 s  · rank

r0c0        …  The Rhine flows.
r0c1        …  Danube
r0c2        …

3.2 s, 2 requests, 2,000 tokens in, 100 out. Ctrl-C pauses; nothing is lost."""
    )


def test_screen_while_criticising():
    assert (
        screen(after(CRITICISED), 7.0, width=90)
        == """\
TPO, depth 1, width 3  policy openai:m  reward shortest
A demo.
> Name a river

round 1 of 1  ✓ loss 1.9 s  ⠋ gradient 1.0 s  · update  · rank
best 2.00   mean 1.50   best so far r0c0 2.00

r0c0     2.00       16 chars  ██████████████████████████████████████████████████████ best
r0c1     1.00        6 chars  ▏
r0c2         ✗ failed: no answer within 3 s

loss      It is short.

gradient  1. Say where

✗ no answer within 3 s
7.0 s, 3 requests, 3,000 tokens in, 150 out. Ctrl-C pauses; nothing is lost."""
    )


def test_screen_fits_a_small_terminal():
    view = after([*UPDATED, event("loss", 0, 9.0, text="word " * 500)])
    for width, height in ((40, 10), (80, 24), (20, 6)):
        lines = screen(view, 9.0, width, height).splitlines()
        assert len(lines) <= height
        assert all(len(line) <= width for line in lines)


def test_many_candidates_are_cut():
    view = View(depth=1, width=40, phase="sample")
    shown = screen(view, 1.0, height=20)
    assert "… and" in shown
    assert len(shown.splitlines()) < 20


def test_bars_and_sparks():
    assert bar(1.0, 0.0, 2.0, 4) == "██"
    assert bar(0.0, 0.0, 2.0, 4) == "▏"
    assert bar(5.0, 5.0, 5.0, 3) == "███"
    assert spark([0.0, None, 1.0], 0.0, 1.0) == "▁ █"
    assert spark([-1e9, 0.5], 0.0, 1.0) == "▁▅"


def test_progress_lines():
    stream = io.StringIO()
    with ProgressLines(stream, START) as watch:
        for item in UPDATED:
            watch(item)  # type: ignore[arg-type]
    assert stream.getvalue().splitlines() == [
        "Note: A demo.",
        "   3.5 s  Request r0c2 failed: no answer within 3 s",
        "   4.1 s  Round 0 of 1: the best so far is r0c0 (reward 2.00), the worst r0c1 "
        "(this round: best 2.00, mean 1.50, std 0.10)",
        "   6.0 s  Round 1 of 1: loss written",
        "   8.0 s  Round 1 of 1: gradient written",
    ]


PLANNED = event("plan", 0, 4.2, plan={"why": "1 fresh answer, 2 rewrites: for a reason"})
COPIED = event("round", 0, 4.1, selected={**selected(0, "r0c0", 2.0, 1.5), "near_copies": 1})


def test_a_pipe_is_told_how_the_next_round_is_divided():
    stream = io.StringIO()
    watch = ProgressLines(stream, after(RANKED))
    watch(PLANNED)  # type: ignore[arg-type]
    said = "   4.2 s  Plan for round 1 of 1: 1 fresh answer, 2 rewrites: for a reason\n"
    assert stream.getvalue() == said


def test_near_copies_are_told_where_there_are_any():
    stream = io.StringIO()
    watch = ProgressLines(stream, after(RANKED[:-1]))
    watch(COPIED)  # type: ignore[arg-type]
    assert "std 0.10, 1 of 2 nearly copies an earlier answer)" in stream.getvalue()
    shown = screen(apply(after(RANKED), COPIED), 5.0)
    assert "round 0: 1 of 2 nearly copies an earlier answer" in shown
    assert "earlier answer" not in screen(after(RANKED), 5.0)  # saved by an older version


def test_event_lines_are_as_they_came():
    stream = io.StringIO()
    with EventLines(stream) as watch:
        watch(RANKED[0])  # type: ignore[arg-type]
    assert stream.getvalue().startswith('{"type": "tpo.request_started"')


def test_a_model_cannot_steer_the_terminal():
    evil = "\x1b]0;owned\x07 [red]hi[/red] \x9b31m :smile: " + "x" * 40
    view = after([*SAMPLED[:6], event("candidate", 0, 2.0, candidate=candidate("r0c0", evil))])
    view = apply(view, event("loss", 0, 3.0, text=evil))
    shown = screen(view, 3.0, width=120)
    assert "[red]hi[/red]" in shown
    assert ":smile:" in shown
    assert not {"\x1b", "\x07", "\x9b"} & set(shown)


def test_of_several_critiques_the_first_is_on_the_screen_and_all_are_told():
    started = {"phase": "loss", "sequences": 1}
    view = apply(START, event("request_started", 0, 1.0, request="r0-loss", **started))
    view = apply(view, event("loss_delta", 0, 1.1, request="r0-loss", candidate=None, text="It"))
    view = apply(view, event("request_started", 0, 1.2, request="r0-loss-1", **started))
    assert view.loss == "It"
    lines = io.StringIO()
    watch = ProgressLines(lines, view)
    for index in (0, 1):
        said = event("loss", 0, 1.3, text=f"loss {index}", index=index)
        view = apply(view, said)
        watch(said)
    assert view.loss == "loss 0"
    assert "loss 1 written" in lines.getvalue()
    assert "loss 2 written" in lines.getvalue()


def test_texts_of_one_request_grow_beside_each_other_and_start_over_together():
    def delta(name: str, text: str) -> dict[str, Any]:
        return event("candidate_delta", 0, 1.0, request="r0c0-2", candidate=name, text=text)

    begun = started("r0c0-2", "sample", 0, 0.5)
    view = START
    for one in (begun, delta("r0c2", "It "), delta("r0c0", "He"), delta("r0c2", "is")):
        view = apply(view, one)
    assert view.partial == {"r0c2": "It is", "r0c0": "He"}
    assert apply(view, started("r1c0-2", "update", 1, 2.0)).partial == view.partial
    assert apply(view, begun).partial == {}
