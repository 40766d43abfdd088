"""The batcher with a model made of a function: what comes together, who gets what."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError
from typing import Any

import pytest

from tpo.core.errors import RewardError
from tpo.rewards.huggingface.batcher import Batcher


def text(length: int, first: int = 1) -> Any:
    """Return tokens: the first tells texts of one length apart."""
    return {"input_ids": [first] + [0] * (length - 1)}


def score_of(tokens: Any) -> float:
    return tokens["input_ids"][0] * 1000.0 + len(tokens["input_ids"])


class Model:
    """Scores when it is let; remembers its batches."""

    def __init__(self, most_tokens: int = 100, *, open_: bool = True) -> None:
        self.batches: list[list[int]] = []
        self.threads: set[str] = set()
        self.poison: set[int] = set()  # first tokens it cannot bear
        self.started, self.gate = threading.Event(), threading.Event()
        if open_:
            self.gate.set()
        self.batcher = Batcher(self.forward, most_tokens)

    def forward(self, batch: Any) -> list[float]:
        self.batches.append([len(t["input_ids"]) for t in batch])
        self.threads.add(threading.current_thread().name)
        self.started.set()
        assert self.gate.wait(30)
        if bad := self.poison & {t["input_ids"][0] for t in batch}:
            raise ValueError(f"cannot bear {min(bad)}")
        return [score_of(t) for t in batch]

    def busy(self) -> Any:
        """Hold the thread with a text of its own; returns its score to come."""
        [score] = self.batcher.submit([text(1, 99)])
        assert self.started.wait(30)
        return score


@pytest.fixture
def model():
    made = Model(open_=False)
    yield made
    made.gate.set()
    made.batcher.close()


def test_what_waits_is_one_sorted_bounded_round_for_all_callers(model):
    model.busy()
    lengths = [[30, 2, 49], [20, 90, 3], [3, 40, 300], [50, 49]]
    scores = [model.batcher.submit([text(n, who) for n in run]) for who, run in enumerate(lengths)]
    model.gate.set()
    for who, run in enumerate(lengths):
        assert [s.result(30) for s in scores[who]] == [score_of(text(n, who)) for n in run]
    assert model.batches == [[1], [2, 3, 3, 20], [30, 40], [49, 49], [50], [90], [300]]
    assert all(len(b) == 1 or len(b) * max(b) <= 100 for b in model.batches)
    assert len(model.threads) == 1


async def test_sixteen_runs_at_once_get_each_its_own(model):
    async def run(who: int) -> list[float]:
        waits = model.batcher.submit([text(n, who) for n in range(1, 6)])
        return list(await asyncio.gather(*map(asyncio.wrap_future, waits)))

    model.busy()
    runs = [asyncio.create_task(run(who)) for who in range(16)]
    await asyncio.sleep(0)
    model.gate.set()
    for who, scores in enumerate(await asyncio.gather(*runs)):
        assert scores == [score_of(text(n, who)) for n in range(1, 6)]
    assert sum(map(len, model.batches)) == 1 + 16 * 5
    assert len(model.batches) < 6


def test_a_cancelled_text_is_not_scored_and_disturbs_nobody(model):
    model.busy()
    mine, theirs = model.batcher.submit([text(5, 1)])[0], model.batcher.submit([text(5, 2)])[0]
    assert mine.cancel()
    model.gate.set()
    assert theirs.result(30) == 2005
    with pytest.raises(CancelledError):
        mine.result(30)
    assert model.batches == [[1], [5]]


def test_a_failure_reaches_only_the_text_that_fails_alone(model):
    model.poison = {3, 7}
    model.busy()
    scores = model.batcher.submit([text(5, first) for first in range(10)])
    model.gate.set()
    for first, score in enumerate(scores):
        if first in model.poison:
            assert str(score.exception(30)) == f"cannot bear {first}"
        else:
            assert score.result(30) == first * 1000 + 5
    again = model.batcher.submit([text(5, 1)])[0]
    assert again.result(30) == 1005


def test_too_few_scores_are_an_error_not_a_wait():
    batcher = Batcher(lambda batch: [1.0] * (len(batch) - 1), 100)
    [score] = batcher.submit([text(5)])
    assert "0 scores for 1" in str(score.exception(30))
    batcher.close()


def test_closed_it_refuses_and_what_waited_fails(model):
    holding = model.busy()
    waiting = model.batcher.submit([text(5), text(6)])
    closing = threading.Thread(target=model.batcher.close)
    closing.start()
    while not model.batcher._closed:
        pass
    model.gate.set()
    closing.join(30)
    assert holding.result(30) == 99_001
    for score in waiting:
        assert isinstance(score.exception(30), RewardError)
    with pytest.raises(RewardError, match="was closed"):
        model.batcher.submit([text(1)])
    assert model.batches == [[1]]


def test_it_works_again_after_it_was_idle():
    model = Model()
    for first in range(5):
        assert model.batcher.submit([text(3, first)])[0].result(30) == first * 1000 + 3
    assert model.batcher.submit([]) == []
    model.batcher.close()
