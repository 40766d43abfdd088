"""Two people on one server: on every route there is, nothing of the other's is seen or touched.

The routes come from the app itself. A new one fails here until it says what it must not show.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from serve_process import ServeProcess
from starlette.routing import Route

from tpo.serving.agent_server.server import open_agent_server
from tpo.serving.app import app_of_tpo_serve
from tpo.serving.guard.access_settings import AccessSettings
from tpo.serving.guard.api_keys import make_keyring
from tpo.serving.guard.callers import KeyLimits
from tpo.serving.guard.key_records import new_key
from tpo.serving.guard.keys_file import write_keys
from tpo.serving.guard.run_limit import RunLimit
from tpo.serving.served_models import ServedModels
from tpo.serving.server_settings import Settings

pytestmark = pytest.mark.loopback

SECRET = "the secret of ann"
ASK = [{"role": "user", "content": SECRET}]
RUN = {"assistant_id": "tpo", "input": {"messages": ASK}, "context": {"depth": 0, "width": 1}}
OWN = {**RUN, "input": {"messages": [{"role": "user", "content": "of bob"}]}}
CHAT = {"model": "tpo", "messages": OWN["input"]["messages"], "tpo": RUN["context"]}
RESPOND = {"model": "tpo", "input": "of bob", "tpo": RUN["context"]}
NAMED: dict[str, Any] = {"checkpoint": {"checkpoint_id": str(uuid4())}}

# Nobody needs a key for these, and they hold nothing of anybody.
OPEN = {"/", "/app", "/ok", "/info", "/openapi.json", "/v1/openapi.json"}
OPEN |= {"/health/live", "/health/ready"}
OPEN |= {"/reports/open/{ticket}"}  # the ticket is its key (test_reports.py)
ADMINS = {"GET /metrics": None, "GET /v1/metrics": None}  # of all people together
# They know no threads; they answer everyone with a key alike. What is sent to each.
SHARED: dict[str, Any] = {
    "GET /reports": None,
    "GET /v1/models": None, "GET /v1/models/": None, "GET /v1/models/{name:path}": None,
    "POST /v1/chat/completions": CHAT, "POST /v1/chat/completions/": CHAT,
    "POST /v1/responses": RESPOND, "POST /v1/responses/": RESPOND,
    "POST /assistants/search": {}, "POST /assistants/count": {},
    "GET /assistants/{assistant_id}": None, "GET /assistants/{assistant_id}/graph": None,
    "GET /assistants/{assistant_id}/schemas": None,
    "GET /assistants/{assistant_id}/subgraphs": None,
    "GET /assistants/{assistant_id}/subgraphs/{namespace}": None,
    "POST /runs": OWN, "POST /runs/stream": OWN, "POST /runs/wait": OWN,
}  # fmt: skip
# Lists: what is sent, and how many of a person's own are found.
LISTS: dict[str, Any] = {
    "POST /threads/search": {"limit": 1000},
    "POST /threads/count": {},
}
# They name a thread or a response: the other's is not there. What is sent to each.
OTHERS: dict[str, Any] = {
    "POST /threads": {"thread_id": "{thread}", "if_exists": "do_nothing"},
    "GET /threads/{thread_id}": None,
    "PATCH /threads/{thread_id}": {"metadata": {"by": "bob"}},
    "DELETE /threads/{thread_id}": None,
    "POST /threads/{thread_id}/copy": {},
    "GET /threads/{thread_id}/state": None,
    "POST /threads/{thread_id}/state": {"values": {"answer": "bob's"}},
    "POST /threads/{thread_id}/state/checkpoint": NAMED,
    "GET /threads/{thread_id}/state/{checkpoint_id}": None,
    "GET /threads/{thread_id}/history": None,
    "POST /threads/{thread_id}/history": {},
    "POST /threads/{thread_id}/runs": {**OWN, "if_not_exists": "create"},
    "GET /threads/{thread_id}/runs": None,
    "POST /threads/{thread_id}/runs/stream": {**OWN, "if_not_exists": "create"},
    "POST /threads/{thread_id}/runs/wait": {**OWN, "if_not_exists": "create"},
    "GET /threads/{thread_id}/runs/{run_id}": None,
    "DELETE /threads/{thread_id}/runs/{run_id}": None,
    "GET /threads/{thread_id}/runs/{run_id}/join": None,
    "GET /threads/{thread_id}/runs/{run_id}/stream": None,
    "POST /threads/{thread_id}/runs/{run_id}/cancel": None,
    "GET /v1/responses/{response_id}": None,
    "DELETE /v1/responses/{response_id}": None,
}
# In the body of a request for a response: what names something of the other's.
WITHIN: list[dict[str, Any]] = [
    {"previous_response_id": "{response}"},
    {"previous_response_id": "{response}", "store": False},
    {"input": [{"type": "item_reference", "id": "{message}"}, {"role": "user", "content": "So?"}]},
]
NOT_OFFERED = {"/v1", "/v1/{rest:path}", "/chat/completions", "/completions", "/responses"}
NOT_OFFERED |= {"/embeddings", "/models"}  # one sentence for everyone


@pytest.fixture(scope="module")
def people(models, tmp_path_factory) -> Iterator[tuple[ServeProcess, dict[str, httpx.Client]]]:
    """A server, with clients of ann and bob, of an admin, and of the one who started it."""
    folder: Path = tmp_path_factory.mktemp("people")
    made = {
        name: new_key(name, "admin" if name == "root" else "user", KeyLimits(), by_header=False)
        for name in ("ann", "bob", "root")
    }
    write_keys(folder / "data" / "keys.json", [record for record, _ in made.values()])
    keys = {name: key for name, (_, key) in made.items()} | {"operator": "of-the-operator"}
    options = ["-p", f"openai:x@{models.base_url}", "--key", keys["operator"]]
    with ServeProcess(folder, *options) as server:
        clients = {
            name: httpx.Client(base_url=server.url, timeout=30, headers={"x-api-key": key})
            for name, key in keys.items()
        }
        yield server, clients
        for client in clients.values():
            client.close()


@pytest.fixture(scope="module")
def ids(people) -> dict[str, str]:
    return answered_thread(people[1]["ann"])


def answered_thread(ann: httpx.Client) -> dict[str, str]:
    """Make a thread of ann's with a run that has ended."""
    thread = ann.post("/threads", json={"metadata": {"title": SECRET}}).json()["thread_id"]
    said = ann.post(f"/threads/{thread}/runs/wait", json=RUN)
    assert said.json()["answer"]
    (run,) = ann.get(f"/threads/{thread}/runs").json()
    checkpoint = ann.get(f"/threads/{thread}/state").json()["checkpoint"]["checkpoint_id"]
    answered = ann.post("/v1/responses", json={**RESPOND, "input": SECRET}).json()["id"]
    ids = {"thread_id": thread, "run_id": run["run_id"], "checkpoint_id": checkpoint}
    return {**ids, "response_id": answered}


