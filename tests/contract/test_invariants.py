"""What holds for every run, on a deterministic synthetic task.

I1  the answer is the pool's best, and its reward is reported
I2  the answer is never worse than the best of round 0
I3  every new text is scored exactly once; a text scored before is not paid again
I4  a tie goes to the earliest candidate
I5  requests and sequences counted by the model = usage reported
I6  the same seed and answers give the same run
I7  depth 0 equals best-of-N
I8  requests / sequences / scores / sequential calls are 1+3D / N(D+1)+2D / N(D+1) / 1+3D
I9  chosen and rejected come from the whole pool, and are never the same text
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import synthetic_task
from langgraph.checkpoint.memory import InMemorySaver
from scripted_model import ScriptedModel, tokens

import tpo


class Counted:
    """A reward that remembers what it was asked."""

    def __init__(self, function: Any = synthetic_task.reward) -> None:
        self.function = function
        self.answers: list[str] = []

    def __call__(self, query: str, answer: str) -> float:
        self.answers.append(answer)
        return self.function(query, answer)


def run(model: ScriptedModel | None = None, reward: Any = None, **knobs: Any) -> tpo.Aligned:
    knobs.setdefault("seed", 11)
    return tpo.align(
        synthetic_task.QUERY,
        policy=model or synthetic_task.model(),
        reward=reward or Counted(),
        **knobs,
    )


SIZES = [(0, 5), (1, 1), (1, 3), (2, 5), (3, 1), (4, 2)]


@pytest.mark.parametrize(("depth", "width"), SIZES)
@pytest.mark.parametrize("sampling", ["native", "parallel"])
def test_i1_i2_answer_is_best_of_pool_and_never_worse_than_round_0(depth, width, sampling):
    result = run(depth=depth, width=width, sampling=sampling)
    pool = result["candidates"]
    top = max(c["reward"] for c in pool)
    assert result["reward"] == top
    assert result["answer"] == next(c["text"] for c in pool if c["reward"] == top)
    assert result["reward"] >= max(c["reward"] for c in pool if c["round"] == 0)
    assert result["messages"][-1].text == result["answer"]


@pytest.mark.parametrize(("depth", "width"), SIZES)
def test_i3_only_new_texts_are_scored(depth, width):
    reward = Counted()
    result = run(reward=reward, depth=depth, width=width)
    assert sorted(reward.answers) == sorted({c["text"] for c in result["candidates"]})
    assert all(c["reward"] is not None for c in result["candidates"])
    assert result["usage"]["total"]["scores"] == len(reward.answers)


def test_i4_ties_go_to_the_earliest():
    result = run(reward=lambda query, answer: 1.0 if len(answer) % 2 else 0.0, depth=0, width=8)
    first = next(c for c in result["candidates"] if c["reward"] == result["reward"])
    assert result["answer"] == first["text"]
    assert result["rounds"][0]["chosen"] == first["id"]


@pytest.mark.parametrize(("depth", "width"), SIZES)
@pytest.mark.parametrize("sampling", ["native", "parallel", "auto"])
def test_i5_usage_is_what_the_model_counted(depth, width, sampling):
    model = synthetic_task.model()
    result = run(model, depth=depth, width=width, sampling=sampling)
    total = result["usage"]["total"]
    assert total["requests"] == len(model.asked)
    assert total["sequences"] == model.asked.sequences
    assert total["exact"]
    assert total["input_tokens"] == sum(tokens(m.text) for ask in model.asked for m in ask.messages)
    phases = result["usage"]["phases"].values()
    for field in ("requests", "sequences", "scores", "input_tokens", "output_tokens"):
        assert sum(p[field] for p in phases) == total[field]


@pytest.mark.parametrize("sampling", ["native", "parallel"])
def test_i6_same_seed_same_run(sampling):
    def shape(result: tpo.Aligned) -> Any:
        return result["candidates"], result["rounds"], result["answer"]

    first = shape(run(depth=2, width=4, seed=3, sampling=sampling))
    assert first == shape(run(depth=2, width=4, seed=3, sampling=sampling))
    assert first != shape(run(depth=2, width=4, seed=4, sampling=sampling))


def test_i6_critiques_are_seeded_too():
    model = synthetic_task.model()
    run(model, depth=2, width=2, seed=3)
    seeds = [ask.parameters["seed"] for ask in model.asked]
    assert None not in seeds
    assert len(set(seeds)) == len(seeds)


def test_i7_depth_0_is_best_of_n():
    zero, best = run(depth=0, width=5), run(depth=2, width=5, mode="best_of_n")
    assert zero["candidates"] == best["candidates"]
    assert (zero["answer"], zero["stop_reason"]) == (best["answer"], "depth")
    assert best["usage"]["total"]["requests"] == 1


@pytest.mark.parametrize(
    ("depth", "width", "requests", "sequences", "scores", "calls"),
    [(2, 5, 7, 19, 15, 7), (5, 20, 16, 130, 120, 16), (0, 5, 1, 5, 5, 1)],
)
def test_i8_counts_of_the_paper(depth, width, requests, sequences, scores, calls):
    model = synthetic_task.model(script=synthetic_task.say_apart)
    reward = Counted(lambda query, answer: hash_like(answer))
    result = run(model, reward, depth=depth, width=width)
    total = result["usage"]["total"]
    assert result["stop_reason"] == "depth"
    assert (total["requests"], total["sequences"], total["scores"]) == (requests, sequences, scores)
    assert (len(model.asked), model.asked.sequences) == (requests, sequences)
    assert len(reward.answers) == scores
    assert len(model.asked) == calls  # one request each, and none overlaps another


def hash_like(answer: str) -> float:
    """A reward with next to no ties, so that no early stop interferes with counting."""
    return synthetic_task.reward("", answer) + (sum(answer.encode()) % 997) / 1e6


@pytest.mark.parametrize(("depth", "width"), [(3, 4), (2, 1)])
def test_i9_contrast_over_the_whole_pool(depth, width):
    result = run(depth=depth, width=width, reward=Counted(lambda q, a: hash_like(a)))
    pool = {c["id"]: c for c in result["candidates"]}
    for record in result["rounds"]:
        seen = [c for c in pool.values() if c["round"] <= record["round"]]
        assert pool[record["chosen"]]["reward"] == max(c["reward"] for c in seen)
        if record["rejected"]:
            assert pool[record["rejected"]]["reward"] == min(
                c["reward"] for c in seen if c["text"] != pool[record["chosen"]]["text"]
            )
            assert pool[record["rejected"]]["text"] != pool[record["chosen"]]["text"]


async def test_a_second_turn_starts_a_fresh_pool():
    model = synthetic_task.model()
    app = tpo.build_tpo(model, synthetic_task.reward).compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    first = await app.ainvoke({"messages": [("user", "one")]}, config, context={"depth": 1})
    second = await app.ainvoke({"messages": [("user", "two")]}, config, context={"depth": 0})
    assert [m.type for m in second["messages"]] == ["human", "ai", "human", "ai"]
    assert {c["turn"] for c in second["candidates"]} == {2}
    assert len(second["candidates"]) == 5
    assert second["usage"]["total"]["requests"] == 1
    assert first["usage"]["total"]["requests"] == 4
    assert len(second["rounds"]) == 1


def test_align_works_inside_a_running_loop():
    async def inside() -> str:
        return run(depth=0, width=2)["answer"]

    assert asyncio.run(inside()) == run(depth=0, width=2)["answer"]
