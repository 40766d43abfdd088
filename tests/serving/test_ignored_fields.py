"""What a request for a run says at the wrong place, or asks for in vain, is refused."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph_sdk import get_sync_client
from langgraph_sdk.errors import UnprocessableEntityError

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
