"""The pieces of a batch on a cluster, each alone; none of them needs Ray."""

from __future__ import annotations

import json
import pickle
import sys
import threading
from contextlib import closing
from functools import partial
from types import SimpleNamespace

import pytest
from pydantic import BaseModel, SecretStr

import tpo
from tpo.cli.arguments.ray_address import with_address
from tpo.cli.input.typed_cluster import cluster_typed
from tpo.core.context import Context
from tpo.core.usage import cost
from tpo.datasets.batch.alone import FolderInUseError, alone_in
from tpo.datasets.batch.json_lines import GrowingFile, read_lines
from tpo.datasets.batch.plan import BatchPlan, Totals
from tpo.datasets.cluster import nodes
from tpo.datasets.cluster.actor_errors import error_from, own_error
from tpo.datasets.cluster.batch_columns import columns_of, rows_in
from tpo.datasets.cluster.ledger import Ledger, Line
from tpo.datasets.cluster.merged_folder import Merged, lines_since
from tpo.datasets.cluster.nodes import reply_of_node, require_alike
from tpo.datasets.cluster.part_run import free_folder
from tpo.datasets.cluster.parts import cut_into_parts, read_part, rows_per_part, write_part
from tpo.datasets.cluster.ray_output import RAYS_THREAD, stdout_without_ray
from tpo.datasets.cluster.ray_there import connected
from tpo.datasets.cluster.sendable import made_here, require_sendable
from tpo.datasets.rows.row import Row
from tpo.nodes.paid.run_models import GivenModels

ROWS = [Row(f"r{i}", {"level": i}, [{"role": "user", "content": "Why? \ud83d"}]) for i in range(5)]


def test_rows_are_cut_the_same_way_each_time():
    found = {number: [row.id for row in rows] for number, rows in cut_into_parts(ROWS, 2)}
    assert found == {0: ["r0", "r1"], 1: ["r2", "r3"], 2: ["r4"]}
    assert rows_per_part(10**6, actors=2, in_flight=8) == 256
    assert rows_per_part(10**6, actors=2, in_flight=100) == 400
    assert rows_per_part(3, actors=8, in_flight=1) == 1


def test_a_part_is_read_as_it_was_written_and_written_once(tmp_path):
    drafted = Row("d", {"a": None}, [{"role": "user", "content": "Why?"}], drafts=("Because.",))
    write_part(tmp_path / "p", [drafted, *ROWS])
    write_part(tmp_path / "p", [])
    read = read_part(tmp_path / "p")
    assert list(read) == [drafted, *ROWS]
    assert read.count == 6


def merged_in(path):
    results, pools = GrowingFile(path / "results.jsonl"), GrowingFile(path / "pools.jsonl")
    return Merged(path, {}, results, pools)


