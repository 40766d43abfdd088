"""What failed is asked again on resume; what was paid for is not."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import saved_run
from loopback_server import Fault, LoopbackServer, default_answer
from synthetic_run import Run, outcome, whole

import tpo
from tpo.models.live_request import request_seed

CONTEXT = tpo.Context(depth=1, width=5, seed=5, retries=0, sampling="parallel")


async def score(query: str, answer: str) -> float:
    return saved_run.score_of(answer)


def graph(server: LoopbackServer, saver: Any, reward: Any = score) -> Any:
    return tpo.build_tpo(f"openai:x@{server.base_url}", reward).compile(checkpointer=saver)


def seeds(server: LoopbackServer) -> Counter[int]:
    return Counter(asked.body["seed"] for asked in server.asked)


@pytest.mark.loopback
async def test_one_request_of_five_fails_for_good(saver, config):
    third = request_seed(CONTEXT, "sample", 0, 2)
    fault = Fault(400, times=None, when=lambda body: body["seed"] == third)
    with LoopbackServer(script=[fault]) as server:
        app = graph(server, saver)
        result = await app.ainvoke(saved_run.INPUT, config, context=CONTEXT)
        assert [c["id"] for c in result["candidates"] if c["error"]] == ["r0c2"]
        (failed,) = [c for c in result["candidates"] if c["error"]]
        assert failed["failure"] == "refused"
        assert "400" in failed["error"]
        assert (failed["text"], failed["reward"]) == ("", None)
        assert len(result["candidates"]) == 10
        assert result["stop_reason"] == "depth"
        assert result["rounds"][0]["malformed"] == 1
        assert seeds(server)[third] == 1  # a 400 is not repeated
        assert result["usage"]["total"]["requests"] == len(server.asked)
        state = await app.aget_state(config)
    assert state.next == ()
    assert state.values["candidates"] == result["candidates"]


@pytest.mark.loopback
@pytest.mark.parametrize("durability", ["async", "sync", "exit"])
@pytest.mark.parametrize("sampling", ["native", "parallel"])
async def test_all_fail_then_the_server_is_repaired(saver, config, durability, sampling):
    context = CONTEXT.model_copy(update={"sampling": sampling})
    how: Any = {"context": context, "durability": durability}
    with LoopbackServer() as server:
        app = graph(server, saver)
        server.script = [Fault(500, times=None)]
        with pytest.raises(tpo.NoCandidateError):
            await app.ainvoke(saved_run.INPUT, config, **how)
        failed = len(server.asked)
        # Several texts at once: streamed, whole, and one alone, in case that was it.
        assert failed == (5 if sampling == "parallel" else 3)
        assert (await app.aget_state(config)).next == ("sample",)
        server.script = []
        result = await app.ainvoke(None, config, **how)
        other = {"configurable": {"thread_id": "other"}}
        assert outcome(result) == outcome(await app.ainvoke(saved_run.INPUT, other, **how))
    assert failed + 2 * result["usage"]["total"]["requests"] == len(server.asked)


@pytest.mark.loopback
@pytest.mark.parametrize("sampling", ["native", "parallel"])
async def test_all_replies_are_empty_then_the_model_is_repaired(saver, config, sampling):
    """A round without an answer is not kept: resuming asks again, as the message suggests."""
    how: Any = {"context": CONTEXT.model_copy(update={"sampling": sampling})}
    with LoopbackServer(lambda body, index: "<think>and so on") as server:
        app = graph(server, saver)
        with pytest.raises(tpo.NoCandidateError, match="raise max_tokens"):
            await app.ainvoke(saved_run.INPUT, config, **how)
        failed = len(server.asked)
        server.answer = default_answer
        result = await app.ainvoke(None, config, **how)
        other = {"configurable": {"thread_id": "other"}}
        assert outcome(result) == outcome(await app.ainvoke(saved_run.INPUT, other, **how))
    assert failed + 2 * result["usage"]["total"]["requests"] == len(server.asked)


@pytest.mark.loopback
async def test_some_fail_and_the_run_breaks_off_before_the_round_ends(saver, config):
    """Only failures are asked again: here the reward fails next, so the round has ended."""
    failing = [request_seed(CONTEXT, "sample", 0, i) for i in (1, 4)]
    fault = Fault(500, times=None, when=lambda body: body["seed"] in failing)
    broken = True

    async def reward(query: str, answer: str) -> float:
        if broken:
            raise ConnectionError("no reward server")
        return await score(query, answer)

    with LoopbackServer(script=[fault]) as server:
        app = graph(server, saver, reward)
        with pytest.raises(tpo.RewardError, match="resume"):
            await app.ainvoke(saved_run.INPUT, config, context=CONTEXT)
        server.script, broken = [], False
        result = await app.ainvoke(None, config, context=CONTEXT)
        assert [c["id"] for c in result["candidates"] if c["error"]] == ["r0c1", "r0c4"]
        assert set(seeds(server).values()) == {1}


@pytest.mark.parametrize("durability", ["async", "sync", "exit"])
async def test_the_reward_fails_for_all_then_is_repaired(saver, config, durability):
    expected, other = await whole()
    run = Run(saver)

    async def fail(number: int) -> None:
        raise ConnectionError("no reward server")

    run.before_score = fail
    with pytest.raises(tpo.RewardError, match="no reward server"):
        await run.start(config, durability=durability)
    state = await run.app.aget_state(config)
    assert state.next == ("rank",)
    assert [c["text"] for c in state.values["candidates"]] == [
        c["text"] for c in expected["candidates"] if c["round"] == 0
    ]
    run.before_score = None
    assert outcome(await run.resume(config, durability=durability)) == expected
    assert run.asked == other.asked
    assert run.scored == other.scored


@pytest.mark.parametrize("durability", ["async", "sync", "exit"])
async def test_a_reward_that_fails_again_keeps_its_first_scores(saver, config, durability):
    """Scores are saved one by one; a cancelled ranking asks for the missing ones only."""
    expected, _ = await whole()
    run = Run(saver)

    async def fail_first(number: int) -> None:
        if number != 1:
            raise ConnectionError("no reward server")

    run.before_score = fail_first
    result = await run.start(config, durability=durability)
    scored = [c["id"] for c in result["candidates"] if c["reward"] is not None]
    assert scored == ["r0c1"]  # round 0 goes on with it, and ends for want of a contrast
    assert result["answer"] == next(c["text"] for c in expected["candidates"] if c["id"] == "r0c1")
