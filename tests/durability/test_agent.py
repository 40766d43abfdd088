"""An agent with TPOMiddleware in every kind of saver: broken off, gone on with, played again."""

from __future__ import annotations

import asyncio
from typing import Any

from scripted_agent import agent, agent_model, asked, optimised
from steps import prefer_later


async def test_broken_off_it_asks_for_the_rest_only(saver, config):
    """Cancelled while the reward scores: the draft and what was sampled are saved."""
    began, down = asyncio.Event(), asyncio.Event()

    async def reward(query: str, answer: str) -> float:
        if "first 0" not in answer:  # the draft is scored while the samples are drawn
            began.set()
            await down.wait()
        return prefer_later(query, answer)

    model = agent_model()
    app = agent(model, optimised(reward=reward), checkpointer=saver)
    run = asyncio.create_task(app.ainvoke(asked(), config))
    await asyncio.wait_for(began.wait(), 30)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    assert (len(model.asked), run.cancelled()) == (4, True)

    down.set()
    result = await app.ainvoke(None, config)
    answer = result["messages"][-1]
    assert (answer.text, answer.response_metadata["tpo"]["outcome"]) == ("better 2", "improved")
    steps = [a.step for a in model.asked]
    assert steps == ["sample"] * 4 + ["loss", "gradient", "update"]
    assert (await app.aget_state(config)).values["tpo_spent"]["requests"] == 4


async def test_played_again_from_a_checkpoint_it_is_a_new_search(saver, config):
    model = agent_model()
    app = agent(model, optimised(), checkpointer=saver)
    first = await app.ainvoke(asked(), config)
    before = [
        state
        async for state in app.aget_state_history(config)
        if state.next == ("model",) and len(state.values["messages"]) == 5
    ]
    again = await app.ainvoke(None, before[0].config)
    texts = [r["messages"][-1].text for r in (first, again)]
    assert texts == ["better 2", "better 5"]
    assert len(model.asked) == 7 + 5  # the draft and the search, not the tool turns
    assert (await app.aget_state(config)).values["tpo_spent"]["requests"] == 4  # of this branch


async def test_many_threads_at_once_do_not_mix(saver):
    """One middleware serves them all: each answer belongs to its own question."""

    async def reward(query: str, answer: str) -> float:
        assert answer.endswith(f"to {query}")
        return len(answer)

    model = agent_model(delay=0.01)
    said = iter(range(10**6))
    model.script = lambda messages, *_: f"{'so ' * (next(said) % 7)}to {messages[-1].text}"
    app = agent(model, optimised(reward=reward, depth=0), tools=[], checkpointer=saver)

    async def turn(number: int) -> None:
        place: Any = {"configurable": {"thread_id": f"thread {number}"}}
        answer = (await app.ainvoke(asked(f"question {number}"), place))["messages"][-1]
        assert answer.text.endswith(f"to question {number}")
        assert answer.response_metadata["tpo"]["outcome"] in {"improved", "kept"}

    await asyncio.gather(*[turn(number) for number in range(20)])
