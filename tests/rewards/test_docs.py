"""What docs/rewards.md promises: its code runs, its mix can be read, it names every reward."""

from __future__ import annotations

import re
from typing import Any

import pytest
from generated import check_generated
from source_tree import ROOT

import tpo
from tpo.rewards import resolve
from tpo.rewards.function import FunctionReward
from tpo.rewards.specs import BY_KIND, REWARDS

PAGE = (ROOT / "docs" / "rewards.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_the_reward_that_says_why_does():
    (snippet,) = [block for block in blocks("python") if "feedback=" in block]
    made: dict[str, Any] = {}
    exec(compile(snippet, "docs/rewards.md", "exec"), made)
    assert made["brief"]("q", "word " * 100) == tpo.scored(0.8, "100 words; at most 80 are wanted")
    assert made["brief"]("q", "word") == tpo.scored(1.0)


@pytest.mark.parametrize("snippet", [s for s in blocks("python") if "graph = " in s])
def test_snippets_run_as_they_are(snippet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made: dict[str, Any] = {}
    exec(compile(snippet, "docs/rewards.md", "exec"), made)
    assert made["graph"].compile()
    assert (tmp_path / "scores.db").exists()


def test_the_mix_file_can_be_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (snippet,) = [block for block in blocks("toml") if "[[parts]]" in block]
    (tmp_path / "mix.toml").write_text(snippet, encoding="utf-8")
    with pytest.raises(tpo.ConfigError, match=r"the JSON schema schema\.json cannot be read"):
        resolve.resolve_reward("mix:mix.toml")
    (tmp_path / "schema.json").write_text("{}")
    assert resolve.resolve_reward("mix:mix.toml").name == "mix:mix"


def test_the_rubric_file_can_be_read(tmp_path):
    (snippet,) = [block for block in blocks("toml") if "[[criteria]]" in block]
    (tmp_path / "rubric.toml").write_text(snippet, encoding="utf-8")
    rubric: Any = resolve.resolve_reward(f"rubric:{tmp_path / 'rubric.toml'}")
    assert [(c.name, c.weight, c.essential) for c in rubric.criteria] == [
        ("names the cause", 2.0, False),
        ("is polite", 1.0, True),
    ]


def test_snapshot_of_the_table_of_specs():
    rows = ["| Spec | What it is | What it needs |", "|---|---|---|"]
    for spec in REWARDS:
        install = f"`pip install 'tpo[{spec.extra}]'`" if spec.extra else ""
        needs = "; ".join(filter(None, (spec.start, install)))
        rows.append(f"| `{spec.form}` | {spec.meaning} | {needs} |")
    check_generated("docs/rewards.md", "specs", "\n".join(rows))


@pytest.mark.parametrize("kind", BY_KIND)
def test_every_reward_is_weighed_on_the_page(kind):
    """In the table of which one to take, which people write."""
    weighed = PAGE.partition("## Which one")[2].partition("\n## ")[0]
    assert f"`{kind}`" in weighed or f"`{kind}:`" in weighed


def test_a_function_needs_no_wrapping_in_a_mix():
    mix = tpo.Mix([tpo.Part(lambda query, answer: 1.0)])
    assert isinstance(mix._all[0].reward, FunctionReward)  # type: ignore[attr-defined]
    with pytest.raises(tpo.ConfigError, match=r"str is not a reward: .*resolve_reward\(SPEC\)"):
        tpo.Mix([tpo.Part("heuristic")])  # type: ignore[arg-type]
