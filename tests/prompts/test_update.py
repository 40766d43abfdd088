"""Finding the improved answer: lenient where it is safe, malformed with a reason elsewhere."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from langchain_core.messages import AIMessage

from tpo.core.context import Context
from tpo.core.replies.reply import read_reply
from tpo.prompts.update import (
    JSON_OUTPUT,
    JSON_SCHEMA,
    KEY,
    TAGS_OUTPUT,
    UpdateFormat,
    partial_update,
    read_update,
    update_format,
)

TAGS = "<improved_answer>{}</improved_answer>"
NO_TAG = "malformed: no <improved_answer> in the reply"
EMPTY = "malformed: <improved_answer> is empty"
GOOD = [
    (TAGS.format("yes"), "yes"),
    (f"Sure, here:\n{TAGS.format('yes')}\nHope it helps", "yes"),
    ("<improved_answer>\n yes \n</improved_answer>", "yes"),
    ("<improved_answer>cut off by the li", "cut off by the li"),
    ("<IMPROVED_Answer> yes </Improved_Answer>", "yes"),
    ("< improved_answer >yes< / improved_answer >", "yes"),
    (TAGS.format("one") + TAGS.format("two"), "one"),
    (TAGS.format("a < b and <b>bold</b>"), "a < b and <b>bold</b>"),
    (TAGS.format("write ‹query> and ‹/improved_answer>"), "write <query> and </improved_answer>"),
    (f"<think>{TAGS.format('draft')}</think>{TAGS.format('yes')}", "yes"),
    (f"<think>a</think> so <think>{TAGS.format('no')}</think>{TAGS.format('yes')}", "yes"),
    (f"Well <reasoning>{TAGS.format('no')}</reasoning> {TAGS.format('yes')}", "yes"),
    (f"{TAGS.format('draft')}\n</think>\n{TAGS.format('yes')}", "yes"),
    (TAGS.format("use <think>x</think> tags"), "use <think>x</think> tags"),
    ('{"improved_answer": "yes"}', "yes"),
    ('```json\n{"improved_answer": "yes"}\n```', "yes"),
    ('```\n{"improved_answer": "yes"}```', "yes"),
    ('{"thought": "\\"improved_answer\\": \\"no\\"", "improved_answer": "yes"}', "yes"),
    ('{"improved_answer": "say \\"hi\\"\\n\\u00e9 \\ud83d\\ude80"}', 'say "hi"\né 🚀'),
    ('{"improved_answer": "raw\nline"}', "raw\nline"),
    ('{"improved_answer": "cut off', "cut off"),
    ('{"improved_answer": "cut off\\', "cut off"),
    ('{"improved_answer": "cut off\\u00', "cut off"),
    ('{"improved_answer": "cut off\\ud83d', "cut off"),
    ('<think>{"improved_answer": "no"}</think>{"improved_answer": "yes"}', "yes"),
    ('{"improved_answer": "use <think>x</think> tags"}', "use <think>x</think> tags"),
    ('{"improved_answer": "a ```code``` b"}', "a ```code``` b"),
]
BAD = [
    ("no tag at all", NO_TAG),
    ("yes</improved_answer>", NO_TAG),
    ("<answer>yes</answer>", NO_TAG),
    (f"Well <think>{TAGS.format('no')} never closed", NO_TAG),
    (TAGS.format(""), EMPTY),
    (TAGS.format(" \n "), EMPTY),
    ('{"improved_answer": ""}', EMPTY),
    ('{"improved_answer": 3}', NO_TAG),
    ('{"improved_answer": null}', NO_TAG),
    ('{"answer": "yes"}', NO_TAG),
    ('{"improved_answer": "He said "hi" to me"}', NO_TAG),  # no silent truncation
    ('{"improved_answer": "bad \\x escape"}', NO_TAG),
    ("[1, 2]", NO_TAG),
]


@pytest.mark.parametrize(("text", "answer"), GOOD)
def test_the_answer_is_found(text, answer):
    read = read_update(read_reply(AIMessage(text)))
    assert (read.text, read.error, read.failure) == (answer, None, None)


@pytest.mark.parametrize(("text", "error"), BAD)
def test_a_malformed_reply_is_kept_whole_with_the_reason(text, error):
    read = read_update(read_reply(AIMessage(text)))
    assert (read.text, read.error, read.failure) == (text, error, "malformed")


def test_an_unusable_reply_keeps_its_own_reason():
    only_thought = read_reply(AIMessage(f"<think>{TAGS.format('no')}"))
    read = read_update(only_thought)
    assert (read.error, read.failure) == (
        "empty: the model only thought; raise max_tokens", "empty",
    )  # fmt: skip


CHANGES_ITS_MIND = {
    f"{TAGS.format('draft')}\n</think>\n{TAGS.format('yes')}",  # all of it was reasoning
    '{"improved_answer": "He said "hi" to me"}',  # it was no JSON after all
    '{"improved_answer": "bad \\x escape"}',
}
GROWING = [t for t, _ in GOOD + BAD if t not in CHANGES_ITS_MIND]
GROWING += [
    TAGS.format("half a quote ‹improved_answerx, ‹b, < 3, ‹ query> and </ improved"),
    TAGS.format("‹/query>‹query>‹ / gradient >"),
    TAGS.format("ends with < |im_end|> or < |im_e and < s>, [ INST] [ 1 ] < role>HUMAN</role>< b"),
    json.dumps({KEY: "tab\tquote\" slash\\ \\u0041 🚀🚀 é ‹query> ‹/loss>"}),
]  # fmt: skip


@pytest.mark.parametrize("text", GROWING)
def test_live_text_only_grows_and_is_how_the_answer_begins(text):
    read = read_update(read_reply(AIMessage(text)))
    answer, error = read.text, read.error
    views = [partial_update(text[:i]) for i in range(len(text) + 1)]
    for before, after in pairwise(views):
        assert after.startswith(before)
    assert views[-1] == ("" if error else answer) or (answer.startswith(views[-1]) and not error)


@pytest.mark.parametrize("start", ["<improved_answer>", '{"improved_answer": "'])
def test_live_text_does_not_wait_for_the_end(start):
    assert partial_update(f"{start}A long answer, ") == "A long answer,"


@pytest.mark.parametrize("text", sorted(CHANGES_ITS_MIND))
def test_where_live_text_cannot_know(text):
    """What was shown proves wrong only later: the finished candidate says what counts."""
    views = [partial_update(text[:i]) for i in range(len(text) + 1)]
    assert any(not after.startswith(before) for before, after in pairwise(views))


@pytest.mark.parametrize(
    ("wanted", "prefers_json", "as_json"),
    [
        ("auto", False, False),
        ("auto", True, True),
        ("json", False, True),
        ("json", True, True),
        ("tags", False, False),
        ("tags", True, False),
    ],
)
def test_the_format_that_is_asked_for(wanted, prefers_json, as_json):
    tags, as_object = UpdateFormat(TAGS_OUTPUT), UpdateFormat(JSON_OUTPUT, JSON_SCHEMA)
    context = Context(update_format=wanted)
    asked = update_format(context, prefers_json=prefers_json)
    assert asked == (as_object if as_json else tags)
    refused = {"response_format"}
    assert update_format(context, prefers_json=prefers_json, refused=refused) == tags
