"""What models are told the rewards of a mix are called: nothing that could give an answer away."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from steps import prefer_later, run, says

import tpo
from tpo.core.reference_mark import named_by
from tpo.core.told_name import told_name, told_text
from tpo.rewards.mixing.part_names import told_names

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
        ("verify:exact#4b227777", "verify:exact"),
        ("cached:verify:math:42", "verify:math"),
        ("cached:verify:command:grep -q 42 {file}", "command grep"),
        ("vllm:http://127.0.0.1:8000", "vllm"),
        ("tei:https://internal.corp:8080?max_length=9", "tei?max_length=9"),
        ("sglang:http://gpu:30000?tokenizer=/home/me/tok", "sglang?tokenizer=tok"),
        ("hf:/home/me/models/x?device=cpu", "hf:x?device=cpu"),
        ("hf:org/name", "hf:org/name"),
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
    two = [named_by("exact", "42"), named_by("exact", "43")]
    assert told_names(two) == ("verify:exact 1", "verify:exact 2")


@pytest.mark.parametrize("given", ["object", "spec"])
def test_an_agent_is_not_told_the_command_of_a_reward_that_cannot_score(given, monkeypatch):
    words = ["no_such_program", "--gold", f"it's {REFERENCE}", "{file}"]
    reward = tpo.CommandReward(words)
    spec = f'verify:command:no_such_program   --gold "it\'s {REFERENCE}" {{file}}'
    monkeypatch.setenv("TPO_VERIFIERS", spec.removeprefix("verify:"))
    part: Any = reward if given == "object" else spec
    said = tpo.tpo_tool(says(), part, depth=0, width=2).invoke({"task": "Why is the sky blue?"})
    assert "reward 'command no_such_program' cannot score" in said.replace('"', "'")
    assert REFERENCE not in said
    with pytest.raises(tpo.RewardError, match=REFERENCE):  # a person is told the whole
        run(says(), part, depth=0, width=2)


def test_nor_the_command_that_is_not_allowed_any_more(monkeypatch):
    spec = f"verify:command:grep -qx {REFERENCE} {{file}}"
    monkeypatch.setenv("TPO_VERIFIERS", spec.removeprefix("verify:"))
    tool = tpo.tpo_tool(says(), reward=spec, depth=0, width=2)
    monkeypatch.delenv("TPO_VERIFIERS")
    said = tool.invoke({"task": "Why is the sky blue?"})
    assert "not allowed" in said
    assert REFERENCE not in said


def test_a_sentence_keeps_what_only_looks_like_a_part_of_a_reference():
    assert told_text("at http://h/a@b: 4", ["verify:exact:http://h/a@b"]) == "at http://h/a@b: 4"
