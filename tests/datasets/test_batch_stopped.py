"""A batch that is stopped, by a person or by its disk, goes on as if nothing had been."""

from __future__ import annotations

import asyncio
import gc

import pytest
from langchain_openai import ChatOpenAI
from loopback_server import LoopbackServer, shaped
from scripted_model import ScriptedModel
from steps import by_step

import tpo
from tpo.core.context import Context
from tpo.datasets.batch.json_lines import read_lines
from tpo.datasets.batch.opened import open_batch
from tpo.datasets.batch.plan import BatchPlan
from tpo.datasets.batch.row_run import nobody
from tpo.datasets.rows.row_file import rows_of
from tpo.nodes.paid.run_models import GivenModels


def answers(messages, index, seed):
    return by_step(messages, sample="short " * (index + 1), update="long " * (index + 2))


def by_length(query: str, answer: str) -> float:
    return len(answer)


async def run(folder, *rows, policy=None, watch=nobody, pages=0, **more):
    """Run a batch, in a database that may only grow by some pages."""
    given = GivenModels(policy=policy or ScriptedModel(script=answers), reward=by_length)
    context = Context(depth=1, width=3, sampling="parallel", seed=1)
    plan, read = BatchPlan(given, context, **more).checked(rows_of(rows))
    async with open_batch(read, plan, folder, watch) as running:
        if pages:
            database = running.folder.saver.conn
            (there,) = database.execute("PRAGMA page_count").fetchone()
            database.execute(f"PRAGMA max_page_count = {there + pages}")
        return [row async for row in running.results()]


async def test_what_a_stop_kept_from_being_told_is_in_the_pool_all_the_same(tmp_path):
    told = set()

    def stop(row, event):
        if event["type"] == "tpo.request_finished" and event["request"] not in told:
            told.add(event["request"])
            raise asyncio.CancelledError

    for _ in range(20):
        try:
            rows = await run(tmp_path, {"id": "a", "turns": ["One?", "Two?"]}, watch=stop)
        except asyncio.CancelledError:
            continue
        break
    assert len(told) > 2
    (row,), (pool,) = rows, read_lines(tmp_path / "pools.jsonl")
    for turn, search in zip(row["turns"], [*pool["earlier"], pool], strict=True):
        asked = [(one["phase"], one["round"]) for one in search["requests"]]
        once = [("sample", 0)] * 3 + [("loss", 0), ("gradient", 0)] + [("update", 1)] * 3
        assert sorted(asked) == sorted(once)
        for name in ("input_tokens", "output_tokens"):
            assert sum(one[name] for one in search["requests"]) == turn["usage"]["total"][name]


async def stopped_by_its_disk(folder, policy, pages):
    rows = [f"Question {number}?" for number in range(4)]
    with pytest.raises(
        tpo.StoreError, match=r"runs\.db cannot be used: .* is full\. The same call"
    ):
        await run(folder, *rows, policy=policy, pages=pages)
    assert not [row for row in read_lines(folder / "results.jsonl") if row["error"]]
    ended = await run(folder, *rows, policy=policy)
    assert [row["error"] for row in ended] == [None] * 4
    pools = list(read_lines(folder / "pools.jsonl"))
    assert [len(pool["requests"]) for pool in pools] == [8] * 4


@pytest.mark.parametrize("pages", [1, 8, 40])
async def test_a_full_disk_ends_the_batch_and_no_row_fails(tmp_path, caplog, pages):
    await stopped_by_its_disk(tmp_path, ScriptedModel(script=answers), pages)
    gc.collect()
    assert not caplog.records  # asyncio tells of errors that nobody took


@pytest.mark.loopback
@pytest.mark.parametrize("pages", [1, 40])
async def test_a_reply_that_cannot_be_kept_is_not_asked_for_again(tmp_path, pages):
    with LoopbackServer(lambda body, index: shaped(body, "word " * (index + 2))) as server:
        model = ChatOpenAI(model="m", base_url=server.base_url, api_key="x", max_retries=0)
        await stopped_by_its_disk(tmp_path, model, pages)
        assert len(server.asked) <= 4 * 8 + 16  # what was in flight when it was full


async def test_a_row_that_has_lost_its_pool_gets_it_back_from_its_run_if_that_is_kept(tmp_path):
    model, pools = ScriptedModel(script=answers), tmp_path / "pools.jsonl"
    await run(tmp_path, "One?", "Two?", policy=model, keep_runs=True)
    whole, paid = sorted(pools.read_bytes().splitlines()), len(model.asked)
    pools.write_bytes(b"")
    again = {"policy": model, "keep_runs": True, "retry_failed": True}
    assert len(await run(tmp_path, "One?", "Two?", **again)) == 2
    assert sorted(pools.read_bytes().splitlines()) == whole
    assert len(model.asked) == paid
