"""What models are told the rewards of a mix are called: nothing that could give an answer away."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from steps import prefer_later, run, says

import tpo
from tpo.rewards.mixing.part_names import told_name, told_names

REFERENCE = "XANADU42"
GREP_PATH = str(shutil.which("grep"))
GREP = ["grep", "-qx", REFERENCE, "{file}"]


@pytest.mark.parametrize("mode", ["tpo", "adaptive"])
def test_no_model_is_shown_what_a_command_of_a_mix_is_given(mode):
    second = tpo.CommandReward([GREP_PATH, "-q", f"not {REFERENCE}", "{file}"])
    parts = [tpo.Part(prefer_later), tpo.Part(tpo.CommandReward(GREP)), tpo.Part(second)]
    model = says()
    result = run(model, tpo.Mix(parts), mode=mode)
    assert not any(REFERENCE in ask.text for ask in model.asked)
    assert any("- failed: command grep 1: grep (exit status 1)" in ask.text for ask in model.asked)
    first = result["candidates"][0]
    assert [c["criterion"] for c in first["checks"]] == [
        "command grep 1: grep",
        "command grep 2: grep",
    ]
    assert first["parts"].keys() == {
        "prefer_later",
        f"verify:command:grep -qx {REFERENCE} {{file}}",
        second.name,
    }


def test_nor_is_what_an_answer_s_schema_or_a_cache_is_around(tmp_path):
    kept: Any = tpo.cached(tpo.CommandReward(GREP), tmp_path / "scores.db")
    schema = {"type": "string"}
    model = says(sample=lambda k: f'"first {k}"')
    run(model, kept, answer_schema=schema, width=2)
    assert not any(REFERENCE in ask.text for ask in model.asked)
    assert any("command grep: grep" in ask.text for ask in model.asked)


def test_an_agent_that_reads_why_nothing_was_found_is_not_told_either():
    mix = tpo.Mix([tpo.Part(prefer_later)], [tpo.CommandReward(GREP)])
    tool = tpo.tpo_tool(says(), mix, depth=0, width=2)
    said = tool.invoke({"task": "Why is the sky blue?"})
    assert "vetoed by command grep" in said
    assert REFERENCE not in said


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("verify:command:a 'b c' '{file}'", "command a"),
        ("verify:command:'/my programs/check it' {file}", "command check it"),
        ("verify:command:curl 'http://h/{file}", "command"),
        ("verify:command:", "command"),
        ("verify:json:/home/me/answer_is_42.json", "verify:json"),
        ("verify:exact#4b227777", "verify:exact#4b227777"),
        ("verify:mine:check", "verify:mine:check"),
        (
            "judge:openai:m@http://10.0.0.1:80/v1?reasons=1#abc (2)",
            "judge:openai:m?reasons=1#abc (2)",
        ),
        ("judge:embedded:/home/me/models/x.gguf?reasons=1", "judge:embedded:x.gguf?reasons=1"),
        ("judge:huggingface:~/m/qwen", "judge:huggingface:qwen"),
        ("judge:openai:Qwen/Qwen2.5-7B@10.0.0.1:80", "judge:openai:Qwen/Qwen2.5-7B"),
        ("polite", "polite"),
    ],
)
def test_a_told_name_has_no_arguments_files_and_servers(name, told):
    assert told_name(name) == told


def test_those_that_would_be_alike_are_numbered():
    names = ["verify:json:a.json", "b", "verify:json:c.json"]
    assert told_names(names) == ("verify:json 1", "b", "verify:json 2")
