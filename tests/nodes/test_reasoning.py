"""Reasoning that a model marks in its text: beside the answer, or kept in it if asked for."""

from __future__ import annotations

import pytest
from steps import improved, run, says

from tpo import ConfigError


def model():
    return says(
        sample=lambda k: f"<think>hm {k}</think>\nfirst {k}",
        update=lambda k: f"<think>plan</think>{improved(f'<think>hm {k}</think>better {k}')}",
        loss="<think>what?</think>Say more.",
    )


def test_it_is_kept_beside_the_answer_and_not_scored():
    scored: list[str] = []

    def reward(query: str, answer: str) -> float:
        scored.append(answer)
        return float(len(scored))

    result = run(model(), reward=reward, depth=0)
    assert [c["text"] for c in result["candidates"]] == ["first 0", "first 1", "first 2"]
    assert [c["reasoning"] for c in result["candidates"]] == ["hm 0", "hm 1", "hm 2"]
    assert sorted(scored) == ["first 0", "first 1", "first 2"]


def test_it_stays_in_the_answer_if_the_format_contains_it():
    result = run(model(), reward=lambda query, answer: len(answer), depth=1, reasoning="keep")
    assert [c["text"] for c in result["candidates"]] == [
        *(f"<think>hm {k}</think>\nfirst {k}" for k in range(3)),
        *(f"<think>hm {k}</think>better {k}" for k in range(3)),
    ]
    assert result["rounds"][0]["loss"] == "Say more."  # a critique has no format


def test_another_word_is_refused():
    with pytest.raises(ConfigError, match="reasoning"):
        run(model(), reasoning="drop")
