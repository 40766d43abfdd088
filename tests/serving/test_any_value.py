"""Whatever a field of a body holds, the server answers with a sentence, and goes on."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from pydantic import BaseModel
from second_client import CHAT, RUN, SMALL, lists_are_right, read

from tpo.core.context import Context
from tpo.serving.agent_server import request_bodies
from tpo.serving.openai_api.request import ChatRequest

pytestmark = pytest.mark.loopback

VALUES: list[Any] = [
    None, True, -1, 0, 2, 10**30, 1.5, "", "x", "\u0000", "*", "x" * 5000,
    [], [[]], [1], [None], ["x"], {}, {"a": {"b": []}}, {"configurable": 1}, {"type": []},
]  # fmt: skip
# What `json.dumps` does not write, as a client may: put in the place of a field's value.
RAW = [
    b"1e400", b"-1e400", b"NaN", b"Infinity", b'{"x": [1e999]}', b"1" + b"0" * 400,
    b"1" + b"0" * 5000, b"[" * 5000 + b"]" * 5000, b'{"a":' * 5000 + b"1" + b"}" * 5000,
    b"[" * 90 + b"]" * 90, b'{"\\u0000": "\\u0000"}', b'{"a\\"b.c[0]": 1}',
    b'{"\\ud800": "\\ud800"}', b'"\\ud800"', b'["\\ud800"]', b'{"title": {"a": []}}',
    b'{"messages": [{"type": "remove", "id": "nope"}]}',
    b"{" + b",".join(b'"k%d": 1' % n for n in range(5000)) + b"}",
    b'{"x": "' + b"x" * 100_000 + b'"}',
]  # fmt: skip
# What a field of each is wrong in: the method, the path, a good body, the fields.
BODIES: dict[str, tuple[str, str, dict[str, Any], type[BaseModel]]] = {
    "chat": ("POST", "/v1/chat/completions", CHAT, ChatRequest),
    "run": ("POST", "/runs/wait", RUN, request_bodies.RunCreate),
    "run of a thread": ("POST", "/threads/{thread}/runs/wait", RUN, request_bodies.RunCreate),
    "thread": ("POST", "/threads", {}, request_bodies.ThreadCreate),
    "patch": ("PATCH", "/threads/{thread}", {}, request_bodies.ThreadPatch),
    "search": ("POST", "/threads/search", {}, request_bodies.ThreadSearch),
    "count": ("POST", "/threads/count", {}, request_bodies.ThreadSearch),
    "state": ("POST", "/threads/{thread}/state", {"values": {}}, request_bodies.StateUpdate),
    "state at": ("POST", "/threads/{thread}/state/checkpoint", {}, request_bodies.StateAt),
    "history": ("POST", "/threads/{thread}/history", {}, request_bodies.HistorySearch),
}
GROWING = {"run of a thread", "state"}  # one conversation of all would grow too long
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
def test_every_field_of_every_body(http, thread, name):
    method, path, good, model = BODIES[name]
    checked = ["tools"] if name == "chat" else []  # no field, and looked at all the same
    for field in [*model.model_fields, *checked, "unknown"]:
        if name in GROWING:
            thread = new_thread(http)
        for value in VALUES:
            said = http.request(method, path.format(thread=thread), json={**good, field: value})
            answered(said, (name, field, value))
        assert http.get(f"/threads/{thread}/state").status_code == 200


@pytest.mark.parametrize("name", BODIES)
def test_every_field_of_every_body_as_no_library_writes_it(http, thread, name):
    method, path, good, model = BODIES[name]
    path = path.format(thread=thread)
    for field in [*model.model_fields, "unknown"]:
        others = json.dumps({k: v for k, v in good.items() if k != field}).encode()
        for raw in RAW:
            comma = b"," if others != b"{}" else b""
            body = others[:-1] + comma + b'"%b": %b}' % (field.encode(), raw)
            answered(http.request(method, path, content=body), (name, field, raw[:40]))
    lists_are_right(http, thread)


@pytest.mark.parametrize("door", ["tpo", "context", "configurable"])
def test_no_setting_takes_an_infinite_number(http, models, door):
    path = "/v1/chat/completions" if door == "tpo" else "/runs/wait"
    models.forget()
    for setting in Context.model_fields:
        own = {setting: 7}
        more = {"config": {"configurable": own}} if door == "configurable" else {door: own}
        body = json.dumps({**CHAT, **RUN, **more})
        for raw in ("1e400", "-1e400", "NaN", "Infinity"):
            said = http.post(path, content=body.replace(f'"{setting}": 7', f'"{setting}": {raw}'))
            assert (said.status_code, "the body is not JSON: " in said.text) == (400, True), setting
    assert models.asked == []


METADATA = [
    {'a"b': 1}, {"ab": 1}, {"a.b": 1}, {"a": {"b": 1}}, {"a[0]": 1}, {"a": [1]}, {"\0": 1}, {"": 1},
    {"$": 1}, {"a'b": 1}, {"a\\b": 1}, {"é": 1}, {"n": None}, {"n": True}, {"n": 1}, {"n": 1e300},
    {"n": "\0"}, {"title": {"a": 1}},
]  # fmt: skip


def test_a_search_finds_exactly_what_it_names(http):
    made = [http.post("/threads", json={"metadata": one}).json()["thread_id"] for one in METADATA]
    for about, thread in zip(METADATA, made, strict=True):
        found = http.post("/threads/search", json={"metadata": about, "limit": 100})
        assert [one["thread_id"] for one in read(found)] == [thread], about
        assert http.post("/threads/count", json={"metadata": about}).json() == 1, about
    for thread in made:
        http.delete(f"/threads/{thread}")


def test_metadata_is_bounded(http, thread):
    searches = ["/threads/search", "/threads/count", f"/threads/{thread}/history"]
    large = {"metadata": {"x": "x" * 64_000}}
    for path in ("/threads", "/runs/wait", *searches):
        said = http.post(path, json={**RUN, **large})
        assert (said.status_code, "at most 64000" in said.text) == (422, True), path
    for path in searches:
        said = http.post(path, json={"metadata": {f"k{n}": 1 for n in range(101)}})
        assert (said.status_code, "at most 100" in said.text) == (422, True), path
    patched = [
        http.patch(f"/threads/{thread}", json={"metadata": {key: "x" * 40_000}}) for key in "ab"
    ]
    assert [said.status_code for said in patched] == [200, 422]
    assert "b" not in http.get(f"/threads/{thread}").json()["metadata"]


def test_a_text_cut_through_a_character_is_taken(http, models):
    """As the first 120 units of a question with emoji are, in JavaScript."""
    half = '"content": "Why? \\ud83d"'
    content = json.dumps(CHAT).replace('"content": "Why?"', half)
    assert http.post("/v1/chat/completions", content=content).status_code == 200
    assert models.asked[-1].body["messages"][-1]["content"] == "Why? \ufffd"


def test_a_history_is_searched_by_any_key(http, thread):
    run = http.post(f"/threads/{thread}/runs/wait", json={**RUN, "metadata": {'a"b': 1}})
    assert run.json()["answer"]
    found = read(http.post(f"/threads/{thread}/history", json={"metadata": {'a"b': 1}, "limit": 2}))
    assert [state["metadata"]['a"b'] for state in found] == [1, 1]
    for nothing in ({"a b": 1}, {"\0": 1}, {"x' OR 1": 1}):
        assert read(http.post(f"/threads/{thread}/history", json={"metadata": nothing})) == []


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
