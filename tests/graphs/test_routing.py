"""Which step follows which, for every state that matters."""

from __future__ import annotations

from typing import Any

import pytest

from tpo.core.context import Context
from tpo.core.pool import summarise
from tpo.core.usage import add_usage, cost
from tpo.graphs import nodes_and_edges
from tpo.nodes.paid.run_models import GivenModels

EDGES = nodes_and_edges.edges(GivenModels(defaults=Context(depth=2)))


class Told:
    """A runtime with the settings of a run."""

    def __init__(self, context: Any) -> None:
        self.context = context


def state(nth: int = 0, *, halt: Any = None, rewards: Any = (1.0, 0.0), **paid: Any) -> Any:
    place = {"turn": 1, "round": nth, "error": None}
    pool: Any = [
        {**place, "id": f"c{i}", "index": i, "text": f"t{i}", "reward": reward}
        for i, reward in enumerate(rewards)
    ]
    usage = add_usage(None, {"turn": 1, "phase": "sample", "cost": cost(**paid)})
    return {
        "turn": 1, "round": nth, "candidates": pool, "rounds": [summarise(pool, 1, nth)],
        "usage": usage, "halt": halt,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("after", "at", "knobs", "then"),
    [
        ("rank", state(), {}, "loss"),
        ("rank", state(2), {}, "finish"),
        ("rank", state(), {"depth": 0}, "finish"),
        ("rank", state(), {"mode": "best_of_n"}, "finish"),
        ("rank", state(rewards=(1.0, 1.0)), {}, "loss"),
        ("rank", state(rewards=(1.0, 1.0)), {"min_spread": 0.0}, "finish"),
        ("rank", state(rewards=(1.0, 1.0)), {"mode": "revision"}, "loss"),
        ("rank", state(), {"target_reward": 0.5}, "finish"),
        ("rank", state(), {"human_pick": True}, "choose"),
        ("rank", state(2), {"human_pick": True}, "choose"),  # a person sees the last round too
        ("choose", state(), {"human_pick": True}, "loss"),
        ("choose", state(2), {"human_pick": True}, "finish"),
        ("choose", state(halt="human"), {"human_pick": True}, "finish"),
        ("loss", state(), {}, "gradient"),
        ("loss", state(halt="critique_failed"), {}, "finish"),
        ("loss", state(output_tokens=9), {"budget_tokens": 9}, "finish"),
        ("gradient", state(), {}, "update"),
        ("gradient", state(halt="critique_failed"), {}, "finish"),
        ("gradient", state(seconds=9), {"budget_seconds": 9}, "finish"),
        ("gradient", state(requests=3), {"budget_requests": 4}, "update"),
    ],
)
def test_the_next_step(monkeypatch, after, at, knobs, then):
    monkeypatch.setattr(nodes_and_edges, "get_runtime", lambda kind: Told(Context(**knobs)))
    assert EDGES[after].next_step(at) == then


def test_without_a_context_the_defaults_of_the_graph_decide(monkeypatch):
    monkeypatch.setattr(nodes_and_edges, "get_runtime", lambda kind: Told(None))
    assert EDGES["rank"].next_step(state(1)) == "loss"
    assert EDGES["rank"].next_step(state(2)) == "finish"


@pytest.mark.parametrize(
    ("after", "halt", "then"),
    [
        ("rank", None, "loss"),
        ("choose", None, "loss"),
        ("choose", "human", "finish"),
        ("loss", None, "gradient"),
        ("loss", "critique_failed", "finish"),
        ("gradient", None, "update"),
    ],
)
def test_a_state_edited_by_hand_has_no_runtime_yet(monkeypatch, after, halt, then):
    monkeypatch.setattr(nodes_and_edges, "get_runtime", lambda kind: None)
    assert EDGES[after].next_step(state(2, halt=halt)) == then
