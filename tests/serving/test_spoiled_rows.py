"""What an older version, another program or a bad disk left: it spoils itself, and nothing else."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
from serve_process import ServeProcess

pytestmark = pytest.mark.loopback

HUMAN = {"type": "human", "content": "Why?"}
RUN = {
    "assistant_id": "tpo",
    "input": {"messages": [HUMAN]},
    "context": {"depth": 0, "width": 1},
}
SPOILED = {
    "infinite": '{"x": Infinity, "team": "a"}',
    "not json": "{nonsense",
    "a list": "[1]",
    "nothing": None,
    "bytes": b'{"team": "\xff"}',
    "deep": "[" * 100_000,
}


@pytest.fixture(scope="module")
def spoiled(models: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A server whose files were spoiled in many ways while it was stopped."""
    folder = tmp_path_factory.mktemp("spoiled")
    with ServeProcess(folder, "-p", f"openai:x@{models.base_url}") as server:
        with httpx.Client(base_url=server.url, timeout=30) as client:
            made = {name: new_thread(client) for name in [*SPOILED, "state", "bytes of state"]}
            for name in ("state", "bytes of state", "infinite"):
                client.post(f"/threads/{made[name]}/runs/wait", json=RUN)
            good = new_thread(client, team="a")
            client.post(f"/threads/{good}/runs/wait", json=RUN)
        server.end()
        with closing(sqlite3.connect(folder / "data" / "runs.db")) as database, database:
            for name, text in SPOILED.items():
                change = "UPDATE threads SET metadata = CAST(? AS TEXT) WHERE thread_id = ?"
                database.execute(change, (text, made[name]))
            database.execute(
                "UPDATE runs SET kwargs = '{', status = 'running' WHERE thread_id = ?",
                (made["infinite"],),
            )
        with closing(sqlite3.connect(folder / "data" / "checkpoints.db")) as saved, saved:
            spoil_states(saved, made)
        server.start()
        yield {**made, "good": good, "server": server}


def new_thread(client: httpx.Client, **metadata: str) -> str:
    return str(client.post("/threads", json={"metadata": metadata}).json()["thread_id"])


def spoil_states(saved: sqlite3.Connection, made: dict[str, str]) -> None:
    """Leave what a removal of an unknown message left before it was refused, and lost bytes."""
    last = "SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = ?"
    ((place,),) = saved.execute(last, (made["state"],))
    written = sqlite3.Binary(removal())
    saved.execute(
        "INSERT INTO writes (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, "
        "value) VALUES (?, '', ?, '00000000-0000-0000-0000-000000000000', 0, 'messages', ?, ?)",
        (made["state"], place, "msgpack", written),
    )
    lost = "UPDATE checkpoints SET checkpoint = X'c1' WHERE thread_id = ?"
    saved.execute(lost, (made["bytes of state"],))


def removal() -> bytes:
    from langchain_core.messages import RemoveMessage
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    return JsonPlusSerializer().dumps_typed([RemoveMessage(id="nope")])[1]


@pytest.fixture
def client(spoiled: dict[str, Any]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=spoiled["server"].url, timeout=30) as made:
        yield made


def test_everything_is_listed_and_counted(spoiled, client):
    listed = client.post("/threads/search", json={"limit": 100})
    threads = {one["thread_id"]: one for one in loads(listed)}
    assert set(threads) == {v for k, v in spoiled.items() if k != "server"}
    assert client.post("/threads/count", json={}).json() == len(threads)
    assert threads[spoiled["infinite"]]["metadata"] == {"x": None, "team": "a"}
    for name in ("not json", "a list", "nothing", "deep"):
        assert threads[spoiled[name]]["metadata"] == {}
    assert threads[spoiled["good"]]["values"]["answer"]
    for name in ("state", "bytes of state"):
        assert threads[spoiled[name]]["values"] is None
        assert "cannot be read" in threads[spoiled[name]]["error"]["message"]


def loads(said: httpx.Response) -> Any:
    assert said.status_code == 200, said.text
    return json.loads(said.text, parse_constant=lambda name: pytest.fail(f"{name} was sent"))


def test_searches_find_what_is_sound(spoiled, client):
    for wanted, names in (
        ({"team": "a"}, {"infinite", "good"}),
        ({"x": None}, set()),
        ({"nothing": 1}, set()),
    ):
        found = loads(client.post("/threads/search", json={"metadata": wanted, "limit": 100}))
        assert {one["thread_id"] for one in found} == {spoiled[name] for name in names}
        assert client.post("/threads/count", json={"metadata": wanted}).json() == len(names)


@pytest.mark.parametrize("name", ["state", "bytes of state"])
def test_a_state_that_cannot_be_read_says_so(spoiled, client, name):
    thread = spoiled[name]
    for path in ("state", "history"):
        said = client.get(f"/threads/{thread}/{path}")
        if said.status_code != 200:
            assert (said.status_code, "cannot be read" in said.text) == (409, True), path
    assert client.get(f"/threads/{thread}").status_code == 200
    assert client.post(f"/threads/{thread}/copy").status_code == 200
    ended = client.post(f"/threads/{thread}/runs/wait", json=RUN).json()
    assert ended.get("answer") or len(ended["__error__"]["message"]) < 500
    assert "Traceback" not in str(ended)


def test_a_run_that_cannot_be_read_has_failed(spoiled, client):
    (run,) = client.get(f"/threads/{spoiled['infinite']}/runs").json()
    assert run["status"] == "error"
    assert client.get(f"/threads/{spoiled['infinite']}").json()["status"] == "error"


def test_all_of_it_can_be_deleted(spoiled, client):
    for one in client.post("/threads/search", json={"limit": 100}).json():
        if one["thread_id"] != spoiled["good"]:
            assert client.delete(f"/threads/{one['thread_id']}").status_code == 204
    (left,) = client.post("/threads/search", json={}).json()
    assert left["thread_id"] == spoiled["good"]
    assert "Traceback" not in spoiled["server"].log.read_text()
