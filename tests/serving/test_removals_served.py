"""A request to remove a message that is not there is refused, and nothing is saved of it."""

from __future__ import annotations

import httpx
import pytest

pytestmark = pytest.mark.loopback

HUMAN = {"type": "human", "content": "Why?"}
SMALL = {"depth": 0, "width": 1}
RUN = {"assistant_id": "tpo", "input": {"messages": [HUMAN]}, "context": SMALL}
ALL = {"type": "remove", "id": "__remove_all__", "content": ""}
UNKNOWN = {"type": "remove", "id": "nope", "content": ""}
WAYS = ["runs/wait", "runs/stream", "runs"]
FORMS = [
    [UNKNOWN, HUMAN],
    [{"role": "remove", "id": "nope", "content": ""}, HUMAN],
    UNKNOWN,
    [ALL, HUMAN, UNKNOWN],
]


@pytest.fixture(params=[False, True], ids=["new", "used"])
def thread(request: pytest.FixtureRequest, http: httpx.Client) -> str:
    made = str(http.post("/threads", json={}).json()["thread_id"])
    if request.param:
        http.post(f"/threads/{made}/runs/wait", json=RUN)
    return made


def kinds(http: httpx.Client, thread: str) -> list[str]:
    said = http.get(f"/threads/{thread}/state")
    assert said.status_code == 200, said.text
    return [message["type"] for message in said.json()["values"].get("messages", [])]


@pytest.mark.parametrize("messages", FORMS, ids=["type", "role", "bare", "after all"])
def test_an_unknown_one_is_refused_before_anything_is_saved(http, models, thread, messages):
    before, models_asked = kinds(http, thread), len(models.asked)
    bodies = [
        *[(way, {**RUN, "input": {"messages": messages}}) for way in WAYS],
        *[(way, {**RUN, "command": {"update": {"messages": messages}}}) for way in WAYS],
        ("state", {"values": {"messages": messages}}),
        ("state", {"values": {"messages": messages}, "as_node": "sample"}),
    ]
    for way, body in bodies:
        said = http.post(f"/threads/{thread}/{way}", json=body)
        assert said.status_code == 422, (way, body, said.text)
        assert "there is no message 'nope' to remove" in said.text
    assert kinds(http, thread) == before
    assert len(models.asked) == models_asked
    assert http.post(f"/threads/{thread}/runs/wait", json=RUN).json()["answer"]
    assert thread in [one["thread_id"] for one in http.post("/threads/search", json={}).json()]


def test_a_known_one_is_removed(http):
    thread = http.post("/threads", json={}).json()["thread_id"]
    first = http.post(f"/threads/{thread}/runs/wait", json=RUN).json()["messages"]
    gone = [{"type": "remove", "id": first[1]["id"], "content": ""}, HUMAN]
    http.post(f"/threads/{thread}/runs/wait", json={**RUN, "input": {"messages": gone}})
    assert kinds(http, thread) == ["human", "human", "ai"]
    http.post(f"/threads/{thread}/runs/wait", json={**RUN, "input": {"messages": [ALL, HUMAN]}})
    assert kinds(http, thread) == ["human", "ai"]
    (human, _) = http.get(f"/threads/{thread}/state").json()["values"]["messages"]
    edit = {"values": {"messages": [{"type": "remove", "id": human["id"], "content": ""}]}}
    assert http.post(f"/threads/{thread}/state", json=edit).status_code == 200
    assert kinds(http, thread) == ["ai"]


def test_a_run_that_waits_is_checked_when_it_begins(http):
    """The message may be gone by then, or there only then."""
    thread = http.post("/threads", json={}).json()["thread_id"]
    slow = {**RUN, "context": {"depth": 2, "width": 2}}
    http.post(f"/threads/{thread}/runs", json=slow)
    body = {**RUN, "input": {"messages": [UNKNOWN, HUMAN]}}
    said = http.post(f"/threads/{thread}/runs/wait", json=body)
    told = said.text if said.status_code == 422 else said.json()["__error__"]["message"]
    assert "there is no message 'nope' to remove" in told
    assert kinds(http, thread) == ["human", "ai"]


@pytest.mark.parametrize("path", ["/runs/wait", "/runs/stream", "/runs"])
@pytest.mark.parametrize("message", [UNKNOWN, ALL])
def test_without_a_thread_there_is_nothing_to_remove(http, path, message):
    counted = http.post("/threads/count", json={}).json()
    said = http.post(path, json={**RUN, "input": {"messages": [message, HUMAN]}})
    assert (said.status_code, "there is nothing to remove" in said.text) == (422, True)
    assert http.post("/threads/count", json={}).json() == counted


def test_v1_has_no_such_messages(http):
    for message in (UNKNOWN, {"role": "remove", "content": "nope"}):
        body = {"model": "tpo", "messages": [message, {"role": "user", "content": "Why?"}]}
        assert http.post("/v1/chat/completions", json=body).status_code == 400


@pytest.mark.parametrize(
    "update",
    [{"rounds": "x"}, {"candidates": [{"id": 1}]}, {"usage": 5}, {"messages": 7}, "x", [1]],
)
def test_what_the_state_cannot_take_is_not_saved(http, update):
    """As with removals: LangGraph saves an update before it merges it."""
    thread = http.post("/threads", json={}).json()["thread_id"]
    http.post(f"/threads/{thread}/runs/wait", json=RUN)
    run = {**RUN, "command": {"update": update}}
    assert http.post(f"/threads/{thread}/runs/wait", json=run).status_code == 422
    if isinstance(update, dict):
        edit = {"values": update, "as_node": "rank"}
        assert http.post(f"/threads/{thread}/state", json=edit).status_code == 422
    assert kinds(http, thread) == ["human", "ai"]
    assert http.post(f"/threads/{thread}/runs/wait", json=RUN).json()["answer"]
