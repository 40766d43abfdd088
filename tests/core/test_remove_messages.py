"""Messages that remove others: taken where there is something to remove."""

from __future__ import annotations

import pytest
from langchain_core.messages import HumanMessage, RemoveMessage
from langgraph.graph.message import REMOVE_ALL_MESSAGES, add_messages

from tpo.core.errors import InputError
from tpo.core.remove_messages import refuse_removals, refuse_unknown_removals

ALL = RemoveMessage(id=REMOVE_ALL_MESSAGES)
HUMAN = HumanMessage("Why?", id="h")


@pytest.mark.parametrize(
    "messages",
    [
        [RemoveMessage(id="a")],
        [HUMAN, RemoveMessage(id="h")],
        [ALL, HUMAN],
        [RemoveMessage(id="nope"), ALL],
        [],
    ],
    ids=["there", "in the same list", "all", "dropped by the next", "nothing"],
)
def test_what_langgraph_can_merge_is_taken(messages):
    refuse_unknown_removals(messages, ["a"])
    add_messages([HumanMessage("x", id="a")], messages)


@pytest.mark.parametrize(
    "messages",
    [
        [RemoveMessage(id="nope")],
        [RemoveMessage(id="h"), HUMAN],
        [ALL, RemoveMessage(id="a")],
        [ALL, HUMAN, RemoveMessage(id="h")],
    ],
    ids=["unknown", "too early", "removed before", "kept as it is"],
)
def test_what_it_cannot_is_refused(messages):
    with pytest.raises(InputError, match=r"there is no message '(nope|h|a)' to remove"):
        refuse_unknown_removals(messages, ["a"])


@pytest.mark.parametrize("message", [ALL, RemoveMessage(id="h")])
def test_without_a_history_nothing_is_removed(message):
    with pytest.raises(InputError, match="there is nothing to remove"):
        refuse_removals([HUMAN, message])
    refuse_removals([HUMAN])
