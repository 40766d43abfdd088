"""Whatever goes wrong in a search, the agent answers with its draft and says why."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl
from scripted_agent import agent, agent_model, asked, optimised
from steps import prefer_later

THREAD: Any = {"configurable": {"thread_id": "t"}}


def down(query: str, answer: str) -> float:
    raise ConnectionError("the reward is down")


class Slow:
    name, batch_size, notice = "slow", None, ""

    async def score(self, messages: Any, answers: Any) -> Any:
        await asyncio.sleep(60)


@pytest.fixture(params=[False, True], ids=["async", "sync"])
def answer(request: Any) -> Any:
    """Return what runs an agent with our middleware, in sync or async, and its last message."""

    async def run(model: Any = None, **options: Any) -> Any:
        app = agent(model, optimised(**options))
        result = app.invoke(asked()) if request.param else await app.ainvoke(asked())
        return result["messages"][-1]

    return run


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"reward": down}, "the reward is down"),
        ({"reward": Slow(), "timeout": 0.01}, "no score within 0.01 s"),
        ({"reward": lambda query, answer: float("nan")}, "not a finite number"),
        ({"reward": lambda query, answer: 1 / 0}, "division by zero"),
        ({"policy": "openai:gpt-5-mini"}, "API key"),
        ({"critic": "nope:nope"}, "nope"),
        ({"on_reward_failure": "degrade"}, "needs a fallback_reward"),
    ],
)
async def test_the_draft_is_the_answer_and_the_reason_is_recorded(answer, options, reason):
    message = await answer(**options)
    trace = message.response_metadata["tpo"]
    assert (message.text, trace["outcome"]) == ("first 0", "failed")
    assert reason in trace["reason"]


async def test_a_policy_that_is_down_leaves_the_draft(answer):
    away = ConnectionError("away")
    message = await answer(policy=agent_model(sample=away, loss=away))
    assert message.text == "first 0"
    trace = message.response_metadata["tpo"]
    assert trace["outcome"] == "kept"
    assert [bool(c.get("error")) for c in trace["candidates"][:3]] == [False, True, True]


@pytest.mark.parametrize("step", ["loss", "gradient", "update"])
async def test_a_search_that_breaks_off_gives_the_best_so_far(answer, step):
    message = await answer(agent_model(**{step: ConnectionError("away")}))
    assert message.text == "first 2"
    assert message.response_metadata["tpo"]["stop_reason"] in {"critique_failed", "no_update"}


async def test_a_failure_is_told_as_it_happens():
    events = [
        e async for e in agent(None, optimised(reward=down)).astream(asked(), stream_mode="custom")
    ]
    assert events[-1]["type"] == "tpo.notice"
    assert events[-1]["message"].startswith(
        "the search failed, the draft is the answer: RewardError"
    )


async def test_no_key_in_what_is_recorded():
    def leaky(query: str, answer: str) -> float:
        raise OSError("refused key sk-abcdef1234567890")

    message = (await agent(None, optimised(reward=leaky)).ainvoke(asked()))["messages"][-1]
    assert "sk-abcdef" not in str(message)


async def test_an_error_of_the_agents_own_model_is_the_agents():
    """We are no retry: what the agent raised without us, it raises with us."""
    model = agent_model(sample=ConnectionError("away"))
    for app in (agent(model), agent(model, optimised())):
        with pytest.raises(ConnectionError, match="away"):
            await app.ainvoke(asked())


@pytest.mark.parametrize("step", ["sample", "loss", "update"])
async def test_cancelled_it_stops_and_resumes(step):
    """A client that leaves cancels the run: no draft, no exception of ours, nothing lost."""
    began, go_on = asyncio.Event(), asyncio.Event()
    model = agent_model()
    usual = model.script

    class Waiting(type(model)):  # type: ignore[misc]
        async def _agenerate(self, messages: Any, *args: Any, **options: Any) -> Any:
            from scripted_model import Ask

            if not options.get("tools") and Ask(messages, 1, {}).step == step:
                began.set()
                await go_on.wait()
            return await super()._agenerate(messages, *args, **options)

    slow = Waiting(script=usual)
    app = agent(slow, optimised(), checkpointer=InMemorySaver())
    run = asyncio.create_task(app.ainvoke(asked(), THREAD))
    await asyncio.wait_for(began.wait(), 10)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    before = len(slow.asked)
    go_on.set()
    result = await app.ainvoke(None, THREAD)
    assert result["messages"][-1].text.startswith("better")
    steps = [a.step for a, tools in zip(slow.asked, slow.bound, strict=True) if not tools]
    assert steps.count("sample") == steps.count("loss") == steps.count("gradient") == 1
    assert len([tools for tools in slow.bound if tools]) == 3
    assert len(slow.asked) > before


async def test_drained_it_stops_at_a_step_and_goes_on_later():
    """A server that is shut down asks its runs to stop: the search does, and nothing is lost."""
    control = RunControl()

    async def reward(query: str, answer: str) -> float:
        control.request_drain("sigterm")
        return prefer_later(query, answer)

    model = agent_model()
    app = agent(model, optimised(reward=reward), checkpointer=InMemorySaver())
    with pytest.raises(GraphDrained):
        await app.ainvoke(asked(), THREAD, control=control)
    assert len(model.asked) == 4
    result = await app.ainvoke(None, THREAD)
    assert (result["messages"][-1].text, len(model.asked)) == ("better 2", 7)