def test_rows_are_taken_over_once_and_only_when_they_are_whole(tmp_path):
    part, merged = tmp_path / "part", merged_in(tmp_path)
    part.mkdir()
    assert list(merged.take(part)) == []
    whole = json.dumps({"id": "a", "error": None}) + "\n"
    (part / "results.jsonl").write_text(whole + whole.replace('"a"', '"b"')[:-5], encoding="utf-8")
    assert list(merged.take(part)) == []  # its pool is not there yet
    (part / "pools.jsonl").write_text('{"id": "a"}\n{"id": "b"}\n', encoding="utf-8")
    assert [row["id"] for row in merged.take(part)] == ["a"]
    assert list(merged.take(part)) == []
    with (part / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write(whole[-5:])
    assert [row["id"] for row in merged.take(part)] == ["b"]
    assert [row["id"] for row in read_lines(tmp_path / "results.jsonl")] == ["a", "b"]
    assert [row["id"] for row in read_lines(tmp_path / "pools.jsonl")] == ["a", "b"]
    with closing(merged.results), closing(merged.pools):
        assert lines_since(part / "results.jsonl", 10**6) == ([], 10**6)


def report(requests, failed=0, under_way=1):
    return {"spent": cost(requests=requests), "failed": failed, "under_way": under_way}


def ledger_with(**plan) -> Ledger:
    ledger = Ledger()
    plan = BatchPlan(GivenModels(), Context(), **plan)
    ledger.begin(None, plan, cost(requests=3), 1, 10)
    return ledger


def test_the_ledger_adds_up_all_passages_of_all_parts():
    ledger = ledger_with(totals=Totals(requests=12))
    assert ledger.report(0, "first", report(4)) == ""
    assert ledger.report(1, "other", report(1, failed=2)) == ""
    assert ledger.report(0, "after a death", report(2)) == ""
    now = ledger.standing()
    assert now["spent"]["requests"] == 3 + 4 + 2 + 1
    assert (now["failed"], now["under_way"], now["begun"]) == (3, 2, [0, 1])
    assert ledger.report(1, "other", report(3)) == "the requests for all rows are used up"
    ledger.close("interrupted")
    assert ledger.stopped() == "the requests for all rows are used up"


def test_too_many_failures_of_all_parts_end_it():
    ledger = ledger_with(most_failed=0.25)
    assert ledger.report(0, "a", report(1, failed=1)) == ""
    assert "more than 25% of the rows failed" in ledger.report(1, "b", report(1, failed=1))


def test_a_line_to_the_ledger_never_waits():
    sent, there = [], []

    def send(given):
        sent.append(given)
        return SimpleNamespace(ready=lambda: bool(there), value=lambda: "over")

    line = Line(send)
    assert line.asks() == ""
    shared = SimpleNamespace(paid=cost(input_tokens=7), sent=2)
    running = SimpleNamespace(shared=shared, sums=SimpleNamespace(failed=4), under_way={1: 2})
    line.begins(running)
    assert [line.asks() for _ in range(3)] == [""] * 3
    assert len(sent) == 1
    assert (sent[0]["spent"]["requests"], sent[0]["failed"], sent[0]["under_way"]) == (2, 0, 1)
    there.append(True)
    assert line.asks() == "over"


async def test_a_part_waits_for_the_process_that_holds_it_and_not_for_ever(tmp_path):
    with (
        alone_in(tmp_path),
        pytest.raises(FolderInUseError, match="another process is running the batch"),
    ):
        async with free_folder(tmp_path, {}, patience=0.0):
            pass


@pytest.mark.parametrize(
    ("typed", "given"),
    [
        (["--ray"], ["--ray", "auto"]),
        (["--ray", "-o", "out"], ["--ray", "auto", "-o", "out"]),
        (["--ray", "local", "f.jsonl"], ["--ray", "local", "f.jsonl"]),
        (["--ray", "10.0.0.1:6379"], ["--ray", "10.0.0.1:6379"]),
        (["-o", "out"], ["-o", "out"]),
    ],
)
def test_the_address_may_be_left_out(typed, given):
    assert with_address(typed) == given


def test_what_was_typed_is_a_cluster_or_is_refused(monkeypatch):
    nothing = {"ray": None, "ray_actors": None, "ray_blocks": None}
    assert cluster_typed(nothing) is None
    with pytest.raises(tpo.ConfigError, match="add --ray"):
        cluster_typed({**nothing, "ray_blocks": 3})
    found = cluster_typed({**nothing, "ray": "auto", "ray_actors": 2})
    assert (found.address, found.actors, found.blocks) == ("auto", 2, 0)
    monkeypatch.setattr(sys, "argv", ["tpo", "batch", "-p", "openai:m@http://u:pass@h/v1"])
    with pytest.raises(tpo.ConfigError, match="Ray keeps the command as it was typed") as refused:
        cluster_typed({**nothing, "ray": "auto"})
    assert "pass@" not in str(refused.value)


class Keyed(BaseModel):
    api_key: SecretStr = SecretStr("sk-verysecret")


def refuse(value):
    raise TypeError("cannot pickle '_thread.lock' object")


def test_what_cannot_be_sent_is_named_with_what_to_give():
    with pytest.raises(tpo.ConfigError, match=r"^reward \(lock\) cannot be sent .*'_thread.lock'"):
        require_sendable({"reward": threading.Lock()}, refuse)
    with pytest.raises(tpo.ConfigError, match=r"^policy holds a key \(api_key\)") as held:
        require_sendable({"policy": Keyed()}, bool)
    assert "a function without arguments that makes it there" in str(held.value)
    assert "sk-verysecret" not in str(held.value)
    with pytest.raises(tpo.ConfigError, match="the login in its address"):
        require_sendable({"policies": ["openai:m@http://u:pass@h/v1"]}, bool)
    with pytest.raises(tpo.ConfigError, match="the login in its address"):
        require_sendable({"context": Context(policy="openai:m@http://u:pass@h/v1")}, bool)
    inner = SimpleNamespace(judges=[partial(len, Keyed())])
    with pytest.raises(tpo.ConfigError, match=r"^reward holds a key \(api_key\)"):
        require_sendable({"reward": inner}, bool)
    require_sendable({"policy": "openai:m", "reward": len, "depth": 2}, bool)


MADE = {
    "context": lambda: tpo.Context(depth=1),
    "function": lambda: tpo.FunctionReward(by_length),
    "judge": lambda: tpo.Judge("openai:m"),
    "pairwise": lambda: tpo.PairwiseJudge("openai:m"),
    "groupwise": lambda: tpo.GroupwiseJudge("openai:m"),
    "rubric": lambda: tpo.QueryRubric("openai:m"),
    "mix": lambda: tpo.Mix([tpo.Part(tpo.FunctionReward(by_length)), tpo.Part(tpo.Judge("x:m"))]),
    "repeated": lambda: tpo.repeated(tpo.Judge("openai:m"), 2),
    "command": lambda: tpo.CommandReward(["test", "-s", "{file}"]),
    "spec": lambda: tpo.resolve_reward("heuristic"),
}


@pytest.mark.parametrize("name", MADE)
def test_our_own_rewards_and_settings_can_be_sent(name):
    require_sendable({"reward": MADE[name]()}, pickle.dumps)


def test_a_function_without_arguments_makes_what_cannot_be_sent():
    assert made_here([lambda: "a", "b"]) == ["a", "b"]
    scoring = [by_length, Keyed, len, "judge", None]
    assert [made_here(one) for one in scoring] == scoring


def by_length(query: str, answer: str) -> float:
    return float(len(answer))


def test_without_ray_one_sentence_says_what_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(tpo.MissingDependencyError, match=r"pip install 'tpo\[ray\]'"):
        connected("auto").__enter__()


def test_an_error_of_an_actor_is_one_of_ours():
    lost = error_from("StoreError: the disk is full: /out")
    assert isinstance(lost, tpo.StoreError)
    assert str(lost) == "the disk is full: /out"
    assert isinstance(error_from("FolderInUseError: another process"), tpo.InputError)
    wrapped = RuntimeError("traceback")
    wrapped.cause = tpo.PolicyError("no key")
    assert str(own_error(wrapped)) == "no key"
    text = "Traceback of a node:\n  line 1\nModuleNotFoundError: No module named 'tpo'"
    assert "the cluster failed: ModuleNotFoundError" in str(own_error(RuntimeError(text)))


def test_nodes_must_be_alike(tmp_path):
    with pytest.raises(tpo.ConfigError, match="node n has tpo 9, and here is"):
        require_alike("n", "9", seen=True, folder=tmp_path)
    with pytest.raises(tpo.ConfigError, match="give a folder that all nodes share"):
        require_alike("n", tpo.__version__, seen=False, folder=tmp_path)


def test_what_ray_prints_goes_to_stderr(capsys):
    with stdout_without_ray():
        print("ours")
        thread = threading.Thread(target=print, args=["a node has died"], name=RAYS_THREAD)
        thread.start()
        thread.join()
    said = capsys.readouterr()
    assert (said.out, said.err) == ("ours\n", "a node has died\n")


class Array(list):
    def tolist(self):
        return list(self)


def test_columns_of_every_format_are_rows():
    nested = {"id": Array(["a"]), "messages": Array([Array([{"role": "user", "content": "Why?"}])])}
    row = {"id": "a", "messages": [{"role": "user", "content": "Why?"}]}
    assert rows_in(columns_of(nested)) == [row]
    arrow = SimpleNamespace(to_pydict=lambda: {"id": ["a"]})
    pandas = SimpleNamespace(to_dict=lambda kind: {"id": [kind]})
    assert (columns_of(arrow), columns_of(pandas)) == ({"id": ["a"]}, {"id": ["list"]})


def test_a_node_that_is_only_slow_is_said_to_be_slow(monkeypatch):
    class RayError(Exception):
        """What Ray raises."""

    class GetTimeoutError(RayError):
        """Some objects are not ready."""

    def get(answer, timeout):
        raise GetTimeoutError

    errors = SimpleNamespace(RayError=RayError, GetTimeoutError=GetTimeoutError)
    ray = SimpleNamespace(get=get, exceptions=errors)
    monkeypatch.setattr(nodes, "ray_module", lambda: ray)
    with pytest.raises(
        tpo.ConfigError, match=r"node 10\.0\.0\.9 has not begun a process within 120 s"
    ):
        reply_of_node("10.0.0.9", None)
