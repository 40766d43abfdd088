"""What ends a batch early, what one row may do to others, and the limit that they share."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest
from loopback_server import Fault, LoopbackServer
from scripted_model import ScriptedModel

import tpo
from tpo.core.usage import cost
from tpo.datasets.batch.json_lines import read_lines
from tpo.datasets.batch.plan import Totals
from tpo.datasets.batch.sums import Sums
from tpo.models import in_flight
from tpo.models.in_flight import InFlight
from tpo.models.run_in_flight import RunInFlight


def answers(messages, index, seed):
    last = messages[-1].text
    if "broken" in messages[0].text:
        return RuntimeError("no such model")
    if "improved_answer" in last:
        return f"<improved_answer>{'long ' * (index + 2)}</improved_answer>"
    return "short " * (index + 1)


def by_length(query: str, answer: str) -> float:
    return len(answer)


def place(folder, model=None, **more):
    model = model or ScriptedModel(script=answers)
    few = {"depth": 1, "width": 2, "max_concurrency": 2}
    return {"folder": folder, "policy": model, "reward": by_length, **few, **more}


async def rows_of(given, **settings):
    return [row async for row in tpo.abatch(given, **settings)]


async def test_a_limit_counts_what_rows_have_paid_for_in_earlier_calls(tmp_path):
    """Rows that were under way when it was reached, and failed ones that are tried again."""
    rows, model = [f"Question {n}?" for n in range(6)], ScriptedModel(script=answers)
    for _ in range(3):
        await rows_of(rows, **place(tmp_path, model, totals=Totals(requests=5)))
        assert len(model.asked) == 5
    await rows_of(rows, **place(tmp_path, model))
    assert len(model.asked) == 4 * len(rows)


async def test_a_row_that_fails_is_a_row_with_its_reason_and_may_be_tried_again(tmp_path):
    rows = [{"id": "a", "prompt": "One?"}, {"id": "b", "prompt": "broken"}]
    results = {r["id"]: r for r in await rows_of(rows, **place(tmp_path))}
    assert results["a"]["error"] is None
    assert results["b"]["error"]["kind"] == "NoCandidateError"
    assert "no such model" in results["b"]["error"]["message"]
    assert results["b"]["answer"] is results["b"]["reward"] is None
    same = await rows_of(rows, **place(tmp_path))
    assert len(same) == 2
    mended = ScriptedModel(script=lambda messages, index, seed: f"{'word ' * (index + 1)}")
    again = place(tmp_path, mended, retry_failed=True)
    after = {r["id"]: r for r in await rows_of(rows, **again)}
    assert after["b"]["error"] is None
    written = list(read_lines(tmp_path / "results.jsonl"))
    assert sorted(r["id"] for r in written) == ["a", "b"]
    assert len(list(read_lines(tmp_path / "pools.jsonl"))) == 2


async def test_nothing_more_is_sent_once_a_total_is_reached_and_the_rest_is_done_later(tmp_path):
    rows = [f"Question {i}" for i in range(12)]
    model = ScriptedModel(script=answers, delay=0.005)
    first = await rows_of(rows, **place(tmp_path, model, totals=Totals(requests=34)))
    assert 0 < len(first) < 12
    assert len(model.asked) == 34
    about = json.loads((tmp_path / "metadata.json").read_text(encoding="utf-8"))
    assert about["stopped"] == "the requests for all rows are used up"
    rest = await rows_of(rows, **place(tmp_path, model))
    assert [(r["error"], r["stop_reason"]) for r in rest] == [(None, "depth")] * 12
    assert len(model.asked) == 12 * 4  # sample, loss, gradient, update: none of them twice
    assert sum(r["usage"]["total"]["requests"] for r in rest) == 12 * 4


async def test_too_many_failures_end_it_early(tmp_path):
    rows = [f"broken {i}" for i in range(40)]
    results = await rows_of(rows, **place(tmp_path, most_failed=0.1))
    assert 5 <= len(results) < 40


async def test_two_on_one_folder_are_refused(tmp_path):
    running = tpo.abatch(["One?", "Two?"], **place(tmp_path))
    assert await anext(running)
    with pytest.raises(tpo.InputError, match="another process is running the batch"):
        await rows_of(["One?", "Two?"], **place(tmp_path))
    await running.aclose()
    assert len(await rows_of(["One?", "Two?"], **place(tmp_path))) == 2


async def test_a_line_that_was_cut_off_is_repaired(tmp_path):
    rows, model = ["One?", "Two?"], ScriptedModel(script=answers)
    await rows_of(rows, **place(tmp_path, model))
    results = tmp_path / "results.jsonl"
    whole = results.read_bytes()
    results.write_bytes(whole[:-20])
    assert len(await rows_of(rows, **place(tmp_path, model))) == 2
    assert len(results.read_bytes().splitlines()) == 2
    assert len(list(read_lines(tmp_path / "pools.jsonl"))) == 2


async def test_an_unwritable_folder_is_refused_before_anything_is_paid(tmp_path):
    (tmp_path / "file").touch()
    model = ScriptedModel(script=answers)
    for folder in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(tpo.StoreError, match=r"cannot be made: .*file is a file"):
            await rows_of(["One?"], **place(folder, model))
    assert not model.asked


async def test_a_pause_for_a_person_is_refused():
    with pytest.raises(tpo.ConfigError, match="nobody waits for each row"):
        await rows_of(["One?"], **place(None, human_pick=True))


@pytest.mark.loopback
async def test_refusals_for_too_many_requests_lose_no_row(tmp_path):
    faults = [Fault(429, headers={"retry-after": "0"}) if i % 3 else Fault() for i in range(20)]
    with LoopbackServer(script=faults) as server:
        settings = place(tmp_path, f"openai:m@{server.base_url}", depth=0, max_concurrency=8)
        results = await rows_of([f"Question {i}" for i in range(10)], **settings)
    assert [r["error"] for r in results] == [None] * 10


class Refused(Exception):
    status_code = 429


async def test_the_limit_shrinks_while_a_server_refuses_and_grows_again():
    shared = InFlight(most=16)
    for _ in range(4):
        shared.busy += 1
        shared.over(asyncio.get_running_loop().time() + 1e9, Refused())
    assert shared.limit == 16 * 0.75**4
    for _ in range(40):
        shared.busy += 1
        shared.over(0.0, None)
    assert shared.limit == 16


async def test_refusals_of_one_moment_shrink_the_limit_once(monkeypatch):
    monkeypatch.setattr(in_flight, "time", SimpleNamespace(monotonic=lambda: 7.0))
    shared = InFlight(most=16, busy=2)
    for _ in range(2):  # both were sent before the first came back
        shared.over(7.0, Refused())
    assert shared.limit == 12


async def test_the_earliest_run_is_next_and_in_the_end_the_one_furthest_behind():
    async def order(draining: bool) -> list[str]:
        shared, done = InFlight(most=1, draining=draining), list[str]()
        early, late = RunInFlight(shared, 0), RunInFlight(shared, 1)
        first = asyncio.create_task(late.wait({"tpo_phase": "sample", "tpo_round": 0}))
        await first

        async def ask(name, run, about):
            await run.wait(about)
            done.append(name)
            shared.over(0.0, None)

        tasks = [
            asyncio.create_task(ask("late", late, {"tpo_phase": "loss", "tpo_round": 0})),
            asyncio.create_task(ask("early", early, {"tpo_phase": "update", "tpo_round": 1})),
        ]
        await asyncio.sleep(0)
        shared.over(0.0, None)
        await asyncio.gather(*tasks)
        assert shared.busy == 0
        return done

    assert await order(draining=False) == ["early", "late"]
    assert await order(draining=True) == ["late", "early"]


async def test_a_request_that_is_cancelled_gives_its_turn_back():
    shared = InFlight(most=1)
    run = RunInFlight(shared, 0)
    await run.wait({})
    waiting = asyncio.create_task(run.wait({}))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert (shared.busy, shared.waiting, run.waits) == (1, [], 0)
    given = asyncio.create_task(run.wait({}))
    await asyncio.sleep(0)
    shared.over(0.0, None)  # its turn comes, and it is cancelled before it knows
    given.cancel()
    await asyncio.gather(given, return_exceptions=True)
    assert shared.busy == 0


def test_totals_say_which_is_reached():
    assert Totals().reached(cost(requests=10**6), 1e9) == ""
    assert Totals(requests=3).reached(cost(requests=3), 0) == "requests"
    assert Totals(tokens=30).reached(cost(input_tokens=20, output_tokens=10), 0) == "tokens"
    assert Totals(usd=0.5).reached({**cost(), "cost_usd": 0.5}, 0) == "usd"


def test_rows_without_a_reward_are_left_out_of_the_mean():
    sums, row = Sums(), {"error": None, "reward": None, "stop_reason": None, "usage": None}
    sums.add(row)
    assert (sums.done, sums.mean) == (1, None)
    sums.add({**row, "reward": 0.5})
    assert (sums.done, sums.mean) == (2, 0.5)
