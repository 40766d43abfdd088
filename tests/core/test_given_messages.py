"""Messages as they come: each counts, and what no saver can write does not stop a run."""

from __future__ import annotations

import pytest
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    HumanMessage,
    RemoveMessage,
    ToolMessage,
)
from langgraph.graph.message import REMOVE_ALL_MESSAGES

from tpo.core.errors import InputError
from tpo.core.given_messages import add_turns, as_meant, can_be_saved, savable

ASKED = [HumanMessage("2+2?", id="q"), AIMessage("4", id="run-1")]
HALF = "\ud83d"  # of a character outside the basic plane


class Unsaved:
    """An object that no saver can write."""


def texts(messages):
    return [message.text for message in messages]


def test_two_messages_of_one_id_are_two_turns():
    again = [HumanMessage("3+3?", id="q"), AIMessage("6", id="run-1")]
    turns = add_turns([], [*ASKED, *again])
    assert texts(turns) == ["2+2?", "4", "3+3?", "6"]
    assert len({turn.id for turn in turns}) == 4
    assert [turn.id for turn in turns[:2]] == ["q", "run-1"]


def test_one_object_given_twice_is_two_turns_and_stays_as_it_is():
    thrice = HumanMessage("again")
    assert texts(add_turns([], [thrice, thrice, thrice])) == ["again"] * 3
    assert thrice.id is None


def test_a_message_still_replaces_or_removes_one_of_the_thread():
    assert texts(add_turns(ASKED, [AIMessage("four", id="run-1")])) == ["2+2?", "four"]
    assert texts(add_turns(ASKED, [RemoveMessage(id="run-1")])) == ["2+2?"]
    assert texts(add_turns(ASKED, [RemoveMessage(id=REMOVE_ALL_MESSAGES), ("user", "x")])) == ["x"]


def test_a_piece_of_a_stream_becomes_a_message():
    (turn,) = add_turns([], AIMessageChunk("4", id="run-1"))
    assert type(turn) is AIMessage


def test_removals_are_carried_out_where_there_is_something_to_remove():
    assert texts(as_meant([*ASKED, RemoveMessage(id="q"), HumanMessage("So?")])) == ["4", "So?"]
    with pytest.raises(InputError, match="there is no message 'nope' to remove"):
        as_meant([*ASKED, RemoveMessage(id="nope")])


@pytest.mark.parametrize(
    "message",
    [
        HumanMessage(f"a{HALF}b\0c"),
        HumanMessage([{"type": "text", "text": f"a{HALF}b\0c"}]),
        HumanMessage([f"a{HALF}b\0c"]),
    ],
)
def test_half_characters_and_nul_are_replaced(message):
    assert savable(message).text == "a�b�c"
    assert "\0" in message.text  # the caller's own stays as it is


def test_a_message_that_needs_nothing_is_the_same_object():
    message = ToolMessage("22 °C", tool_call_id="1", artifact={"celsius": 22})
    assert savable(message) is message


@pytest.mark.parametrize(
    ("message", "left"),
    [
        (ToolMessage("22", tool_call_id="1", artifact=Unsaved()), {"artifact": None}),
        (HumanMessage("x", note=Unsaved()), {"note": None}),
        (
            AIMessage("x", additional_kwargs={"mine": Unsaved(), "refusal": None}),
            {"additional_kwargs": {"refusal": None}},
        ),
        (
            AIMessage("x", response_metadata={"raw": Unsaved(), "model_name": "m"}),
            {"response_metadata": {"model_name": "m"}},
        ),
    ],
)
def test_what_no_saver_can_write_is_left_out_and_the_rest_stays(message, left):
    kept = savable(message)
    assert can_be_saved(kept)
    assert not can_be_saved(message)
    assert kept.text == message.text
    assert {name: getattr(kept, name) for name in left} == left
