"""A reply is kept until its task is saved: a row that goes on takes its own, and nobody else's."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import pytest
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from loopback_server import LoopbackServer
from scripted_model import ScriptedModel

import tpo
from tpo.core.replies.reply import Reply
from tpo.core.usage import cost
from tpo.datasets.batch.json_lines import read_lines
from tpo.datasets.batch.sqlite_rows import SqliteRows
from tpo.models.kept_replies import (
    KeptReply,
    RunReplies,
    from_kept_form,
    has_ended,
    kept_form,
    request_digest,
)
from tpo.models.policy import Policy
from tpo.models.request import Request, Response


def by_length(query: str, answer: str) -> float:
    return len(answer)


async def nowhere(kept):
    raise AssertionError(kept)


def test_a_response_is_the_same_after_it_was_kept():
    paid = cost(requests=2, sequences=1, input_tokens=3, cost_usd=0.5, priced_requests=1)
    replies = [Reply("text", "thought", "stop"), Reply("", error="empty: none", failure="empty")]
    response = Response(replies, paid, frozenset({"n"}))
    assert from_kept_form(kept_form(response)) == response
    assert kept_form(Response([Reply("text", logprobs=object())], paid)) == ""


def test_each_is_taken_once_in_its_order():
    found = [KeptReply("t", "a", "one"), KeptReply("t", "a", "two"), KeptReply("u", "b", "three")]
    replies = RunReplies.left(nowhere, found)
    assert [replies.take("a") for _ in range(3)] == ["one", "two", None]


@pytest.mark.parametrize(
    "other",
    [{"n": 2}, {"label": "sample r0c1"}, {"parameters": {"seed": 2}}, {"schema": {}},
     {"messages": [HumanMessage("Why?")]}],
)  # fmt: skip
def test_another_request_or_step_finds_nothing(other):
    policy = Policy(ScriptedModel(script=[]), "p")
    given = {"messages": [HumanMessage("How?")], "label": "sample r0c0", "parameters": {"seed": 1}}
    first = request_digest(Request(policy, **given), "step")
    assert first == request_digest(Request(policy, **given, refused=frozenset({"n"})), "step")
    assert first != request_digest(Request(policy, **given), "next step")
    assert first != request_digest(Request(policy, **{**given, **other}), "step")


def test_what_failed_is_asked_again_and_what_was_cancelled_is_not():
    assert has_ended([("__error__", ValueError())])
    assert not has_ended([("__error__", asyncio.CancelledError())])


@pytest.fixture
def nothing_saved(monkeypatch):
    """Let no candidate be saved, as if the process were killed before."""
    saved = SqliteRows.aput_writes

    async def lost(self, config, writes, task_id, task_path=""):
        if any(channel == "candidates" for channel, _ in writes):
            raise OSError("the process ends here")
        await saved(self, config, writes, task_id, task_path)

    with monkeypatch.context() as patched:
        patched.setattr(SqliteRows, "aput_writes", lost)
        yield patched


def kept_in(folder):
    with closing(sqlite3.connect(folder / "runs.db")) as database:
        return database.execute("SELECT request, reply FROM tpo_replies").fetchall()


async def test_a_row_that_goes_on_takes_the_replies_that_were_kept(tmp_path, nothing_saved):
    how = {"reward": by_length, "depth": 0, "width": 3, "sampling": "parallel", "seed": 1,
           "folder": tmp_path / "out", "retry_failed": True}  # fmt: skip
    texts = ["an answer", "another one", "the third"]
    model = ScriptedModel(script=texts)
    [failed] = [row async for row in tpo.abatch(["How?"], policy=model, **how)]
    assert failed["error"]
    nothing_saved.undo()
    kept = kept_in(tmp_path / "out")
    assert kept
    again = ScriptedModel(script=texts[len(kept) :])
    [row] = [row async for row in tpo.abatch(["How?"], policy=again, **how)]
    assert (row["error"], len(again.asked)) == (None, 3 - len(kept))
    assert row["usage"]["total"]["requests"] == 3
    pool = next(read_lines(tmp_path / "out" / "pools.jsonl"))
    assert sorted(c["text"] for c in pool["candidates"]) == sorted(texts)
    assert len(pool["requests"]) == 3


@pytest.mark.loopback
@pytest.mark.parametrize("streaming", [False, True])
async def test_what_a_server_replied_is_kept_as_it_came(tmp_path, nothing_saved, streaming):
    how = {"reward": by_length, "depth": 0, "width": 2, "sampling": "parallel", "seed": 1,
           "folder": tmp_path / "out", "retry_failed": True}  # fmt: skip
    with LoopbackServer() as server:
        model = ChatOpenAI(
            model="m", base_url=server.base_url, api_key="sk-secret", streaming=streaming
        )
        [failed] = [row async for row in tpo.abatch(["How?"], policy=model, **how)]
        nothing_saved.undo()
        kept, asked = kept_in(tmp_path / "out"), len(server.asked)
        [row] = [row async for row in tpo.abatch(["How?"], policy=model, **how)]
        assert (row["error"], len(server.asked) - asked) == (None, 2 - len(kept))
    assert failed["error"]
    assert kept
    assert all(("data: " in reply) is streaming for _, reply in kept)
    assert "sk-secret" not in str(kept)
    assert row["usage"]["total"]["requests"] == 2
    assert row["usage"]["total"]["output_tokens"] > 0
