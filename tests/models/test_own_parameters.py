"""Parameters of a provider go with each request to the policy, in the way its model takes them."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from loopback_server import LoopbackServer

import tpo
from tpo.models.asking.configure import configure
from tpo.models.own_parameters import with_parameters
from tpo.models.policy import Policy
from tpo.models.request import Request


class Claudish(FakeListChatModel):
    responses: list[str] = ["hi"]  # noqa: RUF012  a pydantic field
    top_k: int | None = None


def test_into_the_body_of_the_openai_protocol():
    model = ChatOpenAI(model="m", api_key="none", extra_body={"top_k": 1, "own": 2})
    policy = with_parameters(Policy(model, "p"), ["top_k=20", "reasoning_effort=low"])
    sent: Any = configure(Request(policy, [HumanMessage("Hi")]), frozenset())
    assert sent.extra_body == {"top_k": 20, "own": 2, "reasoning_effort": "low"}
    assert model.extra_body == {"top_k": 1, "own": 2}


def test_else_fields_of_the_model_or_arguments_of_the_call():
    model = Claudish()
    policy = with_parameters(Policy(model, "p", arguments={"a": 1}), ["top_k=20", "min_p=0.5"])
    assert getattr(policy.model, "top_k", None) == 20
    assert policy.arguments == {"a": 1, "min_p": 0.5}
    assert model.top_k is None


def test_without_any_the_policy_stays_itself():
    policy = Policy(Claudish(), "p")
    assert with_parameters(policy, ()) is policy


@pytest.mark.loopback
def test_align_sends_them_with_answers_and_critiques_but_to_no_other_critic():
    with LoopbackServer() as one, LoopbackServer() as other:
        spec, critic = f"openai:x@{one.base_url}", f"openai:y@{other.base_url}"
        settings: dict[str, Any] = {"policy": spec, "reward": len_of, "depth": 1, "width": 2}
        tpo.align("Why?", **settings, parameters={"top_k": 7})
        assert {asked.body["top_k"] for asked in one.asked} == {7}
        assert len(one.asked) == 4
        tpo.align("Why?", **settings, critic=critic, parameters={"top_k": 7})
        assert other.asked
        assert not any("top_k" in asked.body for asked in other.asked)


def len_of(query: str, answer: str) -> float:
    return len(answer)
