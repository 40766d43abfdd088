"""What models reply: reasoning apart, refusals count, the rest is an error with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage

from tpo.core.reply import read_reply, split_reasoning, well_formed

TAGGED = "<improved_answer>draft</improved_answer>"
CALL = {"name": "f", "args": {}, "id": "1"}


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
        ("opened by the template</think>\nyes", "yes", "opened by the template"),
        (f"plan {TAGGED}</think> yes", "yes", f"plan {TAGGED}"),
        (f"<think>{TAGGED}</think> yes", "yes", TAGGED),
        ("yes <think>late</think>", "yes <think>late</think>", ""),
        ("Write <think>, then </think>.", "Write <think>, then </think>.", ""),
        ("End it with `</think>` always", "End it with `</think>` always", ""),
        ('End it with "</think>" always', 'End it with "</think>" always', ""),
        ("<thinker>no</thinker>", "<thinker>no</thinker>", ""),
        ("", "", ""),
    ],
)
def test_reasoning_is_cut_off(raw, text, reasoning):
    assert split_reasoning(raw) == (text, reasoning)
    reply = read_reply(AIMessage(raw))
    assert (reply.text, reply.reasoning) == (text, reasoning)


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
        (AIMessage("half a sent"), "length", None),
        (AIMessage("cut by the filter"), "content_filter", None),
        (AIMessage("fine"), "stop", None),
    ],
)
def test_what_cannot_be_used_has_a_reason(message, reason, error):
    reply = read_reply(message, reason)
    assert reply.error is None if error is None else str(reply.error).startswith(error)
    assert reply.failure == (error and error.partition(":")[0])
    assert reply.finish_reason == (reason.lower() if reason else None)


def test_a_refusal_is_an_answer():
    reply = read_reply(AIMessage("", additional_kwargs={"refusal": " I won't. "}))
    assert (reply.text, reply.error, reply.finish_reason) == ("I won't.", None, "refusal")
    both = read_reply(AIMessage("text", additional_kwargs={"refusal": "I won't."}))
    assert both.text == "text"


@pytest.mark.parametrize("where", ["finish_reason", "stop_reason"])
def test_the_finish_reason_is_found_where_providers_put_it(where):
    message = AIMessage("x", response_metadata={where: "STOP"})
    assert read_reply(message).finish_reason == "stop"
    assert read_reply(message, "length").finish_reason == "length"


@pytest.mark.parametrize("text", ["a\ud83d", "\ude00b", "x\ud83d\ud83dy"])
def test_half_characters_do_not_reach_a_file_or_terminal(text):
    extra: dict[str, Any] = {"reasoning_content": text}
    reply = read_reply(AIMessage(f"{text}.", additional_kwargs=extra))
    assert "�" in reply.text.encode().decode()
    assert "�" in reply.reasoning.encode().decode()
    assert well_formed("fine 🚀 好") == "fine 🚀 好"
