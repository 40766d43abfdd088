"""When a search is made at all, with what settings, and what a conversation may spend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt
from pydantic import BaseModel
from scripted_agent import agent, agent_model, asked, optimised

import tpo


def thread(name: str = "t") -> Any:
    return {"configurable": {"thread_id": name}}


async def trace(app: Any, given: Any = None, *config: Any, **options: Any) -> dict[str, Any]:
    """Return the trace of one answer; a skipped or failed search leaves the draft."""
    answer = (await app.ainvoke(given or asked(), *config, **options))["messages"][-1]
    found: dict[str, Any] = answer.response_metadata["tpo"]
    if found["outcome"] in {"skipped", "failed"}:
        assert answer.text.startswith("first")
    return found


async def long_enough(request: Any, draft: Any) -> bool:
    return len(draft.text) > 100


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ({"min_chars": 8}, "min_chars: the draft has 7 of 8 characters"),
        ({"fraction": 0.0}, "fraction: not among the 0 of answers that are optimised"),
        ({"when": lambda request, draft: "r" not in draft.text}, "when: the predicate said no"),
        ({"when": long_enough}, "when: the predicate said no"),
        ({"when": lambda request, draft: 1 / 0}, "when: ZeroDivisionError: division by zero"),
    ],
)
async def test_an_answer_that_is_not_worth_it_costs_nothing(conditions, reason):
    model = agent_model()
    found = await trace(agent(model, optimised(**conditions)))
    assert found == {"outcome": "skipped", "reason": reason}
    assert all(model.bound)


@pytest.mark.parametrize(
    "conditions",
    [
        {"min_chars": 7},
        {"fraction": 1.0},
        {"when": lambda request, draft: request.messages[-1].type == "tool"},
    ],
)
async def test_an_answer_that_is_worth_it_is_optimised(conditions):
    assert (await trace(agent(None, optimised(**conditions))))["outcome"] == "improved"


async def test_a_fraction_is_drawn_by_seed_thread_and_question():
    async def drawn(seed: int) -> list[str]:
        app = agent(None, optimised(fraction=0.5, seed=seed), checkpointer=InMemorySaver())
        return [(await trace(app, asked(), thread(str(n))))["outcome"] for n in range(24)]

    first = await drawn(1)
    assert first == await drawn(1)
    assert first != await drawn(2)
    assert 4 <= first.count("improved") <= 20


@dataclass
class Settings:
    tpo: Any = None


class Typed(BaseModel):
    user: str = ""
    tpo: dict[str, Any] | bool = True


@pytest.mark.parametrize(
    ("schema", "given"),
    [
        (None, {"tpo": {"depth": 0, "width": 2}}),
        (None, {"user": "x", "tpo": {"depth": 0, "width": 2}}),
        (Settings, Settings({"depth": 0, "width": 2})),
        (Typed, {"tpo": {"depth": 0, "width": 2}}),
    ],
)
async def test_a_call_may_bring_its_own_settings(schema, given):
    app = agent(None, optimised(), context_schema=schema)
    assert len((await trace(app, context=given))["candidates"]) == 2
    assert len((await trace(app))["candidates"]) == 6


@pytest.mark.parametrize("given", [{"tpo": False}, Settings(False)])
async def test_a_call_may_do_without(given):
    schema = Settings if isinstance(given, Settings) else None
    found = await trace(agent(None, optimised(), context_schema=schema), context=given)
    assert found == {"outcome": "skipped", "reason": "context: switched off for this call"}


@pytest.mark.parametrize("given", [None, {}, {"tpo": None}, {"tpo": True}, {"user": "x"}])
async def test_a_context_of_something_else_changes_nothing(given):
    assert (await trace(agent(None, optimised()), context=given))["outcome"] == "improved"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"depth": 99}, "depth: input should be less than or equal to 20"),
        ({"dept": 1}, "unknown setting dept"),
        ({"policy": "openai:x@http://inside"}, "policy cannot be set for a call"),
        ({"critic": "x", "heldout": "verify:os:system"}, "critic, heldout cannot be set"),
        ("deep", r"context\['tpo'\] is str: give settings"),
    ],
)
async def test_wrong_settings_of_a_call_are_refused_before_anything_is_paid(given, said):
    model = agent_model()
    with pytest.raises(tpo.ConfigError, match=said):
        await agent(model, optimised()).ainvoke(asked(), context={"tpo": given})
    assert model.asked == []


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"depth": 99}, tpo.ConfigError, "less than or equal to 20"),
        ({"dept": 1}, tpo.ConfigError, "unknown setting dept"),
        ({"reward": "nope"}, tpo.SpecError, "unknown reward 'nope'"),
        ({"prompts": {"loss": "no placeholder"}}, tpo.PromptError, "loss"),
        ({"min_chars": -1}, tpo.ConfigError, "min_chars=-1"),
        ({"fraction": 1.5}, tpo.ConfigError, "fraction=1.5: give a share from 0 to 1"),
        ({"when": True}, tpo.ConfigError, "when=True is not a function"),
        ({"conversation_tokens": -5}, tpo.ConfigError, "conversation_tokens=-5"),
        ({"trace": "long"}, tpo.ConfigError, "trace='long'"),
        ({"policy": 3}, tpo.ConfigError, "int cannot be a policy"),
        ({"critic": "gpt"}, tpo.SpecError, "unknown policy 'gpt'. Valid forms"),
    ],
)
def test_wrong_settings_are_refused_when_it_is_made(options, error, said):
    with pytest.raises(error, match=said):
        optimised(**options)


@pytest.mark.parametrize("sync", [False, True], ids=["async", "sync"])
async def test_a_budget_is_shared_by_the_turns_of_a_thread(sync):
    """Four requests a search; the third turn has two left, the fourth none."""
    app = agent(None, optimised(conversation_requests=10), checkpointer=InMemorySaver())
    traces = []
    for turn in range(5):
        given = asked(f"Question {turn}?")
        result = app.invoke(given, thread()) if sync else await app.ainvoke(given, thread())
        traces.append(result["messages"][-1].response_metadata["tpo"])
    paid = [t["usage"]["requests"] for t in traces if "usage" in t]
    assert [t["outcome"] for t in traces][-1] == "skipped"
    assert traces[-1]["reason"] == "budget: the conversation's 10 requests are used up"
    assert paid[:2] == [4, 4]
    assert sum(paid) <= 10
    assert app.get_state(thread()).values["tpo_spent"]["requests"] == sum(paid)
    other = (
        app.invoke(asked(), thread("other"))
        if sync
        else await app.ainvoke(asked(), thread("other"))
    )
    assert other["messages"][-1].response_metadata["tpo"]["outcome"] == "improved"


@pytest.mark.parametrize(
    ("limit", "unit"),
    [({"conversation_tokens": 1}, "tokens"), ({"conversation_seconds": 1e-6}, "seconds")],
)
async def test_other_budgets_of_a_thread(limit, unit):
    app = agent(None, optimised(**limit), checkpointer=InMemorySaver())
    first = await trace(app, asked(), thread())
    assert (first["stop_reason"], len(first["rounds"])) == ("budget", 1)
    second = await trace(app, asked("And?"), thread())
    assert second["outcome"] == "skipped"
    assert second["reason"].endswith(f"{unit} are used up")


async def test_a_budget_of_one_answer_stays_below_that_of_the_thread():
    options = {"budget_requests": 1, "conversation_requests": 100}
    app = agent(None, optimised(**options), checkpointer=InMemorySaver())
    assert (await trace(app, asked(), thread()))["usage"]["requests"] == 1


async def test_a_failed_search_is_paid_from_the_budget_too():
    def fails(query: str, answer: str) -> float:
        raise OSError("the reward is down")

    app = agent(None, optimised(reward=fails), checkpointer=InMemorySaver())
    found = await trace(app, asked(), thread())
    assert (found["outcome"], found["usage"]["requests"]) == ("failed", 1)
    assert app.get_state(thread()).values["tpo_spent"]["requests"] == 1


async def test_the_predicate_may_ask_a_person():
    def when(request: Any, draft: Any) -> bool:
        return bool(interrupt(f"optimise {draft.text!r}?"))

    model = agent_model()
    app = agent(model, optimised(when=when), checkpointer=InMemorySaver())
    paused = await app.ainvoke(asked(), thread())
    assert paused["__interrupt__"][0].value == "optimise 'first 0'?"
    found = await trace(app, Command(resume=True), thread())
    assert found["outcome"] == "improved"
    assert len([tools for tools in model.bound if tools]) == 3


@pytest.mark.parametrize("kind", [SystemExit, StopIteration, KeyboardInterrupt])
@pytest.mark.parametrize("wait", [False, True])
async def test_a_predicate_that_ends_the_process_ends_its_own_call(kind, wait):
    def leave(request: Any, draft: Any) -> bool:
        raise kind("out")

    async def leave_later(request: Any, draft: Any) -> bool:
        return leave(request, draft)

    found = await trace(agent(None, optimised(when=leave_later if wait else leave)))
    assert found["outcome"] == "skipped"
    assert f"{kind.__name__}: out" in found["reason"]
