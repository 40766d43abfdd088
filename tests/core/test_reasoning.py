"""Reasoning in a text: every markup in use is cut off, and what only looks like one stays."""

from __future__ import annotations

import re

import pytest
from langchain_core.messages import AIMessage

from tpo.core.replies.reasoning import outside_reasoning, split_reasoning, sure_part
from tpo.core.replies.reasoning_marks import REASONING_TAGS
from tpo.core.replies.reply import Reply, read_reply
from tpo.prompts.update import partial_update, read_update

TAGGED = "<improved_answer>draft</improved_answer>"
START, CHANNEL, MESSAGE = "<|start|>assistant", "<|channel|>", "<|message|>"


@pytest.mark.parametrize(
    ("raw", "text", "reasoning"),
    [
        ("plain", "plain", ""),
        ("<think>hm</think>\n\nyes", "yes", "hm"),
        ("\n <THINK>hm</THINK> yes", "yes", "hm"),
        ("<thinking>a</thinking><reasoning>b</reasoning>c", "c", "a\n\nb"),
        ("<think>a</think>\n<think>b</think> c", "c", "a\n\nb"),
        ("<think>never closed", "", "never closed"),
        ("<think></think>yes", "yes", ""),
        ("<think> hm </think> yes", "yes", "hm"),
        ("opened by the template</think>\nyes", "yes", "opened by the template"),
        ("opened by the template\n</think>\n\nyes", "yes", "opened by the template"),
        ("opened by the template.</think>Yes", "Yes", "opened by the template."),
        ("opened[/THINK]yes", "yes", "opened"),
        (f"plan {TAGGED}</think> yes", "yes", f"plan {TAGGED}"),
        (f"<think>{TAGGED}</think> yes", "yes", TAGGED),
        ("yes <think>late</think>", "yes <think>late</think>", ""),
        ("Write <think>, then </think>.", "Write <think>, then </think>.", ""),
        ("<thinker>no</thinker>", "<thinker>no</thinker>", ""),
        ("", "", ""),
    ],
)
def test_reasoning_is_cut_off(raw, text, reasoning):
    assert split_reasoning(raw) == (text, reasoning)
    reply = read_reply(AIMessage(raw))
    assert (reply.text, reply.reasoning) == (text, reasoning)


@pytest.mark.parametrize(
    "raw",
    [
        *(f"<{tag}>hm</{tag}>\n\nyes" for tag in REASONING_TAGS),
        "[THINK]hm[/THINK]yes",
        "◁think▷hm◁/think▷yes",
        "<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>yes<|END_RESPONSE|>",
        "<|channel>thought\nhm<channel|>yes",
        "<|begin_of_thought|>\nhm\n<|end_of_thought|>\n<|begin_of_solution|>\nyes\n"
        "<|end_of_solution|>",
        "<|inner_prefix|>hm<|inner_suffix|>yes",
        "<|think|>hm<|end|><|begin|>assistant<|content|>yes",
        f"{CHANNEL}analysis{MESSAGE}hm<|end|>{START}{CHANNEL}final{MESSAGE}yes<|return|>",
        f"{CHANNEL}analysis{MESSAGE}hm{START}{CHANNEL}final {MESSAGE}yes",
        f"{START}{CHANNEL}analysis{MESSAGE}hm<|end|>"
        f"{CHANNEL}final <|constrain|>json{MESSAGE}yes<|end|>",
        '<details type="reasoning" done="true" duration="3">hm</details>\nyes',
        "analysis" + "(hm)assistantfinalyes",
        "Here is my thought process: hm\nHere is my response: yes",
        "Here's my thought process:\nhm\nHere's my response:\nyes",
    ],
)
def test_every_markup_is_known(raw):
    text, reasoning = split_reasoning(raw)
    assert (text, reasoning.strip("()")) == ("yes", "hm")


def test_a_channel_between_analysis_and_final_is_reasoning_too():
    one, two = f"{CHANNEL}analysis{MESSAGE}a<|end|>", f"{START}{CHANNEL}commentary{MESSAGE}b<|end|>"
    assert split_reasoning(f"{one}{two}{START}{CHANNEL}final{MESSAGE}yes") == ("yes", "a\n\nb")


@pytest.mark.parametrize(
    "raw",
    [
        "End it with `</think>` always",
        'End it with "</think>" always',
        "The tag </think> ends the block.",
        "It ends with </think>, then the answer follows.",
        "A block (closed by </think>) is reasoning.",
        "Like this:\n```\n</think>\n```\nand no other way.",
        "Kimi writes ◁/think▷ where others write [/THINK] instead.",
        "Here is my thought process: I would ask first.",
        "analysis paralysis is real",
        "The details are in <details>hm</details>\nhere",
        "the stop token is <|return|>",
    ],
)
def test_a_mark_that_the_answer_speaks_of_cuts_nothing(raw):
    assert split_reasoning(raw) == (raw, "")


def test_a_mark_that_the_reasoning_speaks_of_does_not_end_it():
    raw = "<think>They ask what </think> does. I say: `</think>` ends me.\n</think>\nIt ends this."
    text, reasoning = split_reasoning(raw)
    assert text == "It ends this."
    assert reasoning.endswith("ends me.")


def test_a_tag_inside_reasoning_is_passed_over():
    tag = re.compile("<x>")
    found = outside_reasoning(tag, "<think><x></think> a <x> <think><x></think>")
    assert found
    assert found.start() == 21
    assert outside_reasoning(tag, "<think> never closed <x>") is None
    assert outside_reasoning(tag, "nothing") is None


@pytest.mark.parametrize("sure", ["yes", "a < b", "<b>bold", "3 <"])
def test_of_an_unfinished_answer_only_what_is_certain_is_shown(sure):
    assert sure_part(sure) == sure.removesuffix("<")


@pytest.mark.parametrize(
    "head", ["<", "<thi", "[TH", "◁th", "<|channel|>ana", "<seed:th", "Here is my", "ana"]
)
def test_what_may_become_reasoning_is_not_shown(head):
    assert sure_part(head) == ""


PIECES = ["<think></think>", "<think>", "</think>", "`</think>`", "<think> </think> a", "[THINK]"]


@pytest.mark.parametrize("piece", [*PIECES, *(f"{m}x" for m in ("<", "◁", "<|channel|>", "\n"))])
def test_thousands_of_marks_are_read_once_each(piece):
    """In quadratic time this would run for minutes, and be stopped."""
    text = piece * 60_000
    split_reasoning(text)
    outside_reasoning(re.compile("<improved_answer>"), text)
    read_update(Reply(text))
    partial_update(text)
