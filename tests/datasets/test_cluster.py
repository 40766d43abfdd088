"""A batch on a cluster, with the cluster in this process: what is written, resumed and refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cluster_in_process import in_process
from scripted_model import ScriptedModel

import tpo
from tpo.core.make_context import make_context
from tpo.datasets.batch.json_lines import read_lines
from tpo.datasets.batch.plan import BatchPlan, Totals
from tpo.datasets.cluster import opened
from tpo.datasets.cluster.merged_folder import Merged
from tpo.datasets.cluster.opened import Cluster, open_on_cluster
from tpo.datasets.export.folders import sources_in
from tpo.datasets.rows.row_file import rows_of
from tpo.nodes.paid.run_models import GivenModels

ROWS = [{"id": f"r{i}", "prompt": f"Question {i}?", "level": i} for i in range(8)]
FOUR = Cluster(blocks=4)
REQUESTS = 4  # of a row: sample, loss, gradient, update


@pytest.fixture
def cluster(monkeypatch):
    return in_process(monkeypatch)


def answers(messages, index, seed):
    if "broken" in messages[0].text:
        return RuntimeError("no such model")
    last = messages[-1].text
    if "improved_answer" in last:
        return f"<improved_answer>{'long ' * (index + 2)}</improved_answer>"
    return "short " * (index + 1)


def by_length(query: str, answer: str) -> float:
    return len(answer)


def plan_for(model, *, depth=1, **more) -> BatchPlan:
    context = make_context(None, depth=depth, width=2, max_concurrency=2)
    return BatchPlan(GivenModels(policy=model, reward=by_length), context, **more)


async def run(folder: Path, model, rows=ROWS, where=FOUR, **more):
    plan, checked = plan_for(model, **more).checked(rows_of(rows))
    with open_on_cluster(checked, plan, folder, where) as at_work:
        ended = [row async for row in at_work.results()]
        return at_work, ended


def written(folder: Path, name="results.jsonl"):
    return {row["id"]: row for row in read_lines(folder / name)}


async def test_the_folder_is_that_of_any_batch(tmp_path, cluster):
    model = ScriptedModel(script=answers)
    at_work, ended = await run(tmp_path / "there", model)
    assert cluster.passages == [0, 1, 2, 3]
    here = [
        row
        async for row in tpo.abatch(
            ROWS, folder=tmp_path / "here", policy=ScriptedModel(script=answers),
            reward=by_length, depth=1, width=2, max_concurrency=2,
        )
    ]  # fmt: skip
    same = {"seconds", "usage"}
    for row in here:
        other = written(tmp_path / "there")[row["id"]]
        assert {k: other[k] for k in other.keys() - same} == {k: row[k] for k in row.keys() - same}
    assert sorted(row["id"] for row in ended) == sorted(written(tmp_path / "there", "pools.jsonl"))
    assert (at_work.sums.done, at_work.stopped, len(at_work.under_way)) == (8, "", 0)
    assert at_work.spent["requests"] == len(model.asked) == 8 * REQUESTS
    assert {p.name for p in (tmp_path / "there").iterdir()} == {
        "lock", "metadata.json", "pools.jsonl", "results.jsonl",
    }  # fmt: skip


@pytest.mark.parametrize("kills", [[3], [8, 11], [20]])
async def test_a_part_whose_node_dies_goes_on_elsewhere(tmp_path, cluster, kills):
    cluster.kills, model = kills, ScriptedModel(script=answers)
    _, ended = await run(tmp_path, model)
    assert len(cluster.passages) == 4 + len(kills)
    lines = list(read_lines(tmp_path / "results.jsonl"))
    assert sorted(row["id"] for row in lines) == sorted(row["id"] for row in ROWS)
    assert len(ended) == len(written(tmp_path, "pools.jsonl")) == 8
    # At most what was in flight is asked again: two requests, for each death.
    assert len(model.asked) <= 8 * REQUESTS + 2 * len(kills)


async def test_a_limit_holds_for_all_parts_together_and_the_rest_is_done_later(tmp_path, cluster):
    model = ScriptedModel(script=answers)
    at_work, _ = await run(tmp_path, model, totals=Totals(requests=10))
    assert at_work.stopped == "the requests for all rows are used up"
    assert 10 <= len(model.asked) < 8 * REQUESTS
    assert (tmp_path / "parts").is_dir()
    at_work, ended = await run(tmp_path, model)
    assert (at_work.stopped, at_work.sums.done) == ("", 8)
    assert len(model.asked) == 8 * REQUESTS
    assert at_work.rows_before + len(ended) == 8
    assert not (tmp_path / "parts").exists()


async def test_failed_rows_are_tried_again_and_nothing_else(tmp_path, cluster):
    rows = [*ROWS[:3], {"id": "r3", "prompt": "broken"}]
    await run(tmp_path, ScriptedModel(script=answers), rows)
    assert written(tmp_path)["r3"]["error"]["kind"] == "NoCandidateError"
    model = ScriptedModel(script=lambda messages, index, seed: "word " * (index + 1))
    _, ended = await run(tmp_path, model, rows)
    assert ended == []
    _, ended = await run(tmp_path, model, rows, retry_failed=True)
    assert [row["id"] for row in ended] == ["r3"]
    assert written(tmp_path)["r3"]["error"] is None
    assert len(list(read_lines(tmp_path / "results.jsonl"))) == 4


async def test_what_a_driver_that_was_killed_has_not_taken_over_is_not_paid_again(
    tmp_path, cluster, monkeypatch
):
    model = ScriptedModel(script=answers)
    with monkeypatch.context() as killed:  # before it tidied up, and before it ever looked
        killed.setattr(Merged, "tidy", lambda self: None)
        await run(tmp_path, model, totals=Totals(requests=10))
    for name in ("results.jsonl", "pools.jsonl"):
        (tmp_path / name).write_bytes(b"")
    await run(tmp_path, model)
    assert len(model.asked) == 8 * REQUESTS
    assert len(written(tmp_path)) == 8


async def test_other_settings_other_blocks_and_other_ways_to_run_are_refused(tmp_path, cluster):
    model = ScriptedModel(script=answers)
    await run(tmp_path, model, totals=Totals(requests=10))
    paid = len(model.asked)
    with pytest.raises(tpo.InputError, match="depth was 1 and is 2"):
        await run(tmp_path, model, depth=2)
    with pytest.raises(
        tpo.InputError, match="begun with blocks of 2 rows, not 4: leave --ray-blocks out"
    ):
        await run(tmp_path, model, where=Cluster(blocks=2))
    settings = {"policy": model, "reward": by_length, "depth": 1, "width": 2}
    with pytest.raises(tpo.InputError, match="go on with --ray"):
        await anext(tpo.abatch(ROWS, folder=tmp_path, **settings))
    plan, checked = plan_for(model).checked(rows_of(ROWS))
    with (
        open_on_cluster(checked, plan, tmp_path, Cluster()),
        pytest.raises(tpo.InputError, match="another process is running the batch"),
    ):
        await run(tmp_path, model)
    assert len(model.asked) == paid


async def test_a_batch_that_the_nodes_cannot_run_leaves_no_settings_behind(
    tmp_path, cluster, monkeypatch
):
    def refuse(folder, ledger):
        raise tpo.ConfigError("node 10.0.0.2 cannot run this: is its API key set?")

    model = ScriptedModel(script=answers)
    with monkeypatch.context() as keyless:
        keyless.setattr(opened, "check_nodes", refuse)
        with pytest.raises(tpo.ConfigError, match=r"node 10\.0\.0\.2"):
            await run(tmp_path, model, depth=2)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
    _, ended = await run(tmp_path, model)
    assert len(ended) == 8


async def test_rows_under_way_without_a_cluster_are_not_begun_again(tmp_path, cluster):
    model = ScriptedModel(script=answers)
    settings = {"policy": model, "reward": by_length, "depth": 1, "width": 2}
    first = tpo.abatch(ROWS, folder=tmp_path, totals=Totals(requests=5), **settings)
    assert len([row async for row in first]) < 8
    with pytest.raises(tpo.InputError, match="under way without a cluster: go on without --ray"):
        await run(tmp_path, model)


async def test_a_part_that_cannot_be_run_ends_the_batch_with_its_reason(tmp_path, cluster):
    def lost(*given):
        raise tpo.StoreError("the disk is full")

    cluster.lives_through = lost
    with pytest.raises(tpo.StoreError, match="the disk is full"):
        await run(tmp_path, ScriptedModel(script=answers))
    about = json.loads((tmp_path / "metadata.json").read_text(encoding="utf-8"))
    assert about["stopped"] == "interrupted"
    assert about["sums"]["done"] == 0


async def test_parts_that_are_kept_are_not_exported_twice(tmp_path, cluster):
    await run(tmp_path, ScriptedModel(script=answers), keep_runs=True)
    assert len(list((tmp_path / "parts").glob("*/pools.jsonl"))) == 4
    assert len(list(sources_in(tmp_path))) == 8


def test_actors_share_the_requests_in_flight():
    assert Cluster().actors_for(nodes=3, in_flight=16) == 3
    assert Cluster().actors_for(nodes=30, in_flight=16) == 16
    assert Cluster(actors=8).actors_for(nodes=3, in_flight=16) == 8
    with pytest.raises(tpo.ConfigError, match="17 actors share 16 requests"):
        Cluster(actors=17).actors_for(nodes=3, in_flight=16)
