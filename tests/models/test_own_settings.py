"""What the user set on a model wins over our defaults; what a run was given wins over both."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI

from tpo.core.context import Context
from tpo.core.make_context import context_with, make_context
from tpo.models.asking.configure import configure, most_texts, streamed
from tpo.models.asking.own_settings import own_limit, thinking_tokens
from tpo.models.asking.sampling import answer_sampling, critique_sampling
from tpo.models.policy import Policy
from tpo.models.request import Request

NONE = frozenset[str]()


class Claudish(FakeListChatModel):
    responses: list[str] = ["hi"]  # noqa: RUF012  a pydantic field
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    thinking: dict[str, Any] | None = None
    stop_sequences: list[str] | None = None


def openai(**settings: Any) -> ChatOpenAI:
    return ChatOpenAI(model="m", api_key="none", **settings)


def request(model: Any, **options: Any) -> Request:
    return Request(Policy(model, "p"), [HumanMessage("Say hello")], **options)


def sent(model: Any, context: Context, **options: Any) -> Any:
    return configure(request(model, **answer_sampling(context), **options), NONE)


@pytest.mark.parametrize(
    ("own", "given", "limit"),
    [
        (None, {}, 2048),
        (16000, {}, 16000),
        (100, {}, 100),
        (16000, {"max_tokens": 300}, 300),
        (16000, {"max_tokens": 2048}, 2048),  # the same number, but somebody's word
        (16000, {"max_tokens": None}, 16000),
    ],
)
def test_the_models_own_limit_wins_over_the_default_only(own, given, limit):
    assert sent(openai(max_tokens=own) if own else openai(), Context(**given)).max_tokens == limit
    assert (
        sent(openai(max_tokens=own) if own else openai(), make_context(**given)).max_tokens == limit
    )


def test_other_defaults_of_a_server_are_somebodys_word():
    served = context_with("Served", max_tokens=512)
    assert sent(openai(max_tokens=16000), served()).max_tokens == 512
    assert sent(openai(max_tokens=16000), make_context(served(), depth=1)).max_tokens == 512


def test_a_settings_object_keeps_what_was_given_through_json():
    given = Context(depth=1).model_dump(mode="json", exclude_unset=True)
    assert sent(openai(max_tokens=16000), Context(**given)).max_tokens == 16000


def test_a_limit_that_a_class_fills_in_is_not_the_users():
    model = Claudish(max_tokens=64000)
    model.profile = {"max_output_tokens": 64000}
    assert own_limit(model) is None
    assert sent(model, Context()).max_tokens == 2048


@pytest.mark.parametrize(
    ("thinking", "given", "limit"),
    [
        (1024, {}, 2048),
        (2048, {}, 4096),
        (10000, {}, 12048),
        (10000, {"max_tokens": 500}, 10500),
        (10000, {"max_tokens": 20000}, 20000),
    ],
)
def test_a_budget_for_thinking_leaves_room_for_the_text(thinking, given, limit):
    model = Claudish(thinking={"type": "enabled", "budget_tokens": thinking})
    assert thinking_tokens(model) == thinking
    changed = sent(model, Context(**given))
    assert (changed.max_tokens, changed.temperature, changed.top_p) == (limit, None, None)
    critique = request(model, **critique_sampling(Context(), None))
    assert configure(critique, NONE).max_tokens > thinking  # type: ignore[attr-defined]


def test_thinking_that_is_turned_off_changes_nothing():
    changed = sent(Claudish(thinking={"type": "disabled"}), Context())
    assert (changed.max_tokens, changed.temperature, changed.top_p) == (2048, 0.7, 0.95)


@pytest.mark.parametrize(
    ("settings", "live", "whole", "texts"),
    [
        ({}, True, False, None),
        ({"streaming": True}, True, True, 1),
        ({"streaming": False}, False, False, None),
        ({"disable_streaming": True}, False, False, None),
    ],
)
def test_streaming_is_the_models_own_matter(settings, live, whole, texts):
    model = openai(**settings)
    assert streamed(request(model, live=True), NONE) is live
    assert streamed(request(model), NONE) is whole
    assert most_texts(request(model), NONE) == texts
    changed: Any = configure(request(model), NONE)
    assert (changed.disable_streaming, changed.streaming) == (not whole, whole)
    assert configure(request(model, live=True), NONE).disable_streaming is not live


def test_a_server_that_only_streams_is_asked_for_one_text_in_a_stream():
    only = frozenset({"whole"})
    changed: Any = configure(request(openai()), only)
    assert (changed.disable_streaming, changed.streaming, changed.stream_usage) == (
        False,
        True,
        True,
    )
    assert most_texts(request(openai()), only) == 1


def test_usage_in_streams_can_be_turned_off():
    model = openai(streaming=True, stream_usage=False)
    assert configure(request(model), NONE).stream_usage is False  # type: ignore[attr-defined]


def test_headers_bodies_and_the_rate_limiter_stay():
    model = openai(default_headers={"X-Team": "a"}, extra_body={"top_k": 3})
    changed = sent(model, Context())
    assert (changed.default_headers, changed.extra_body) == ({"X-Team": "a"}, {"top_k": 3})
    assert changed.rate_limiter is model.rate_limiter


def test_stop_sequences_reach_a_model_under_its_own_name():
    asked = request(Claudish(), **answer_sampling(Context(), ["END"]))
    assert configure(asked, NONE).stop_sequences == ["END"]  # type: ignore[attr-defined]
