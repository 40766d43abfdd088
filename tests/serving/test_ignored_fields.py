"""What a request for a run says at the wrong place, or asks for in vain, is refused."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph_sdk import get_sync_client
from langgraph_sdk.errors import UnprocessableEntityError

from tpo.serving.error_responses import Refusal
from tpo.serving.openai_api.asked_settings import asked_settings
from tpo.serving.openai_api.other_fields import policy_parameters
from tpo.serving.openai_api.responses.request import read_response_request
from tpo.serving.server_settings import Settings

pytestmark = pytest.mark.loopback
ASK = {"messages": [{"role": "user", "content": "Why?"}]}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"webhook": "http://127.0.0.1:9/"}, "webhooks are not sent"),
        ({"after_seconds": 5}, "a run begins as soon as it can"),
        ({"on_completion": "keep"}, "make a thread first"),
        ({"input": {**ASK, "depth": 1}}, "in context and not in input"),
        ({"config": {"width": 1}}, "in context and not in config"),
        ({"context": {"parameters": ["min_p=1"]}}, "tpo serve --allow-parameter min_p"),
    ],
)
def test_by_the_sdk(serve, models, wrong, said):
    models.forget()
    with (
        get_sync_client(url=serve.url, api_key=None) as client,
        pytest.raises(UnprocessableEntityError) as refused,
    ):
        client.runs.create(None, "tpo", **{"input": ASK, **wrong})
    assert said in refused.value.response.text
    assert models.asked == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"depth": 1}, "depth is a setting of TPO, so it belongs in context"),
        ({"feedback_keys": ["a"]}, "no LangSmith feedback"),
        ({"langsmith_tracer": {"project_name": "p"}}, "langsmith_tracer"),
        ({"checkpoint_during": False}, "say durability"),
    ],
)
def test_in_the_body(http, wrong: dict[str, Any], said):
    for path in ("/runs", "/runs/wait", "/runs/stream"):
        refused = http.post(path, json={"assistant_id": "tpo", "input": ASK, **wrong})
        assert (refused.status_code, said in refused.text) == (422, True), refused.text


def test_null_is_no_wish(http):
    asked = {"webhook": None, "after_seconds": None, "on_completion": "delete"}
    run = {"assistant_id": "tpo", "input": ASK, "context": {"depth": 0, "width": 1}, **asked}
    assert http.post("/runs/wait", json=run).json()["answer"]


def test_what_tpo_writes_itself_cannot_be_allowed():
    with pytest.raises(ValueError, match="messages cannot be passed on"):
        Settings(allow_parameters=("messages",))


@pytest.mark.parametrize("name", ["api_key", "base_url", "extra_headers", "stream_usage"])
def test_nobody_is_told_to_allow_what_cannot_be_allowed(name):
    with pytest.raises(Refusal, match=f"{name} cannot be passed on"):
        policy_parameters({name: "s3cret"}, Settings())
    with pytest.raises(ValueError, match=f"{name} cannot be passed on"):
        Settings(allow_parameters=(name,))


def test_two_forms_of_one_answer_are_refused():
    with pytest.raises(Refusal, match="the form is asked for twice"):
        asked_settings({"answer_schema": {"a": 1}}, {"answer_schema": None}, {}, Settings())


def test_a_field_of_another_api_is_not_lost():
    asked = read_response_request({"model": "tpo", "input": "x", "reasoning_effort": "low"})
    with pytest.raises(Refusal, match="reasoning_effort is not passed on"):
        asked.settings(Settings())
