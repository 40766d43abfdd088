"""The snippets of docs/batch.md run as they are, one after the other."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

from scripted_model import ScriptedModel

import tpo
from tpo.datasets.records import RowResult

PAGE = (Path(__file__).parents[2] / "docs" / "batch.md").read_text(encoding="utf-8")

HERE = PAGE.partition("## On a Ray cluster")[0]  # what follows needs one: test_on_ray.py


async def test_the_snippets_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    model = ScriptedModel(script=lambda messages, index, seed: f"{'word ' * (index + 1)}")
    real = {"abatch": tpo.abatch, "batch": tpo.batch}
    few = {"policy": model, "depth": 0, "width": 2}
    judged = {**few, "reward": lambda query, answer: len(answer)}
    monkeypatch.setattr(tpo, "abatch", lambda rows, **more: real["abatch"](rows, **more | judged))
    monkeypatch.setattr(tpo, "batch", lambda rows, **more: real["batch"](rows, **more | few))
    made: dict[str, object] = {}
    for snippet in re.findall(r"```python\n(.*?)```", HERE, flags=re.DOTALL):
        code = compile(snippet, "docs/batch.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        running = eval(code, made)
        if inspect.isawaitable(running):
            await running
    assert "sea" in capsys.readouterr().out
    assert made["results"][0]["reward"] == 1.0
    assert {p.name for p in (tmp_path / "out").iterdir()} >= {"results.jsonl", "metadata.json"}


def test_the_page_names_every_field_of_a_result():
    line = next(line for line in PAGE.splitlines() if line.startswith("| `results.jsonl`"))
    assert re.findall(r"`(\w+)`", line) == list(RowResult.__annotations__)
