"""A second client of a server: what the first one sent has spoiled nothing for it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

ASK = [{"role": "user", "content": "Why?"}]
SMALL = {"depth": 0, "width": 1}
RUN = {"assistant_id": "tpo", "input": {"messages": ASK}, "context": SMALL}
CHAT = {"model": "tpo", "messages": ASK, "tpo": SMALL}
ALL = {"limit": 1000}


def lists_are_right(http: httpx.Client, *threads: str) -> None:
    """What one client sends spoils no list, count or search of another.

    Args:
        http: The first client.
        *threads: That it made, and that are still there.
    """
    about = {"team": "someone else's"}
    with httpx.Client(base_url=http.base_url, timeout=30) as other:
        made = {other.post("/threads", json={"metadata": about}).json()["thread_id"] for _ in "ab"}
        found = read(other.post("/threads/search", json={"metadata": about}))
        assert {one["thread_id"] for one in found} == made
        assert other.post("/threads/count", json={"metadata": about}).json() == 2
        listed = {one["thread_id"] for one in read(other.post("/threads/search", json=ALL))}
        assert listed >= {*threads, *made}
        assert other.post("/threads/count", json={}).json() == len(listed)
        for thread in threads:
            assert read(other.get(f"/threads/{thread}/state"))
        for one in made:
            assert other.delete(f"/threads/{one}").status_code == 204


def runs_are_right(http: httpx.Client) -> None:
    """A run of another client ends well, on a thread of its own and through `/v1`."""
    with httpx.Client(base_url=http.base_url, timeout=30) as other:
        assert read(other.post("/v1/chat/completions", json=CHAT))["choices"][0]["message"]
        thread = other.post("/threads", json={}).json()["thread_id"]
        assert read(other.post(f"/threads/{thread}/runs/wait", json=RUN))["answer"]
        (run,) = read(other.get(f"/threads/{thread}/runs"))
        assert (run["thread_id"], run["status"]) == (thread, "success")
        assert other.delete(f"/threads/{thread}").status_code == 204


def read(said: httpx.Response) -> Any:
    """Return what was sent, which has to be JSON to every reader."""
    assert said.status_code == 200, said.text
    return json.loads(said.text, parse_constant=pytest.fail)
