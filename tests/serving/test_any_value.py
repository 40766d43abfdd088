"""Whatever a field of a body holds, the server answers with a sentence, and goes on."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from tpo.core.context import Context
from tpo.serving.agent import payload
from tpo.serving.chat.request import ChatRequest

pytestmark = pytest.mark.loopback

VALUES: list[Any] = [
    None, True, -1, 0, 2, 10**30, 1.5, "", "x", "\u0000", "*", "x" * 5000,
    [], [[]], [1], [None], ["x"], {}, {"a": {"b": []}}, {"configurable": 1}, {"type": []},
]  # fmt: skip
ASK = [{"role": "user", "content": "Why?"}]
SMALL = {"depth": 0, "width": 1}
RUN = {"assistant_id": "tpo", "input": {"messages": ASK}, "context": SMALL}
CHAT = {"model": "tpo", "messages": ASK, "tpo": SMALL}
# What a field of each is wrong in: the method, the path, a good body, the fields.
BODIES: dict[str, tuple[str, str, dict[str, Any], type[BaseModel]]] = {
    "chat": ("POST", "/v1/chat/completions", CHAT, ChatRequest),
    "run": ("POST", "/runs/wait", RUN, payload.RunCreate),
    "run of a thread": ("POST", "/threads/{thread}/runs/wait", RUN, payload.RunCreate),
    "thread": ("POST", "/threads", {}, payload.ThreadCreate),
    "patch": ("PATCH", "/threads/{thread}", {}, payload.ThreadPatch),
    "search": ("POST", "/threads/search", {}, payload.ThreadSearch),
    "count": ("POST", "/threads/count", {}, payload.ThreadSearch),
    "state": ("POST", "/threads/{thread}/state", {"values": {}}, payload.StateUpdate),
    "state at": ("POST", "/threads/{thread}/state/checkpoint", {}, payload.StateAt),
    "history": ("POST", "/threads/{thread}/history", {}, payload.HistorySearch),
}
QUERIES = {
    "GET": ["/threads/{thread}/runs", "/threads/{thread}/history", "/threads/{thread}/state"],
    "DELETE": ["/threads/{thread}/runs/x", "/threads/x"],
}


@pytest.fixture
def thread(http: httpx.Client) -> str:
    return new_thread(http)


def new_thread(http: httpx.Client) -> str:
    """Return a thread with one run on it."""
    made = http.post("/threads", json={}).json()["thread_id"]
    http.post(f"/threads/{made}/runs/wait", json=RUN)
    return str(made)


def answered(said: httpx.Response, why: object) -> None:
    assert said.status_code != 500, (why, said.text)
    assert said.status_code < 500 or said.json()["error"]["message"], (why, said.text)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"checkpoint_id": "none"}, "there is no checkpoint 'none'"),
        ({"input": None}, "there is nothing to do: give input"),
        ({"input": {"messages": []}}, "there is no human turn"),
    ],
)
def test_a_run_that_cannot_begin_says_why(http, models, wrong, said):
    made = http.post("/threads", json={}).json()["thread_id"]
    models.forget()
    ended = http.post(f"/threads/{made}/runs/wait", json={**RUN, **wrong}).json()
    assert said in ended["__error__"]["message"]
    assert models.asked == []


@pytest.mark.parametrize("command", [{}, {"resume": None}, {"update": {}}])
def test_an_empty_command_is_refused(http, thread, command):
    said = http.post(f"/threads/{thread}/runs/wait", json={**RUN, "command": command})
    assert (said.status_code, "an empty command" in said.text) == (422, True)


@pytest.mark.parametrize("name", BODIES)
def test_every_field_of_every_body(http, name):
    method, path, good, model = BODIES[name]
    for field in [*model.model_fields, "tools", "unknown"]:
        thread = new_thread(http)  # one conversation of all would grow too long
        for value in VALUES:
            said = http.request(method, path.format(thread=thread), json={**good, field: value})
            answered(said, (name, field, value))
        assert http.get(f"/threads/{thread}/state").status_code == 200


def test_every_setting_of_a_run(http):
    for setting in [*Context.model_fields, "unknown"]:
        for value in VALUES:
            if setting in {"width", "depth"} and value == 2:
                continue  # right, and asked for by many other tests
            body = {**CHAT, "tpo": {**SMALL, setting: value}}
            answered(http.post("/v1/chat/completions", json=body), (setting, value))


@pytest.mark.parametrize("method", QUERIES)
def test_every_value_in_an_address(http, thread, method):
    for path in QUERIES[method]:
        for name in ("limit", "offset", "status", "before", "subgraphs", "action", "wait"):
            for value in ("", "x", "-1", "1e9", "9" * 40, "\u0000", "[]", "true"):
                said = http.request(method, path.format(thread=thread), params={name: value})
                answered(said, (path, name, value))
    for bad in ("x", "%00", "9" * 40, "..", "%2e%2e"):
        for path in ("", "/state", "/history", "/runs", "/runs/x", "/runs/x/stream", "/copy"):
            answered(http.get(f"/threads/{bad}{path}"), (bad, path))
