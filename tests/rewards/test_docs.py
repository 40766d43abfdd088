"""What docs/rewards.md promises: its code runs, its mix can be read, it names every reward."""

from __future__ import annotations

import re
from typing import Any

import pytest
from source_tree import ROOT

import tpo
from tpo.rewards import resolve
from tpo.rewards.function import FunctionReward

PAGE = (ROOT / "docs" / "rewards.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("snippet", blocks("python"))
def test_snippets_run_as_they_are(snippet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made: dict[str, Any] = {}
    exec(compile(snippet, "docs/rewards.md", "exec"), made)
    assert made["graph"].compile()
    assert (tmp_path / "scores.db").exists()


def test_the_mix_file_can_be_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (snippet,) = blocks("toml")
    (tmp_path / "mix.toml").write_text(snippet, encoding="utf-8")
    with pytest.raises(tpo.ConfigError, match=r"the JSON schema schema\.json cannot be read"):
        resolve.resolve_reward("mix:mix.toml")
    (tmp_path / "schema.json").write_text("{}")
    assert resolve.resolve_reward("mix:mix.toml").name == "mix:mix"


@pytest.mark.parametrize("spec", resolve.SPECS)
def test_every_reward_is_on_the_page(spec):
    kind = spec.partition(":")[0]
    assert f"`{kind}`" in PAGE or f"`{kind}:" in PAGE


def test_a_function_needs_no_wrapping_in_a_mix():
    mix = tpo.Mix([tpo.Part(lambda query, answer: 1.0)])
    assert isinstance(mix._all[0].reward, FunctionReward)  # type: ignore[attr-defined]
    with pytest.raises(tpo.ConfigError, match=r"str is no reward: .*resolve_reward\(SPEC\)"):
        tpo.Mix([tpo.Part("heuristic")])  # type: ignore[arg-type]
