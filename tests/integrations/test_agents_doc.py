"""What docs/agents.md says of the middleware is true: its snippets run, its settings exist."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
from doc_page import Page
from scripted_agent import agent_model

import tpo
from tpo.models.policy import Policy

PAGE = Page("agents.md")
SECTION = PAGE.text.partition("## In an agent: TPOMiddleware\n")[2].partition("\n## ")[0]
SNIPPETS = re.findall(r"^```python\n(.*?)^```", SECTION, re.DOTALL | re.MULTILINE)


def test_the_snippets(monkeypatch: pytest.MonkeyPatch, capsys: Any):
    model = agent_model(sample="It is warm.")
    model.script = lambda messages, *_: "<improved_answer>Warm.</improved_answer>"
    monkeypatch.setattr("langchain.agents.factory.init_chat_model", lambda spec, **_: model)
    names: dict[str, Any] = {"__name__": "__main__"}
    for snippet in SNIPPETS:
        exec(compile(snippet, "docs/agents.md", "exec"), names)
    said = capsys.readouterr().out.splitlines()
    assert said[1] in {"improved", "kept"}
    assert said[2:] == ["2", "context: switched off for this call"]


OTHERS = [snippet for snippet in PAGE.snippets if snippet not in SNIPPETS]


@pytest.mark.parametrize("number", range(3))
def test_the_snippets_of_the_other_sections(
    number: int, monkeypatch: pytest.MonkeyPatch, capsys: Any
):
    model = agent_model()
    model.script = lambda messages, *_: "<improved_answer>Blue light scatters.</improved_answer>"
    monkeypatch.setattr("langchain.agents.factory.init_chat_model", lambda spec, **_: model)
    monkeypatch.setattr("tpo.models.policy.build_policy", lambda spec: Policy(model, spec))
    monkeypatch.setattr("tpo.models.policy._shared", {})
    PAGE.run(OTHERS[number])
    assert "Blue light scatters." in capsys.readouterr().out


def test_the_settings_exist():
    parameters = inspect.signature(tpo.TPOMiddleware).parameters
    named = set(re.findall(r"`(\w+)=[^`]*`", SECTION)) - {"subgraphs"}
    assert named <= {*parameters, *tpo.Context.model_fields}
    assert {"when", "min_chars", "fraction", "conversation_requests"} <= named


def test_every_outcome_is_listed():
    listed = set(PAGE.rows("What comes back"))
    assert listed - {"outcome"} == {"improved", "kept", "skipped", "failed"}
