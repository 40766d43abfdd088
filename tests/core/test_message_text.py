"""Text out of content in every provider's form; what else there is has a name."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from tpo.core.conversation import read_conversation
from tpo.core.errors import InputError
from tpo.core.message_text import message_words, spoken

CALL = {"name": "weather", "args": {"city": "Rome"}, "id": "c1", "type": "tool_call"}
USE = {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Rome"}}
RESULT = {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "22"}]}
TEXT = {"type": "text", "text": "Why?"}


@pytest.mark.parametrize(
    ("content", "beside"),
    [
        ("Why?", []),
        ([TEXT], []),
        (["Wh", "y?"], []),
        ([{"text": "Why?"}], []),
        ([{"type": "input_text", "text": "Why?"}, {"type": "input_image"}], ["input_image"]),
        ([TEXT, {"type": "video", "base64": "AA"}], ["video"]),
        ([{"type": "media", "file_uri": "gs://x"}, TEXT], ["media"]),
        ([TEXT, {"type": "image", "file_id": "f"}], ["image"]),
        ([{"type": "guard_content", "text": "x"}, TEXT], ["guard_content"]),
        ([{"cachePoint": {"type": "default"}}, TEXT], ["cachePoint"]),
        ([TEXT, {}], ["nothing"]),
        ([TEXT, {"type": "text", "text": None}], ["text"]),
    ],
)
def test_text_is_taken_and_the_rest_is_named(content, beside):
    read = read_conversation([HumanMessage(content)])
    assert (read.query, read.text, read.other_parts) == ("Why?", "Why?", beside)


def test_a_refusal_is_what_the_model_said():
    assert message_words(AIMessage([{"type": "refusal", "refusal": "No."}])) == "No."


def test_a_tool_result_in_a_human_turn_is_not_the_query():
    """Anthropic's own form puts the results of tools into human turns."""
    asked = [HumanMessage("Warm?"), AIMessage([USE], tool_calls=[CALL])]
    for last, query, text in (
        ([RESULT], "Warm?", "User: Warm?\n\nTool result: 22"),
        ([RESULT, TEXT], "Why?", "User: Warm?\n\nTool result: 22\n\nUser: Why?"),
    ):
        read = read_conversation([*asked, HumanMessage(last)])
        assert (read.query, read.text) == (query, text)
        assert read.messages[-1].content == last  # the policy gets it as it came


def test_results_are_turns_of_their_own():
    tool, human = spoken([HumanMessage([RESULT, TEXT], name="ada")])
    assert isinstance(tool, ToolMessage)
    assert (tool.tool_call_id, message_words(tool), human.content, human.name) == (
        "c1",
        "22",
        [TEXT],
        "ada",
    )


def test_an_answer_of_another_agent_may_stand_last():
    turns = [HumanMessage("Why?"), AIMessage("I found it.", name="researcher")]
    assert read_conversation(turns).query == "Why?"
    with pytest.raises(InputError, match="already ends with an answer"):
        read_conversation([turns[0], AIMessage("Because.")])
