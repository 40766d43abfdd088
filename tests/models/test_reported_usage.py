"""Usage is read in whatever shape a server reports it, and is exact only where it can be."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk

from tpo.core.replies.reply import Reply
from tpo.models.reported_usage import Counted, counted_by, counted_in_stream, usage_in
from tpo.models.request_cost import cost_of

OPENAI = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


@pytest.mark.parametrize(
    ("report", "counted"),
    [
        (OPENAI, Counted(10, 0, 5)),
        ({"input_tokens": 10, "output_tokens": 5}, Counted(10, 0, 5)),
        ({"prompt_eval_count": 10, "eval_count": 5}, Counted(10, 0, 5)),
        ({"promptTokenCount": 10, "candidatesTokenCount": 5}, Counted(10, 0, 5)),
        ({"inputTokens": 10, "outputTokens": 5, "cacheReadInputTokens": 3}, Counted(10, 3, 5)),
        ({**OPENAI, "prompt_tokens_details": {"cached_tokens": 4}}, Counted(10, 4, 5)),
        ({**OPENAI, "prompt_cache_hit_tokens": 4}, Counted(10, 4, 5)),
        (
            {"input_tokens": 10, "output_tokens": 5, "input_token_details": {"flex_cache_read": 4}},
            Counted(10, 4, 5),
        ),
        ({"prompt_tokens": "10", "completion_tokens": 5.0}, Counted(10, 0, 5)),
        ({**OPENAI, "prompt_tokens_details": None, "total_tokens": None}, Counted(10, 0, 5)),
        # Reasoning is in the total only.
        ({**OPENAI, "total_tokens": 40}, Counted(10, 0, 30)),
        ({**OPENAI, "total_tokens": 0}, Counted(10, 0, 5)),
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, Counted(sound=False)),
        ({"prompt_tokens": 10}, Counted(10, sound=False)),
        ({"prompt_tokens": None, "completion_tokens": "many"}, None),
        ({"prompt_tokens": True, "completion_tokens": float("nan")}, None),
        # More than any model takes: a fault of the server, and no ground to stop a budget.
        ({"prompt_tokens": 1e30, "completion_tokens": 5}, Counted(0, 0, 5, sound=False)),
        ({}, None),
        (None, None),
        (7, None),
    ],
)
def test_a_report_is_read_by_any_name(report, counted):
    assert usage_in(report) == counted


def message(usage: Any = None, kind: Any = AIMessage, **metadata: Any) -> Any:
    made = kind("x", response_metadata=metadata)
    made.usage_metadata = usage
    return made


def counts(given: int, came: int) -> dict[str, int]:
    return {"input_tokens": given, "output_tokens": came, "total_tokens": given + came}


def test_it_is_found_wherever_it_stands():
    assert counted_by([message(counts(10, 5))]) == Counted(10, 0, 5)
    assert counted_by([message(token_usage=OPENAI)]) == Counted(10, 0, 5)
    assert counted_by([message()], {"token_usage": OPENAI}) == Counted(10, 0, 5)
    assert counted_by([message()], {"usage": None}) is None
    assert counted_by([]) is None


def test_what_several_texts_repeat_is_counted_once():
    assert counted_by([message(counts(10, 5)), message(counts(10, 5))]) == Counted(10, 0, 5)
    each = counted_by([message(counts(10, 5)), message(counts(10, 7))])
    assert each == Counted(10, 0, 12, sound=False)


@pytest.mark.parametrize(
    ("reports", "counted"),
    [
        ([None, None, (10, 5)], Counted(10, 0, 5)),  # at the end
        ([(10, 0), (10, 2), (10, 5)], Counted(10, 0, 5)),  # so far, in every piece
        ([(10, 5), (10, 5)], Counted(10, 0, 5)),  # the end, twice
        ([(10, 0), (0, 5)], Counted(10, 0, 5)),  # parts that add up
        ([(10, 2), (0, 2), (0, 1)], Counted(10, 0, 5)),
        ([(10, 1), (10, 1), (10, 1)], Counted(10, 0, 1, sound=False)),  # either of them
        ([(10, 3), (10, 1), (10, 2)], Counted(10, 0, 6, sound=False)),
        ([None, None], None),
        ([], None),
    ],
)
def test_a_stream_may_report_in_every_piece_or_at_the_end(reports, counted):
    pieces = [message(r and counts(*r), AIMessageChunk) for r in reports]
    assert counted_in_stream(pieces) == counted


@pytest.mark.parametrize(
    ("counted", "exact"),
    [
        (Counted(10, 0, 5), True),
        (Counted(10, 0, 2), False),  # too few for the text
        (Counted(10, 0, 5, sound=False), False),
        (None, False),
    ],
)
def test_a_cost_is_exact_only_where_the_report_can_be(counted, exact):
    paid = cost_of(counted, [Reply("x" * 30)])
    assert (paid["requests"], paid["sequences"], paid["exact"]) == (1, 1, exact)
    assert paid["output_tokens"] == (counted.output if counted else 0)
