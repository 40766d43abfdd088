"""Every other address that LangGraph Studio calls, as its page calls it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from event_log import check, places

pytestmark = pytest.mark.loopback

STUDIO = "https://smith.langchain.com"
INPUT = {"messages": [{"role": "user", "content": "Why is the sky blue?"}]}
CONTEXT = {"depth": 1, "width": 2, "seed": 1}


@pytest.fixture
async def web(dev, client) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on Studio's page."""
    origin = {"Origin": STUDIO}
    async with httpx.AsyncClient(base_url=dev.url, headers=origin, timeout=60) as opened:
        yield opened


async def test_it_is_found_and_let_in(web):
    assert (await web.get("/ok")).json()["ok"] is True
    info = await web.get("/info")
    assert info.json()["flags"]["assistants"] is True
    assert info.headers["access-control-allow-origin"] in {"*", STUDIO}
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
    answer = await web.options("/threads", headers=asks)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] in {"*", STUDIO}
    assert "POST" in answer.headers["access-control-allow-methods"]


async def test_the_picture_looks_into_subgraphs_and_finds_none(client, assistants):
    for assistant in assistants.values():
        plain = await client.assistants.get_graph(assistant)
        assert await client.assistants.get_graph(assistant, xray=True) == plain
        assert await client.assistants.get_subgraphs(assistant, recurse=True) == {}


async def test_settings_under_a_name(client, assistants):
    made = await client.assistants.create("tpo", context={"width": 2, "depth": 0}, name="small")
    named = made["assistant_id"]
    changed = await client.assistants.update(named, context={"width": 3, "depth": 0})
    assert changed["version"] == 2
    assert (await client.assistants.get(named))["context"] == {"width": 3, "depth": 0}
    versions = await client.assistants.get_versions(named)
    assert [v["context"]["width"] for v in versions] == [3, 2]
    out = await client.runs.wait(None, named, input=INPUT)
    assert len(out["candidates"]) == 3
    await client.assistants.delete(named)


async def test_chat_mode_shows_one_message(client, thread):
    """The mode `messages`, which Studio's chat uses: ours is not streamed word by word."""
    parts = [
        part
        async for part in client.runs.stream(
            thread, "tpo", input=INPUT, context=CONTEXT, stream_mode="messages"
        )
    ]
    said = [part.data[0] for part in parts if part.event == "messages/complete"]
    (last,) = [message for message in said if message["type"] == "ai"]
    assert last["content"] == (await client.threads.get_state(thread))["values"]["answer"]
    assert [p.data for p in parts if p.event == "messages/partial" and len(p.data) > 1] == []


async def test_the_list_of_threads_and_runs(client, thread):
    await client.threads.update(thread, metadata={"mine": "yes"})
    await client.runs.wait(thread, "tpo", input=INPUT, context=CONTEXT)
    (found,) = await client.threads.search(metadata={"mine": "yes"}, status="idle")
    assert found["thread_id"] == thread
    assert found["values"]["answer"]
    (run,) = await client.runs.list(thread)
    assert (run["status"], run["kwargs"]["context"]["depth"]) == ("success", 1)
    assert (await client.runs.get(thread, run["run_id"]))["status"] == "success"


async def test_a_copy_goes_its_own_way_and_a_deleted_thread_is_gone(client, thread):
    await client.runs.wait(thread, "tpo", input=INPUT, context=CONTEXT)
    copy = (await client.threads.copy(thread))["thread_id"]
    before, after = [(await client.threads.get_state(t))["values"] for t in (thread, copy)]
    assert after == before
    again = {"messages": [{"role": "user", "content": "And at night?"}]}
    await client.runs.wait(copy, "tpo", input=again, context=CONTEXT)
    assert (await client.threads.get_state(copy))["values"]["turn"] == 2
    assert (await client.threads.get_state(thread))["values"] == before
    await client.threads.delete(copy)
    with pytest.raises(Exception, match="not found"):
        await client.threads.get(copy)


@pytest.mark.parametrize("when", ["interrupt_before", "interrupt_after"])
async def test_a_breakpoint_and_an_edit_of_the_state_there(client, thread, models, when):
    node = "update" if when == "interrupt_before" else "gradient"
    out = await client.runs.wait(thread, "tpo", input=INPUT, context=CONTEXT, **{when: [node]})
    assert not out.get("answer")
    assert (await client.threads.get(thread))["status"] == "interrupted"
    assert (await client.threads.get_state(thread))["next"] == ["update"]
    edited = {"turn": 1, "round": 0, "gradient": "Say it in verse."}
    await client.threads.update_state(thread, {"rounds": [edited]}, as_node="gradient")
    models.forget()
    done = await client.runs.wait(thread, "tpo", input=None, context=CONTEXT)
    assert (await client.threads.get(thread))["status"] == "idle"
    assert done["rounds"][0]["gradient"] == "Say it in verse."
    assert {"Say it in verse." in str(a.body["messages"]) for a in models.asked} == {True}
    assert done["stop_reason"] == "depth"


async def test_a_person_writes_loss_and_gradient_in_the_pause(client, thread, models):
    settings = {**CONTEXT, "human_pick": True}
    paused = await client.runs.wait(thread, "tpo", input=INPUT, context=settings)
    (pause,) = paused["__interrupt__"]
    form = pause["response_schema"]["properties"]
    assert all(field["description"] for field in form.values())
    found = await client.threads.get(thread)
    assert found["status"] == "interrupted"
    (shown,) = [i for tasks in found["interrupts"].values() for i in tasks]
    assert shown["value"] == pause["value"]

    models.forget()
    mine = {"loss": "It is dull.", "gradient": "Tell of the sea."}
    events: list[Any] = []
    async for part in client.runs.stream(
        thread, "tpo", command={"resume": mine}, context=settings, stream_mode=["custom"]
    ):
        assert part.event != "error", part.data
        events += [part.data] if part.event == "custom" else []
    check(events)
    told = [events[places(events, kind)[0]]["text"] for kind in ("loss", "gradient")]
    assert told == ["It is dull.", "Tell of the sea."]
    assert "critic" not in {asked.body["model"] for asked in models.asked}  # nobody was asked
    assert all("Tell of the sea." in str(asked.body["messages"]) for asked in models.asked)
    done = await client.runs.wait(
        thread, "tpo", command={"resume": {"stop": True}}, context=settings
    )
    assert done["rounds"][0]["by_hand"] == ["loss", "gradient"]
    assert (await client.threads.get(thread))["status"] == "idle"


async def test_what_answer_shows_while_it_works(client, thread):
    """A narrow result blanks the server's `updates`; events and saved state stay whole."""
    modes = ["custom", "values"]
    parts = [
        part
        async for part in client.runs.stream(
            thread, "answer", input=INPUT, context=CONTEXT, stream_mode=modes
        )
    ]
    check([part.data for part in parts if part.event == "custom"])
    last = [part.data for part in parts if part.event == "values"][-1]
    assert set(last) == {"answer", "reward", "stop_reason"}
    state = (await client.threads.get_state(thread))["values"]
    assert len(state["candidates"]) == 4
