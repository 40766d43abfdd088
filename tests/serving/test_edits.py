"""What a client may edit in a thread's state: what a person has reason to, and no limit with it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tpo.core.usage import cost

pytestmark = pytest.mark.loopback

CONTEXT = {"mode": "adaptive", "depth": 2, "width": 4, "seed": 7}
HUMAN = {"type": "human", "content": "Why is the sky blue?"}
RUN = {"assistant_id": "tpo", "context": CONTEXT}
LESS = {"turn": 1, "phase": "sample", "cost": cost(requests=-1000)}


class Past:
    """A thread with a finished run, and the checkpoint at which its first round was ranked."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        made = http.post("/threads", json={}).json()["thread_id"]
        self.path = f"/threads/{made}"
        self.run(input={"messages": [HUMAN]})
        history = http.get(f"{self.path}/history", params={"limit": 50}).json()
        planned = [s for s in history if s["values"].get("rounds") and s["values"]["round"] == 0]
        self.there = planned[-1]  # the newest comes first
        self.checkpoint, self.values = self.there["checkpoint"], self.there["values"]

    def run(self, **more: Any) -> httpx.Response:
        return self.http.post(f"{self.path}/runs/wait", json={**RUN, **more})

    def edit(self, values: Any, as_node: str = "rank") -> httpx.Response:
        body = {"values": values, "as_node": as_node, "checkpoint": self.checkpoint}
        return self.http.post(f"{self.path}/state", json=body)


@pytest.fixture(scope="module")
def past(serve: Any) -> Any:
    with httpx.Client(base_url=serve.url, timeout=60) as http:
        yield Past(http)


def of_round(**fields: Any) -> dict[str, Any]:
    return {"rounds": [{"turn": 1, "round": 0, **fields}]}


def of_answer(**fields: Any) -> dict[str, Any]:
    return {"candidates": [{"turn": 1, "id": "r0c0", **fields}]}


WIDE = {"fresh": 200, "rewrite": 0, "advised": 0, "critique": False, "why": "mine"}
REFUSED: list[tuple[Any, str]] = [
    ({"usage": LESS}, "usage cannot be edited"),
    ({"usage": {"turn": 1, "total": cost(), "phases": {}}}, "usage cannot be edited"),
    ({"round": -8}, "round cannot be edited"),
    ({"turn": 2}, "turn cannot be edited"),
    ({"halt": "human"}, "halt cannot be edited"),
    ({"degraded": True}, "degraded cannot be edited"),
    ({"refused": ["n"]}, "refused cannot be edited"),
    ({"answer": "Mine.", "stop_reason": "target"}, "answer cannot be edited"),
    ({"branch:to:update": None}, "branch:to:update cannot be edited"),
    ({"__pregel_tasks": []}, "__pregel_tasks cannot be edited"),
    (of_round(plan=WIDE), "may not have more texts"),
    (of_round(plan={**WIDE, "fresh": 0, "fused": 7}), "may not have more texts"),
    (of_round(plan={**WIDE, "fresh": -1}), "rounds.0.plan.fresh"),
    (of_round(plan="all"), "rounds.0.plan"),
    (of_round(further=[{"rejected": "r0c1", "loss": "a", "gradient": None}] * 9), "further"),
    (of_round(turn=2, malformed=0), "rounds cannot be added or removed"),
    (of_round(ranked_by="mine"), "ranked_by of round 0 cannot be edited"),
    (of_round(chosen="r9c9"), "there is no candidate 'r9c9'"),
    (of_answer(round=1), "round of id r0c0 cannot be edited"),
    (of_answer(reward="high"), "candidates.0.reward"),
    (of_answer(id="r0c9", round=0, text="mine"), "cannot be added or removed"),
    ({"candidates": {"__overwrite__": []}}, "cannot be added or removed"),
    ({"usage": {"__overwrite__": {}}}, "usage cannot be edited"),
]


@pytest.mark.parametrize(("edit", "says"), REFUSED)
def test_what_keeps_a_limit_or_was_measured_cannot_be_edited(past, edit, says):
    before = past.http.get(f"{past.path}/state").json()["values"]
    for said in (
        past.edit(edit),
        past.edit({**past.values, **edit}),
        past.run(command={"update": edit}, checkpoint=past.checkpoint),
        past.run(command={"resume": {}, "update": edit}),
    ):
        assert said.status_code == 422, said.text
    assert says in past.edit(edit).text
    assert past.http.get(f"{past.path}/state").json()["values"] == before


def test_a_copy_takes_no_edits_along(past):
    """LangGraph takes a list of edits there, which no check would have seen."""
    said = past.edit([[{"usage": LESS, "round": -8}, "rank"]], "__copy__")
    assert said.status_code == 422


@pytest.mark.parametrize(
    ("edit", "as_node"),
    [
        (of_answer(text="Air scatters blue.", reward=None), "sample"),
        (of_answer(reward=0.5, feedback="mine", checks=[]), "sample"),
        (of_answer(error="dropped by hand", failure="dropped", reward=None), "sample"),
        (of_round(loss="Too long."), "loss"),
        (of_round(gradient="Be brief.", by_hand=["gradient"], further=[]), "gradient"),
        (of_round(chosen="r0c1", rejected="r0c0", picked_by="human"), "rank"),
        (of_round(plan={"fresh": 1, "rewrite": 1, "advised": 1, "why": ""}, loss=""), "loss"),
        ({"messages": [{**HUMAN, "content": "And at night?"}]}, "__start__"),
        (None, "rank"),
    ],
)
def test_what_a_person_has_reason_to_edit_can_be_edited(past, edit, as_node):
    """Alone, or as forms send it: within the whole state, the rest as it is."""
    assert past.edit(edit, as_node).status_code == 200
    if edit and "messages" not in edit:
        said = past.edit({**past.values, **edit}, as_node)
        assert said.status_code == 200, said.text
        there = past.http.get(f"{past.path}/state").json()["checkpoint"]
        out = past.run(checkpoint=there).json()
        assert out["stop_reason"] == "depth"
        assert out["usage"]["total"]["requests"] > past.values["usage"]["total"]["requests"]


def test_other_channels_of_an_input_are_passed_over(past, models):
    """As the Agent Server does; they reach nothing."""
    out = past.run(input={"messages": [HUMAN], "round": -8, "usage": LESS, "halt": "human"}).json()
    assert (out["stop_reason"], len(out["rounds"])) == ("depth", 3)
    assert out["usage"]["total"]["requests"] > 0
