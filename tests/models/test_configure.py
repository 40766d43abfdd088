"""What a request sets on a model of any provider, what it asks for, and what it cost."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.globals import set_llm_cache
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_openai import ChatOpenAI
from scripted_model import ScriptedModel

from tpo.core.replies.reply import Reply
from tpo.models.ask import ask
from tpo.models.asking.configure import configure, streamed
from tpo.models.policy import Policy
from tpo.models.reported_usage import Counted
from tpo.models.request import Request, RequestError
from tpo.models.request_cost import cost_of, price_of

HELLO = [HumanMessage("Say hello")]
PARAMETERS = {"temperature": 0.7, "top_p": 0.9, "max_tokens": 50, "seed": 3}


class Geminish(FakeListChatModel):
    responses: list[str] = ["hi"]  # noqa: RUF012  a pydantic field
    max_output_tokens: int | None = None
    temperature: float | None = 1.0


def request(model: Any, **options: Any) -> Request:
    return Request(Policy(model, "p"), HELLO, **{"parameters": PARAMETERS, **options})


def openai(**settings: Any) -> ChatOpenAI:
    return ChatOpenAI(model="m", api_key="none", **settings)


def test_the_callers_model_stays_as_it_is():
    model = openai(temperature=1.5, n=4, extra_body={"mine": 1})
    before = model.model_dump()
    changed: Any = configure(request(model, n=2, live=True), frozenset())
    assert model.model_dump() == before
    assert {name: getattr(changed, name) for name in PARAMETERS} == PARAMETERS
    assert (changed.n, changed.cache, changed.disable_streaming) == (2, False, True)


def test_only_declared_fields_are_set():
    plain: Any = configure(request(FakeListChatModel(responses=["hi"])), frozenset())
    assert not {"temperature", "top_p", "max_tokens", "seed", "n"} & plain.__dict__.keys()
    gemini: Any = configure(request(Geminish()), frozenset())
    assert (gemini.max_output_tokens, gemini.temperature) == (50, 0.7)
    assert not {"max_tokens", "top_p"} & gemini.__dict__.keys()


def test_a_stream_has_the_time_of_its_request_unless_the_caller_bounds_its_pauses():
    bounded: Any = configure(request(openai(stream_chunk_timeout=3.0), live=True), frozenset())
    assert bounded.stream_chunk_timeout == 3.0
    free: Any = configure(request(openai(), live=True), frozenset())
    assert free.stream_chunk_timeout is None


def test_what_is_refused_goes_back_to_the_models_own_value():
    changed: Any = configure(request(openai(temperature=1.5)), frozenset({"temperature"}))
    assert changed.temperature == 1.5
    assert configure(request(openai()), frozenset({"temperature"})).temperature is None  # type: ignore[attr-defined]
    limited: Any = configure(request(Geminish(max_output_tokens=9)), frozenset({"max_tokens"}))
    assert limited.max_output_tokens == 9


def test_a_default_of_the_class_is_refused_like_ours_if_its_client_takes_none():
    changed: Any = configure(request(Geminish()), frozenset({"temperature"}))
    assert changed.temperature is None


def test_none_leaves_the_models_own():
    unset = request(openai(temperature=1.5), parameters={"temperature": None})
    changed: Any = configure(unset, frozenset())
    assert changed.temperature == 1.5


def test_a_model_known_to_refuse_temperature_is_not_sent_one():
    model = openai()
    model.profile = {"temperature": False}
    changed: Any = configure(request(model), frozenset())
    assert (changed.temperature, changed.top_p, changed.seed) == (None, None, 3)


def test_several_texts_are_streamed_by_the_model_and_not_by_langchain():
    one: Any = configure(request(openai(n=3), live=True), frozenset())
    assert (one.n, one.disable_streaming, one.stream_usage) == (None, False, True)
    quiet: Any = configure(request(openai(), live=True), frozenset({"stream_options"}))
    assert quiet.stream_usage is False
    many: Any = configure(request(openai(), live=True, n=2), frozenset())
    assert (many.n, many.disable_streaming, many.stream_usage) == (2, True, True)
    for unseen in (request(openai(), n=2), request(ScriptedModel(script=[]), live=True, n=2)):
        assert not streamed(unseen, frozenset())


def test_bodies_are_merged():
    policy = Policy(openai(extra_body={"mine": 1, "top_k": 9}), "p", extra_body={"top_k": 0})
    changed: Any = configure(Request(policy, HELLO, schema={"title": "t"}), frozenset())
    assert changed.extra_body.keys() == {"mine", "top_k", "response_format"}
    assert changed.extra_body["top_k"] == 0
    changed = configure(Request(policy, HELLO, schema={}), frozenset({"response_format"}))
    assert changed.extra_body == {"mine": 1, "top_k": 0}


async def test_a_model_without_structured_output_refuses_the_format():
    model = ScriptedModel(script=["never asked"])
    response = await ask(request(model, schema={"title": "update"}))
    assert (response.replies, response.refused) == ([], {"response_format"})
    assert model.asked == []


class Structured(ScriptedModel):
    def with_structured_output(self, schema: Any, **kwargs: Any) -> Any:
        assert kwargs == {"include_raw": True}
        return self | (lambda raw: {"raw": raw, "parsed": {"improved_answer": f"{raw.text}!"}})


async def test_a_model_with_its_own_structured_output_is_asked_through_it():
    model = Structured(script=["hé"])
    response = await ask(request(model, schema={"title": "update"}))
    assert response.replies[0].text == '{"improved_answer": "hé!"}'
    assert response.cost["output_tokens"] == 1


@pytest.mark.parametrize("live", [True, False])
async def test_a_global_cache_does_not_repeat_one_sample(live):
    set_llm_cache(InMemoryCache())
    try:
        model = ScriptedModel(script=["one", "two"])
        said = [(await ask(request(model, live=live))).replies[0].text for _ in range(2)]
    finally:
        set_llm_cache(None)
    assert said == ["one", "two"]


async def test_an_error_of_the_model_names_it():
    with pytest.raises(RequestError, match="p: ValueError: broken") as caught:
        await ask(request(ScriptedModel(script=[ValueError("broken")])))
    assert caught.value.cost["requests"] == 1


def usage(given: int, taken: int, cached: int | None = None) -> Any:
    details = {} if cached is None else {"input_token_details": {"cache_read": cached}}
    return {"input_tokens": given, "output_tokens": taken, "total_tokens": given + taken, **details}


@pytest.mark.parametrize(
    ("reported", "replies", "counted", "exact"),
    [
        (usage(7, 10, 4), [Reply("x" * 40)], (7, 4, 10), True),
        (usage(7, 50), [Reply("x" * 40)] * 5, (7, 0, 50), True),
        (usage(7, 10), [Reply("x" * 40)] * 5, (7, 0, 10), False),  # llama.cpp counts one of n
        (usage(7, 3), [Reply("yes", reasoning="x" * 40)], (7, 0, 3), False),
        (usage(7, 0), [Reply("", error="empty: x")], (7, 0, 0), True),
        (None, [Reply("yes")], (0, 0, 0), False),
    ],
)
def test_price(reported, replies, counted, exact):
    paid = price_of(AIMessage("x", usage_metadata=reported), replies)
    assert (paid["input_tokens"], paid["cached_tokens"], paid["output_tokens"]) == counted
    assert (paid["requests"], paid["sequences"], paid["exact"]) == (1, len(replies), exact)
    assert price_of(None, [])["exact"] is False


@pytest.mark.parametrize(
    ("signature", "texts", "exact"),
    [
        ("b7123-1a2b3c4", 2, False),
        ("b0-unknown", 2, False),
        ("b0-unknown", 1, True),
        ("fp_b1", 2, True),
    ],
)
def test_llama_cpp_counts_one_of_several_texts(signature, texts, exact):
    paid = cost_of(Counted(input=7, output=10), [Reply("xy")] * texts, signature)
    assert paid["exact"] is exact
