"""The input: what is answered, what cannot be, and in which forms it may be given."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from tpo.core.conversation import read_conversation, to_messages
from tpo.core.errors import InputError

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
ASKS = AIMessage("", tool_calls=[{"name": "search", "args": {}, "id": "1"}])
FOUND = ToolMessage("found it", tool_call_id="1")


@pytest.mark.parametrize(
    ("turns", "query", "text"),
    [
        ([HumanMessage(" Why? ")], "Why?", "Why?"),
        ([SystemMessage("Short."), HumanMessage("Why?")], "Why?", "System: Short.\n\nUser: Why?"),
        (
            [HumanMessage("one"), AIMessage("1"), HumanMessage("two")],
            "two",
            "User: one\n\nAssistant: 1\n\nUser: two",
        ),
        (
            [HumanMessage("Why?"), ASKS, FOUND],
            "Why?",
            "User: Why?\n\nTool result: found it",
        ),
        ([HumanMessage([{"type": "text", "text": "See:"}, IMAGE])], "See:", "See:"),
        ([HumanMessage(["a", "b"])], "ab", "ab"),
        ([HumanMessage("Why?"), SystemMessage("late")], "Why?", "User: Why?\n\nSystem: late"),
    ],
)  # fmt: skip
def test_the_last_human_turn_is_the_query_and_all_turns_are_kept(turns, query, text):
    read = read_conversation(turns)
    assert (read.query, read.text, read.messages) == (query, text, turns)


@pytest.mark.parametrize(
    ("turns", "said"),
    [
        (None, "there is no human turn to answer: add a message with role 'user'"),
        ([], "there is no human turn"),
        ([SystemMessage("x"), AIMessage("y")], "there is no human turn"),
        ([HumanMessage("x"), AIMessage("y")], "already ends with an answer: add a new message"),
        ([HumanMessage("")], "the prompt is empty: say what to answer"),
        ([HumanMessage(" \n")], "the prompt is empty"),
        ([HumanMessage([])], "the prompt is empty"),
        ([HumanMessage([{"type": "text", "text": " "}])], "the prompt is empty"),
        ([HumanMessage([IMAGE])], "holds no text, only other parts such as images: say in words"),
        ([HumanMessage([IMAGE, {"type": "text", "text": ""}])], "holds no text, only other parts"),
        ([HumanMessage("x"), AIMessage("y"), HumanMessage("")], "the prompt is empty"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_sentence(turns, said):
    with pytest.raises(InputError) as caught:
        read_conversation(turns)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        "Why?",
        [("user", "Why?")],
        [("human", "Why?")],
        [{"role": "user", "content": "Why?"}],
        [HumanMessage("Why?")],
        (HumanMessage("Why?"),),
        ["Why?"],
    ],
)
def test_every_usual_form_is_taken(given):
    messages = to_messages(given)
    assert [(m.type, m.text) for m in messages] == [("human", "Why?")]


def test_roles_are_kept():
    given: Any = [("system", "s"), {"role": "user", "content": "u"}, AIMessage("a"), ("user", "v")]
    assert [m.type for m in to_messages(given)] == ["system", "human", "ai", "human"]


@pytest.mark.parametrize(
    "given",
    [
        "", " \n", None, 3, [3], [("nobody", "x")], [{"content": "x"}], [{"role": "user"}],
        {"role": "user", "content": "x"}, {"messages": [("user", "x")]}, HumanMessage("x"),
    ],
)  # fmt: skip
def test_other_forms_are_refused_in_one_sentence(given):
    with pytest.raises(InputError) as caught:
        to_messages(given)
    assert any(w in str(caught.value) for w in ("the prompt is empty", "chat messages"))
    assert "\n" not in str(caught.value)


def test_what_is_there_beside_text_is_known():
    turns = [HumanMessage([{"type": "text", "text": "See:"}, IMAGE]), HumanMessage("And?")]
    assert read_conversation(turns).other_parts == ["image_url"]
    assert read_conversation(turns[1:]).other_parts == []
