"""What the documents promise is true: snippets run, commands exist, links lead somewhere."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from textwrap import fill
from typing import Any

import pytest
import synthetic_task
from generated import check_generated
from scripted_model import ScriptedModel
from source_tree import PYPROJECT, ROOT

import tpo
from tpo.cli.app import main
from tpo.core.policy_forms import POLICY_FORMS
from tpo.models.policy import Policy
from tpo.rewards.specs import BY_KIND

README = (ROOT / "README.md").read_text(encoding="utf-8")
AT_THE_ROOT = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")
DOCUMENTS = [*(ROOT / name for name in AT_THE_ROOT), *sorted((ROOT / "docs").rglob("*.md"))]
PROJECT = PYPROJECT["project"]


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def headings(pattern: str) -> list[str]:
    return re.findall(rf"^{pattern}", README, re.MULTILINE)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    """Whatever policy a snippet names is this model; nothing leaves the machine."""
    model = synthetic_task.model()
    named = lambda spec: Policy(model, spec)  # noqa: E731
    monkeypatch.setattr("tpo.models.policy.build_policy", named)
    monkeypatch.setattr("tpo.models.policy._shared", {})
    monkeypatch.setattr("langchain.agents.factory.init_chat_model", lambda spec, **_: model)
    return model


def run(number: int) -> None:
    """Run one of README's snippets as a script."""
    snippet = blocks("python")[number]
    exec(compile(snippet, f"README.md, snippet {number + 1}", "exec"), {"__name__": "__main__"})


def test_the_first_snippet_needs_no_key_and_prints_what_is_shown(capsys):
    run(0)
    assert capsys.readouterr().out == blocks("text")[0]
    assert README.index("```python") < README.index("```text") < README.index("## What happens")


@pytest.mark.parametrize("number", range(1, len(blocks("python"))))
def test_snippets_run_as_they_are(number, scripted, capsys):
    run(number)
    assert scripted.asked, "the snippet asked no model"
    assert capsys.readouterr().out.strip(), "the snippet printed nothing"


def test_there_are_snippets_to_embed_and_to_stream():
    assert len(blocks("python")) >= 3
    assert any("tpo.align(" in s for s in blocks("python"))
    assert any("astream(" in s for s in blocks("python"))


def commands(program: str, *paths: Path) -> list[list[str]]:
    """Return the shell lines of documents that start a program, without comments."""
    texts = [path.read_text(encoding="utf-8") for path in paths or DOCUMENTS]
    lines = [line for text in texts for block in blocks("sh", text) for line in block.splitlines()]
    typed = [shlex.split(line, comments=True) for line in lines]
    return [words for words in typed if words and words[0] == program]


def test_make_commands_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for _, target, *options in (typed := commands("make")):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
        for option in options:
            assert re.search(rf"^{option.partition('=')[0]} \?=", makefile, re.MULTILINE), option
    assert len(typed) >= 5


def help_of(monkeypatch: pytest.MonkeyPatch, capsys: Any, *command: str) -> str:
    for name, value in {"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["tpo", *command, "--help"])
    with pytest.raises(SystemExit) as stop:
        raise SystemExit(main())
    assert not stop.value.code
    return str(capsys.readouterr().out)


def command(words: list[str]) -> tuple[str, ...]:
    """Return the command of a line: a command, or one of its own commands."""
    if words[1:3] == ["serve", "keys"]:
        return tuple(words[1:4])
    return tuple(words[1:3] if words[1:3] == ["serve", "backup"] else words[1:2])


def test_tpo_commands_and_their_options_exist(monkeypatch, capsys):
    typed = commands("tpo")
    shown = {name: help_of(monkeypatch, capsys, *name) for name in {command(w) for w in typed}}
    unknown = [
        (" ".join(words), word)
        for words in typed
        for word in words
        if word.startswith("--") and not re.search(rf"{word}\b", shown[command(words)])
    ]
    assert unknown == []


def test_every_tpo_command_is_in_the_readme(monkeypatch, capsys):
    table = help_of(monkeypatch, capsys).partition("Commands")[2]
    listed = set(re.findall(r"^\W*([a-z]+)\s{2,}", table, re.MULTILINE))
    assert listed == {words[1] for words in commands("tpo", ROOT / "README.md")}


def test_snapshot_of_the_graph_in_the_readme():
    """`make snapshots` (this test, with TPO_WRITE_SNAPSHOTS=1) draws it again."""
    drawn = tpo.build_tpo().compile().get_graph().draw_mermaid().strip()
    check_generated("README.md", "graph", f"```mermaid\n{drawn}\n```")


def wrapped(words: str) -> str:
    return fill(words, 104, break_long_words=False, break_on_hyphens=False)


def test_snapshot_of_the_policies_in_the_readme():
    known = ", ".join(f"`{form.form}` ({form.meaning})" for form in POLICY_FORMS)
    check_generated("README.md", "policies", wrapped(f"Policies: {known}."))


def test_snapshot_of_the_rewards_in_the_readme():
    known = ", ".join(f"`{form.kind}{':' * form.takes_more}`" for form in BY_KIND.values())
    check_generated("README.md", "rewards", wrapped(f"Name one: {known}."))


def test_readme_is_one_read():
    assert len(README.splitlines()) <= 250
    assert headings("# ") == ["# "]
    assert README.index("make demo") < README.index("make test") < README.index("## What happens")


def test_links_lead_somewhere():
    broken = [
        (path.relative_to(ROOT).as_posix(), target)
        for path in DOCUMENTS
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8"))
        if not target.startswith("http") and not (path.parent / target).exists()
    ]
    assert broken == []


def test_links_of_the_readme_are_absolute_once_there_is_a_home():
    """PyPI shows README without this folder around it, so there a near link leads nowhere."""
    home = PROJECT["urls"].get("Source")
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", README)
    assert home is None or [t for t in targets if not t.startswith("https://")] == []


def test_extras_named_in_the_documents_exist():
    texts = [path.read_text(encoding="utf-8") for path in DOCUMENTS]
    named = {extra for text in texts for extra in re.findall(r"'(?:tpo|\.)\[(\w+)\]'", text)}
    assert {"serve", "verify"} <= named
    assert named <= set(PROJECT["optional-dependencies"])
    listed = re.findall(r"`(\w+)`", README.partition("\nExtras: ")[2].partition(".")[0])
    assert sorted(listed) == sorted(PROJECT["optional-dependencies"])
