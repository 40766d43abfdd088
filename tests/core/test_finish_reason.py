"""Every provider's word for how a reply ended becomes one of ours."""

from __future__ import annotations

import pytest

from tpo.core.replies.finish_reason import ending, worst


@pytest.mark.parametrize(
    ("words", "ours"),
    [
        ("stop STOP end_turn eos_token eos eosFound stop_sequence COMPLETE completed", "stop"),
        ("length MAX_TOKENS max_output_tokens model_length REASON_MAX_LEN", "length"),
        ("maxPredictedTokensReached model_context_window_exceeded incomplete", "length"),
        ("content_filter SAFETY PROHIBITED_CONTENT BLOCKLIST sensitive", "content_filter"),
        ("guardrail_intervened content_filtered RECITATION SPII", "content_filter"),
        ("refusal", "refusal"),
        ("tool_calls tool_use TOOL_CALL function_call UNEXPECTED_TOOL_CALL", "tool_calls"),
        ("error network_error abort insufficient_system_resource failed", "error"),
        ("lengthlength lengthlengthlength stoplength STOPMAX_TOKENS", "length"),
        ("STOPSTOP end_turnend_turn", "stop"),
        ("content_filtercontent_filter stopcontent_filter", "content_filter"),
        ("FinishReason.MAX_TOKENS FINISH_REASON_MAX_TOKENS", "length"),
        ("ALTERNATIVE_STATUS_TRUNCATED_FINAL", "length"),
    ],
)
def test_every_spelling_is_joined_to_one_word(words, ours):
    assert {word: ending(word) for word in words.split()} == dict.fromkeys(words.split(), ours)


@pytest.mark.parametrize("nothing", [None, "", " ", "null", "None", "FINISH_REASON_UNSPECIFIED"])
def test_nothing_said_is_nothing(nothing):
    assert ending(nothing) is None


def test_an_unknown_word_is_kept():
    assert ending("Weary-Of-It") == "weary-of-it"


def test_of_several_the_worst_counts():
    assert worst(["stop", "length", None]) == "length"
    assert worst([None]) is None
    assert worst(["odd", "stop"]) == "odd"
    assert worst(["odd", "error"]) == "error"