async def test_every_route_is_here(tmp_path):
    settings = Settings(data=tmp_path, policy="openai:x@http://127.0.0.1:9/v1", any_spec=True)
    served, limit = ServedModels(settings), RunLimit(1)
    async with open_agent_server(settings, make_keyring(settings), served, limit) as agent:
        app = app_of_tpo_serve(settings, served, limit, agent)
    found = {
        f"{method} {route.path}"
        for route in app.routes
        if isinstance(route, Route) and route.path not in OPEN | NOT_OFFERED
        for method in route.methods or ()
        if method != "HEAD"
    }
    missing = found - SHARED.keys() - LISTS.keys() - OTHERS.keys() - ADMINS.keys()
    assert not missing, f"add this route, with what it must not show of others: {missing}"
    assert found == SHARED.keys() | LISTS.keys() | OTHERS.keys() | ADMINS.keys()


def ask(client: httpx.Client, route: str, ids: dict[str, str], body: Any) -> httpx.Response:
    method, path = route.split(" ")
    path = path.replace("{name:path}", "tpo").replace("{assistant_id}", "tpo")
    path = path.replace("{namespace}", "x").format_map(ids)
    sent = json.dumps(body).replace("{thread}", ids["thread_id"])
    sent = sent.replace("{response}", ids["response_id"])
    sent = sent.replace("{message}", ids["response_id"].replace("resp_", "msg_"))
    return client.request(method, path, content=sent if body is not None else None)


@pytest.mark.parametrize("route", [*SHARED, *LISTS, *OTHERS, *ADMINS])
def test_no_route_answers_without_a_key(people, ids, route):
    server, _ = people
    body = {**SHARED, **LISTS, **OTHERS, **ADMINS}[route]
    for headers in ({}, {"x-api-key": "sk-tpo-wrong"}, {"x-forwarded-user": "ann"}):
        with httpx.Client(base_url=server.url, timeout=30, headers=headers) as stranger:
            assert ask(stranger, route, ids, body).status_code == 401


@pytest.mark.parametrize("route", OTHERS)
def test_what_is_someone_else_s_is_not_there(people, ids, route):
    _, clients = people
    before = snapshot(clients["ann"], ids)
    said = ask(clients["bob"], route, ids, OTHERS[route])
    assert said.status_code == 404, said.text
    assert SECRET not in said.text
    nowhere = {**ids, "thread_id": str(uuid4()), "response_id": f"resp_{uuid4().hex}"}
    unknown = ask(clients["bob"], route, nowhere, {**(OTHERS[route] or {}), "if_not_exists": None})
    if "thread_id" not in (OTHERS[route] or {}):  # the same words: nothing tells which it is
        there = said.text.replace(ids["thread_id"], nowhere["thread_id"])
        there = there.replace(ids["response_id"], nowhere["response_id"])
        assert (unknown.status_code, unknown.text) == (404, there)
    assert snapshot(clients["ann"], ids) == before


