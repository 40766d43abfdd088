"""`/v1` with what clients send of earlier turns: tools, parts in every form, numbers for "none"."""

from __future__ import annotations

from typing import Any

import pytest

from tpo.core.conversation import read_conversation
from tpo.core.make_context import make_context
from tpo.serving.error_responses import Refusal
from tpo.serving.openai_api.request import ChatRequest, read_request
from tpo.serving.server_settings import Settings

WEATHER = {"name": "weather", "arguments": '{"city": "Rome"}'}
CALLS = {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "function": WEATHER}]}
RESULT = {"role": "tool", "tool_call_id": "c", "content": '{"temp": 22}'}
WARM = {"role": "user", "content": "Is it warm in Rome?"}
WHY = {"role": "user", "content": "Why?"}


class Served:
    """A model with the usual settings."""

    context = staticmethod(lambda **settings: make_context(None, **settings))


def request(*messages: Any, **more: Any) -> ChatRequest:
    return read_request({"model": "tpo", "messages": [*messages], **more})


def test_a_tool_s_result_is_not_the_query():
    for turns, query in (
        ([WARM, CALLS, RESULT], "Is it warm in Rome?"),
        ([WARM, CALLS, RESULT, {"role": "assistant", "content": "Yes."}, WHY], "Why?"),
    ):
        messages = request(*turns).conversation(Settings())
        assert read_conversation(messages).query == query
        assert [m.type for m in messages[:3]] == ["human", "ai", "tool"]
        call, result = messages[1:3]
        assert call.tool_calls[0]["args"] == {"city": "Rome"}
        assert (result.tool_call_id, result.text) == ("c", '{"temp": 22}')


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "text", "text": None}, {"type": "text", "text": "Why?"}], "Why?"),
        ([{"type": "input_text", "text": "Why?"}], "Why?"),
        ([{"type": "output_text", "text": "Why?"}], "Why?"),
        ({"type": "text", "text": "Why?"}, "Why?"),
        ([{"type": "refusal", "refusal": "No."}], "No."),
        ([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "So."}], "So."),
        ([{"type": "reasoning", "summary": []}, {"type": "text", "text": "So."}], "So."),
        ([], ""),
        (None, ""),
    ],
)
def test_text_is_taken_in_every_form(content, text):
    turn = {"role": "assistant", "content": content}
    said = request(WARM, turn, WHY).conversation(Settings())
    assert [m.text for m in said] == [WARM["content"], text, "Why?"]


@pytest.mark.parametrize(
    ("turns", "said"),
    [
        ([{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}], "'image_url'"),
        ([WARM, {"role": "assistant", "content": "Warm"}], "already ends with an answer"),
        ([WARM, {"role": "assistant", "tool_calls": [{}]}, RESULT], "not a list of chat messages"),
        ([RESULT], "there is no human turn"),
    ],
)
def test_what_cannot_be_taken_is_one_sentence(turns, said):
    with pytest.raises(Refusal) as refused:
        request(*turns).conversation(Settings())
    assert (refused.value.status_code, refused.value.param) == (400, "messages")
    assert said in refused.value.detail
    assert "\n" not in refused.value.detail


@pytest.mark.parametrize(
    ("given", "setting", "value"),
    [
        ({"seed": -1}, "seed", None),
        ({"seed": -2}, "seed", 2**31 - 2),
        ({"seed": 7}, "seed", 7),
        ({"max_tokens": -1}, "max_tokens", 2048),
        ({"max_completion_tokens": -1, "max_tokens": 9}, "max_tokens", 9),
        ({"stop": ""}, "stop_sequences", ()),
        ({"stop": ["", "END"]}, "stop_sequences", ("END",)),
        ({"tpo": None}, "depth", 2),
    ],
)
def test_what_stands_for_none_is_none(given, setting, value):
    context = request(WHY, **given).context(Served, Settings())  # type: ignore[arg-type]
    assert getattr(context, setting) == value
