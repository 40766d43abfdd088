"""The options are the settings of `Context`, all of them, and the help is fast."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tpo.cli.arguments.settings import SETTINGS
from tpo.cli.input.typed_values import number
from tpo.core.context import Context
from tpo.core.policy_forms import POLICY_FORMS
from tpo.rewards.specs import REWARDS

LIST_HEAVY = """
import sys
from tpo.cli.app import main
assert main(["--help"]) == 0
heavy = {"langgraph", "langchain", "langchain_core", "langchain_openai", "openai", "httpx"}
found = heavy & set(sys.modules)
assert not found, found
"""


def test_every_setting_is_an_option_once():
    assert sorted(setting.name for setting in SETTINGS) == sorted(Context.model_fields)


def test_defaults_in_the_help_are_those_of_the_settings(tpo):
    said = " ".join(tpo("run", "--help").out.replace("│", " ").split())
    for name, field in Context.model_fields.items():
        others = {"live": "--no-live", "answer_schema": "--schema FILE"}
        flag = others.get(name, f"--{name.replace('_', '-')}")
        assert flag in said
        if isinstance(field.default, bool) or field.default in (None, "", ()):
            continue
        value = f"{field.default:g}" if isinstance(field.default, float) else field.default
        assert f"Default: {value}." in said, name


def test_help_says_the_exit_codes_and_an_example(tpo):
    for args in (["--help"], ["run", "-h"], ["resume", "-h"], ["fork", "-h"]):
        said = " ".join(tpo(*args).out.split())
        assert "2 the input or a setting is wrong" in said
        assert "130 interrupted" in said
    assert 'tpo run "Why is the sky blue?"' in tpo("run", "--help").out


def test_help_imports_nothing_heavy():
    ran = subprocess.run([sys.executable, "-c", LIST_HEAVY], capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_no_arguments_show_the_help(tpo):
    assert "Usage: tpo" in tpo().out


def test_version(tpo):
    assert tpo("--version").out.startswith("tpo ")


@pytest.mark.parametrize(("text", "value"), [("none", "none"), ("7", 7), ("0.5", 0.5)])
def test_number(text, value):
    assert number(text) == value


def test_settings_nobody_typed_are_left_to_the_defaults(tpo, monkeypatch):
    seen = {}

    def start(prompt, system, messages, db, output, settings):
        seen.update(settings)
        return 0

    monkeypatch.setattr("tpo.cli.commands.run.start", start)
    tpo("run", "x", "--no-live", "--human-pick", "--max-tokens", "none", "-w", "2")
    assert seen == {"live": False, "human_pick": True, "max_tokens": None, "width": 2}


def test_the_help_lists_every_policy_and_reward(tpo):
    said = "".join(tpo("run", "--help").out.replace("│", " ").split())
    known = [form.form for form in (*POLICY_FORMS, *REWARDS)]
    assert [form for form in known if form not in said] == []