@pytest.mark.parametrize("within", WITHIN)
def test_a_response_goes_on_with_nothing_of_someone_else_s(people, ids, within):
    _, clients = people
    before = snapshot(clients["ann"], ids)
    said = ask(clients["bob"], "POST /v1/responses", ids, {**RESPOND, **within})
    assert (said.status_code, SECRET in said.text) == (404, False)
    own = ask(clients["ann"], "POST /v1/responses", ids, {**RESPOND, **within, "store": False})
    assert own.json()["output"], own.text
    assert snapshot(clients["ann"], ids) == before


def snapshot(client: httpx.Client, ids: dict[str, str]) -> list[Any]:
    """Return all that a person sees of a thread."""
    one = f"/threads/{ids['thread_id']}"
    said = [client.get(f"{one}{part}") for part in ("", "/state", "/runs", "/history")]
    said.append(client.get(f"/v1/responses/{ids['response_id']}"))
    assert {answer.status_code for answer in said} == {200}
    return [*(answer.json() for answer in said), client.post("/threads/count", json={}).json()]


@pytest.mark.parametrize("route", SHARED)
def test_what_is_for_everyone_holds_nothing_of_anybody(people, ids, route):
    said = ask(people[1]["bob"], route, ids, SHARED[route])
    assert said.status_code == 200, said.text
    assert SECRET not in said.text


@pytest.mark.parametrize("route", ADMINS)
def test_what_is_of_all_people_together_is_for_admins(people, ids, route):
    _, clients = people
    assert {name: ask(one, route, ids, None).status_code for name, one in clients.items()} == {
        "ann": 403, "bob": 403, "root": 200, "operator": 200,
    }  # fmt: skip
    assert SECRET not in ask(clients["root"], route, ids, None).text


def test_lists_searches_and_counts(people, ids):
    _, clients = people
    own = clients["bob"].post("/threads", json={"metadata": {"title": SECRET}}).json()["thread_id"]
    asked = {"limit": 1000, "metadata": {"title": SECRET}}
    found = {name: threads_of(client, asked) for name, client in clients.items()}
    assert found["bob"] == {own}
    assert ids["thread_id"] in found["ann"]
    assert own not in found["ann"]
    assert found["root"] == found["operator"]
    assert found["root"] >= found["ann"] | found["bob"]
    for name, client in clients.items():
        assert client.post("/threads/count", json=asked).json() == len(found[name])
        named = {"ids": [ids["thread_id"], own], "limit": 10}
        assert threads_of(client, named) == found[name] & {ids["thread_id"], own}
    clients["bob"].delete(f"/threads/{own}")


def threads_of(client: httpx.Client, asked: dict[str, Any]) -> set[str]:
    return {one["thread_id"] for one in client.post("/threads/search", json=asked).json()}


def test_an_admin_sees_and_manages_all(people):
    root = people[1]["root"]
    one = f"/threads/{answered_thread(people[1]['ann'])['thread_id']}"
    assert root.get(f"{one}/state").json()["values"]["messages"][0]["content"] == SECRET
    copied = root.post(f"{one}/copy", json={}).json()["thread_id"]
    assert people[1]["ann"].get(f"/threads/{copied}").status_code == 404  # it is the admin's
    assert root.delete(f"/threads/{copied}").status_code == 204
    assert root.patch(one, json={"metadata": {"seen": True}}).status_code == 200
    assert people[1]["ann"].get(one).json()["metadata"]["seen"]
    assert root.delete(one).status_code == 204
    assert people[1]["ann"].get(one).status_code == 404


def test_what_the_operator_makes_is_for_admins_alone(people):
    _, clients = people
    made = clients["operator"].post("/threads", json={}).json()["thread_id"]
    seen = {name: client.get(f"/threads/{made}").status_code for name, client in clients.items()}
    assert seen == {"ann": 404, "bob": 404, "root": 200, "operator": 200}


def test_a_key_taken_away_is_refused_at_once(people):
    server, _ = people
    path = AccessSettings(data=server.folder / "data").people_file
    record, key = new_key("eve", "user", KeyLimits(), by_header=False)
    before = json.loads(path.read_text())
    with httpx.Client(base_url=server.url, headers={"authorization": f"Bearer {key}"}) as eve:
        assert eve.get("/v1/models").status_code == 401
        after = {"keys": [*before["keys"], record.model_dump()]}
        path.write_text(json.dumps(after))
        assert eve.get("/v1/models").status_code == 200
        path.write_text("{")  # half written: nothing changes, and the log says why
        assert eve.get("/v1/models").status_code == 200
        path.write_text(json.dumps(before))
        assert eve.get("/v1/models").status_code == 401
    said = server.log.read_text()
    assert "is not JSON" in said
    assert key not in said
