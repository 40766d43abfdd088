"""The snippets of docs/durability.md run as they are, one after the other."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import synthetic_task

from tpo.models.policy import Policy

TEXT = (Path(__file__).parents[2] / "docs" / "durability.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


async def run(snippet: str, names: dict[str, Any]) -> None:
    code = compile(snippet, "docs/durability.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if inspect.isawaitable(done := eval(code, names)):
        await done


async def test_the_snippets(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = synthetic_task.model()
    named = lambda spec: Policy(model, spec)  # noqa: E731
    monkeypatch.setattr("tpo.models.policy.build_policy", named)
    monkeypatch.setattr("tpo.models.policy._shared", {})
    names: dict[str, Any] = {}
    begin, resume, align, fork = SNIPPETS
    await run(begin, names)
    asked = len(model.asked)
    await run(resume, names)
    assert len(model.asked) == asked  # it was finished
    first = names["result"]
    await run(align, names)
    assert names["result"]["messages"][0].text == "Why is the sea blue?"
    await run(fork, names)
    gradient = "Say it in one sentence."
    assert gradient in [r["gradient"] for r in names["edited"]["rounds"]]
    assert gradient not in [r["gradient"] for r in first["rounds"]]
    pool = {c["id"]: c for c in names["other_pool"]["candidates"]}
    assert pool["r0c0"]["error"] == "dropped by hand"
    assert pool["r1c1"]["text"] == "Air scatters blue light."
    assert pool["r1c1"]["reward"] == -len("Air scatters blue light.")
    assert len(names["longer"]["rounds"]) == 5
    assert names["replayed"]["answer"] == first["answer"]


@pytest.mark.parametrize("name", ["runs.sqlite"])
async def test_a_run_that_never_began_is_started_by_the_same_snippet(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    model = synthetic_task.model()
    monkeypatch.setattr("tpo.models.policy.build_policy", lambda spec: Policy(model, spec))
    monkeypatch.setattr("tpo.models.policy._shared", {})
    names: dict[str, Any] = {}
    definitions = SNIPPETS[0].split("async with")[0]
    await run(definitions, names)
    assert not (tmp_path / name).exists()
    await run(SNIPPETS[1], names)
    assert names["result"]["stop_reason"] == "depth"
