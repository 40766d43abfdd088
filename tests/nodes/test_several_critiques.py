"""`critiques`: a planned round has several, of the best answer against each of the worst."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from scripted_model import Ask, ScriptedModel
from steps import QUERY, prefer_later, run, says
from synthetic_run import cancel

import tpo
from tpo.core.context import Context
from tpo.core.moves import Plan
from tpo.core.planning.round_plan import next_plan
from tpo.nodes import rank

SETTINGS: dict[str, Any] = {"mode": "adaptive", "width": 4, "depth": 1, "critiques": 3}
THREAD: Any = {"configurable": {"thread_id": "1"}}


@pytest.fixture(autouse=True)
def planned(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan(fresh=0, rewrite=3, advised=1, critique=True, why="the test says so")
    monkeypatch.setattr(rank, "next_plan", lambda *_: plan)


def said_in(ask: Any, tag: str) -> str:
    return re.findall(rf"<{tag}>\n(.*?)\n</{tag}>", ask.text, re.DOTALL)[-1]


def test_each_critique_is_of_another_pair_and_each_update_is_given_one():
    model, events = says(), list[Any]()
    result = run(model, on_event=events.append, **SETTINGS)
    assert {said_in(a, "chosen_answer") for a in model.asked.of("loss")} == {"first 3"}
    against = [said_in(a, "rejected_answer") for a in model.asked.of("loss")]
    assert against == ["first 0", "first 1", "first 2"]
    assert [said_in(a, "loss") for a in model.asked.of("gradient")] == [
        "loss 0",
        "loss 1",
        "loss 2",
    ]
    given = sorted(said_in(a, "gradient") for a in model.asked.of("update"))
    assert given == ["gradient 0", "gradient 1", "gradient 2"]
    advised = next(a for a in model.asked if "Do not mention earlier answers" in a.text)
    assert said_in(advised, "gradient") == "gradient 0"  # the rewrites have had all three
    assert [c.get("critique") for c in result["candidates"]] == [None] * 4 + [0, 1, 2, 0]
    first = result["rounds"][0]
    assert (first["rejected"], first["loss"], first["gradient"]) == ("r0c0", "loss 0", "gradient 0")
    assert first["further"] == [
        {"rejected": f"r0c{n}", "loss": f"loss {n}", "gradient": f"gradient {n}"} for n in (1, 2)
    ]
    told = [(e["type"], e["index"], e["text"]) for e in events if e["type"] == "tpo.loss"]
    assert told == [("tpo.loss", n, f"loss {n}") for n in range(3)]
    assert result["usage"]["phases"]["loss"]["requests"] == 3
    assert "further" not in result["rounds"][1]


def test_updates_that_carry_out_what_they_are_told_differ_more():
    def obedient(messages: Any, index: int, seed: int | None) -> str:
        """Write in each update what its gradient asks for, and that names the worse answer."""
        ask = Ask(messages, 1, {})
        if ask.step == "loss":
            return f"Not so: {said_in(ask, 'rejected_answer')}."
        if ask.step == "gradient":
            return said_in(ask, "loss")
        if ask.step == "update":
            return f"<improved_answer>a new text. {said_in(ask, 'gradient')}</improved_answer>"
        if "Do not mention earlier answers" in ask.text:
            return "one of its own, under advice"
        return ["red lilies in May", "old boats at sea", "a dog barks", "the sky is blue"][index]

    def found(critiques: int) -> tuple[float | None, int]:
        scores = {"red": 0.0, "old": 1.0, "a d": 2.0, "the": 3.0, "a n": 4.0}
        reward = lambda query, answer: scores.get(answer[:3], 3.0)  # noqa: E731
        model = ScriptedModel(script=obedient)
        result = run(model, reward, **{**SETTINGS, "critiques": critiques})
        last = result["rounds"][1]
        return last["diversity"], last["near_copies"]

    (_, copies), (differ, none) = found(1), found(3)
    assert copies == 2  # three rewrites under one critique are one text
    assert none == 0
    assert differ is not None
    assert differ > 0.3


def test_one_critique_is_asked_and_kept_as_ever():
    several, one = says(), says()
    run(several, **{**SETTINGS, "critiques": 1})
    result = run(one, **{k: v for k, v in SETTINGS.items() if k != "critiques"})
    assert [a.text for a in several.asked] == [a.text for a in one.asked]
    assert "further" not in result["rounds"][0]
    assert not any("critique" in c for c in result["candidates"])


@pytest.mark.parametrize(("mode", "has"), [("tpo", "one per round"), ("best_of_n", "none")])
def test_the_other_modes_have_no_use_for_it_and_say_so(mode, has):
    plain, asked, events = says(), says(), list[Any]()
    run(plain, mode=mode)
    run(asked, mode=mode, critiques=3, on_event=events.append)
    assert [a.text for a in plain.asked] == [a.text for a in asked.asked]
    (told,) = [e["message"] for e in events if e["type"] == "tpo.notice"]
    assert told == f"critiques=3 is for mode=adaptive: mode={mode} has {has}"


def test_copies_and_vetoed_answers_are_nothing_to_contrast():
    def vetoing(query: str, answer: str) -> Any:
        return tpo.vetoed("first 1 is out") if answer == "first 1" else prefer_later(query, answer)

    model = says(sample=lambda k: f"first {min(k, 2)}")
    run(model, vetoing, **SETTINGS)
    assert [said_in(a, "rejected_answer") for a in model.asked.of("loss")] == ["first 0"]


@pytest.mark.parametrize(("requests", "critiques"), [(0, 3), (10, 3), (7, 2), (6, 1)])
def test_a_budget_asks_for_as_many_as_can_be_carried_out(requests, critiques):
    model = says()
    result = run(model, budget_requests=requests, **SETTINGS)
    assert len(model.asked.of("loss")) == len(model.asked.of("gradient")) == critiques
    assert len(result["rounds"]) == 2
    made = [c for c in result["candidates"] if c["round"] == 1 and not c["error"]]
    assert len([c for c in made if c["move"] != "fresh"]) >= critiques  # each is followed by one


@pytest.mark.parametrize("step", ["loss", "gradient"])
def test_what_fails_is_left_out(step):
    def fails(k: int) -> Any:
        return RuntimeError("down") if k == 0 else f"{step} {k}"

    model, events = says(**{step: fails}), list[Any]()
    result = run(model, on_event=events.append, **SETTINGS)
    first = result["rounds"][0]
    assert (first["rejected"], first[step]) == ("r0c1", f"{step} 1")
    assert [one[step] for one in first["further"]] == [f"{step} 2"]
    (told,) = [e["message"] for e in events if e["type"] == "tpo.notice"]
    assert told.startswith(f"1 of 3 requests for a {step} failed: ")
    assert [c["critique"] for c in result["candidates"][4:]] == [0, 0, 1, 1]


def test_if_all_fail_the_run_ends_as_it_does_with_one():
    result = run(says(gradient=RuntimeError("down")), **SETTINGS)
    assert result["stop_reason"] == "critique_failed"
    assert result["rounds"][0]["error"].startswith("gradient: ")
    assert result["usage"]["phases"]["gradient"]["requests"] == 3


class Stopping(ScriptedModel):
    """Never answers the second gradient, until it is told to."""

    stops: bool = True
    reached: Any = None

    async def _agenerate(self, *args: Any, **kwargs: Any) -> Any:
        result = self._result(args[0])
        if self.stops and self.asked[-1].step == "gradient" and "loss 1" in self.asked[-1].text:
            self.reached.set()
            await asyncio.Event().wait()
        return result


async def test_stopped_between_them_and_resumed_none_is_asked_for_twice():
    model = Stopping(script=says().script, reached=asyncio.Event())
    app = tpo.build_tpo(model, prefer_later).compile(checkpointer=InMemorySaver())
    context = {**SETTINGS, "live": False}
    going = asyncio.create_task(
        app.ainvoke({"messages": [("user", QUERY)]}, THREAD, context=context, durability="sync")
    )
    await asyncio.wait_for(model.reached.wait(), 30)
    for _ in range(50):  # the others are saved
        await asyncio.sleep(0.01)
    await cancel(going)
    before = len(model.asked)
    model.stops = False
    result = await app.ainvoke(None, THREAD, context=context)
    again = [said_in(a, "loss") for a in model.asked[before:] if a.step == "gradient"]
    assert again == ["loss 1"]
    assert not [a for a in model.asked[before:] if a.step == "loss"]
    assert result["usage"]["phases"]["gradient"]["requests"] == 3
    losses = [result["rounds"][0]["loss"], *(f["loss"] for f in result["rounds"][0]["further"])]
    assert losses == ["loss 0", "loss 1", "loss 2"]


def test_the_memory_of_a_run_knows_what_became_of_each():
    model = says(update=lambda k: f"<improved_answer>first {[9, 1, 2][k % 3]}</improved_answer>")
    run(model, **{**SETTINGS, "depth": 2})
    last = model.asked.of("loss")[-1].text
    assert "Round 1: the reward went from 3.00 to 9.00: it helped.\ngradient 0" in last
    assert "Round 1: the reward went from 3.00 to 1.00: it did not help.\ngradient 1" in last


def test_a_round_costs_as_many_texts_whether_it_has_critiques_or_not(monkeypatch):
    monkeypatch.undo()
    context = Context(mode="adaptive", depth=1, width=5, critiques=2)
    assert next_plan([], 1, 0, context)["fresh"] == 9  # five, and two losses and gradients
    assert context.model_copy(update={"mode": "tpo"}).critique_texts == 2
