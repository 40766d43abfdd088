"""The actor of `tpo.ray`, used as Ray Data uses it: a class that is called with batches."""

from __future__ import annotations

import pytest
from scripted_model import ScriptedModel

import tpo

BATCH = {"id": ["a", "b"], "prompt": ["One?", "Two?"], "answer": ["1", "2"]}
FEW = {"depth": 0, "width": 2, "reward": lambda query, answer: float(len(answer))}


def answers(messages, index, seed):
    return "word " * (index + 1)


def test_columns_are_added_and_none_is_lost():
    actor = tpo.ray.RowActor(policy=lambda: ScriptedModel(script=answers), **FEW)
    done = actor(BATCH)
    assert {name: done[name] for name in BATCH} == BATCH
    assert done["tpo_answer"] == ["word word"] * 2
    assert (done["tpo_reward"], done["tpo_error"]) == ([9.0, 9.0], [None, None])
    assert '"requests": 1' in done["tpo_usage"][0]
    assert actor({"prompt": []}) == {"prompt": []}


def test_a_batch_that_is_run_again_costs_nothing(tmp_path):
    model = ScriptedModel(script=answers)
    first = tpo.ray.RowActor(policy=model, folder=tmp_path, **FEW)(BATCH)
    again = tpo.ray.RowActor(policy=model, folder=tmp_path, **FEW)(BATCH)
    assert again == first
    assert len(model.asked) == 2


def test_a_row_that_fails_says_why():
    model = ScriptedModel(script=lambda messages, index, seed: RuntimeError("no such model"))
    done = tpo.ray.RowActor(policy=model, **FEW)(BATCH)
    assert done["tpo_answer"] == [None, None]
    assert "no such model" in done["tpo_error"][0]


def test_settings_that_cannot_be_right_are_refused():
    with pytest.raises(tpo.ConfigError, match="a path from the root"):
        tpo.ray.RowActor(folder="out")
    with pytest.raises(tpo.ConfigError, match="depht"):
        tpo.ray.RowActor(depht=2)
