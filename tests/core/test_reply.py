"""What models reply: reasoning apart, refusals count, the rest is an error with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage

from tpo.core.replies.finish_reason import ending
from tpo.core.replies.reply import read_reply, well_formed

CALL = {"name": "f", "args": {}, "id": "1"}


BLOCKS = [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "yes"}]


@pytest.mark.parametrize(
    "message",
    [
        AIMessage(BLOCKS),
        AIMessage("yes", additional_kwargs={"reasoning_content": "hm"}),
        AIMessage(BLOCKS, additional_kwargs={"reasoning_content": "hm"}),
        AIMessage("<think>hm</think>yes", additional_kwargs={"reasoning_content": "hm"}),
        AIMessage(
            [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "yes"}],
            response_metadata={"model_provider": "anthropic"},
        ),
    ],
)
def test_reasoning_of_every_shape_is_kept_once(message):
    reply = read_reply(message)
    assert (reply.text, reply.reasoning, reply.error) == ("yes", "hm", None)


@pytest.mark.parametrize(
    ("message", "reason", "error"),
    [
        (AIMessage(""), None, "empty: the model returned no text"),
        (AIMessage([]), None, "empty: the model returned no text"),
        (AIMessage(" \n"), "stop", "empty: the model returned no text"),
        (AIMessage(""), "length", "empty: cut off before the first word; raise max_tokens"),
        (AIMessage(""), "MAX_TOKENS", "empty: cut off before the first word; raise max_tokens"),
        (AIMessage("<think>x"), "length", "empty: the model only thought; raise max_tokens"),
        (AIMessage("<think>x</think>"), "stop", "empty: the model only thought; raise max_tokens"),
        (
            AIMessage(""),
            "content_filter",
            "blocked: the provider withheld the answer (content_filter)",
        ),
        (AIMessage(""), "SAFETY", "blocked: the provider withheld the answer (safety)"),
        (AIMessage("", tool_calls=[CALL]), "tool_calls", "tool_call: the model asked for a tool"),
        (AIMessage("x", tool_calls=[CALL]), None, "tool_call: the model asked for a tool"),
        (AIMessage("", additional_kwargs={"function_call": {}}), None, "empty: the model returned"),
        (
            AIMessage("", additional_kwargs={"function_call": {"name": "f", "arguments": "{}"}}),
            "function_call",
            "tool_call: the model asked for a tool",
        ),
        (AIMessage(""), "MALFORMED_FUNCTION_CALL", "tool_call: the model tried to call a tool"),
        (AIMessage("half a sent"), "network_error", "failed: the server broke the reply off"),
        (AIMessage("half a sent"), "length", None),
        (AIMessage("cut by the filter"), "content_filter", None),
        (AIMessage("fine"), "stop", None),
    ],
)
def test_what_cannot_be_used_has_a_reason(message, reason, error):
    reply = read_reply(message, reason)
    assert reply.error is None if error is None else str(reply.error).startswith(error)
    assert reply.failure == (error and error.partition(":")[0])
    assert reply.finish_reason == ending(reason)


def test_a_refusal_is_an_answer():
    reply = read_reply(AIMessage("", additional_kwargs={"refusal": " I won't. "}))
    assert (reply.text, reply.error, reply.finish_reason) == ("I won't.", None, "refusal")
    both = read_reply(AIMessage("text", additional_kwargs={"refusal": "I won't."}))
    assert both.text == "text"


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"finish_reason": "STOP"}, "stop"),
        ({"stop_reason": "end_turn"}, "stop"),
        ({"done": True, "done_reason": "length"}, "length"),  # Ollama
        ({"stopReason": "guardrail_intervened"}, "content_filter"),  # Bedrock
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ({"status": "completed", "incomplete_details": None}, "stop"),  # the Responses API
        ({"status": "failed"}, "error"),
        ({"status": "whatever"}, None),
        ({"prompt_feedback": {"block_reason": "PROHIBITED_CONTENT"}}, "content_filter"),  # Gemini
        ({"prompt_feedback": {"block_reason": 0}, "finish_reason": "STOP"}, "stop"),
        ({}, None),
    ],
)
def test_the_finish_reason_is_found_where_providers_put_it(metadata, reason):
    message = AIMessage("x", response_metadata=metadata)
    assert read_reply(message).finish_reason == reason
    assert read_reply(message, "length").finish_reason == "length"


PARTS = [
    ([{"type": "text", "text": "Four"}, {"type": "text", "text": "."}], "Four.", ""),
    (["Fo", "ur."], "Four.", ""),
    ([{"type": "output_text", "text": "Four."}], "Four.", ""),
    ([{"type": "from_tomorrow", "data": [1]}, {"type": "text", "text": "Four."}], "Four.", ""),
    ([{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, "Four."], "Four.", "hm"),
    ([{"type": "reasoning_content", "reasoning_content": {"text": "hm"}}, "Four."], "Four.", "hm"),
    (
        [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}, "Four."],
        *("Four.", "hm"),
    ),
    ([{"type": "redacted_thinking", "data": "xx"}, {"type": "text", "text": "Four."}], "Four.", ""),
    ([{"type": "refusal", "refusal": "No."}], "No.", ""),
    ([{"type": "text", "text": None}, {"type": None}, {}], "", ""),
    ("\ufeff\n\nFour.\n\n", "Four.", ""),
]


@pytest.mark.parametrize(("content", "text", "reasoning"), PARTS)
def test_content_of_every_shape_is_read(content, text, reasoning):
    reply = read_reply(AIMessage.model_construct(content=content))
    assert (reply.text, reply.reasoning) == (text, reasoning)


@pytest.mark.parametrize(
    "field",
    [
        {"reasoning_content": "hm"},  # DeepSeek, vLLM, Ollama
        {"reasoning": "hm"},  # Groq, OpenRouter, newer vLLM
        {"reasoning": {"summary": [{"type": "summary_text", "text": "hm"}]}},  # OpenAI
        {"reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},  # OpenRouter
        {"thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "x"}]},  # LiteLLM
    ],
)
def test_reasoning_in_a_field_is_kept_beside_the_text(field):
    reply = read_reply(AIMessage("yes", additional_kwargs=field))
    assert (reply.text, reply.reasoning) == ("yes", "hm")


def test_reasoning_marked_in_the_text_can_be_kept_there():
    message = AIMessage("<think>hm</think>yes", additional_kwargs={"reasoning": "aside"})
    reply = read_reply(message, keep_reasoning=True)
    assert (reply.text, reply.reasoning) == ("<think>hm</think>yes", "aside")


@pytest.mark.parametrize("text", ["a\ud83d", "\ude00b", "x\ud83d\ud83dy"])
def test_half_characters_do_not_reach_a_file_or_terminal(text):
    extra: dict[str, Any] = {"reasoning_content": text}
    reply = read_reply(AIMessage(f"{text}.", additional_kwargs=extra))
    assert "�" in reply.text.encode().decode()
    assert "�" in reply.reasoning.encode().decode()
    assert well_formed("fine 🚀 好") == "fine 🚀 好"
