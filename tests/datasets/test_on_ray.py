"""A batch on a real Ray cluster of two nodes, one of which dies. Run by `make ray`.

A request whose texts are in the folder when something dies is finished, and is never asked again.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from loopback_server import LoopbackServer
from marking import Marking, key
from patience import PATIENCE, wait_until
from ray_nodes import RayNodes

from tpo.datasets.batch.json_lines import read_lines

pytestmark = [
    pytest.mark.loopback,
    pytest.mark.skipif(
        importlib.util.find_spec("ray") is None or not sys.platform.startswith("linux"),
        reason="Ray is not installed: make ray",
    ),
]
ROWS, REQUESTS = 12, 7


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayNodes]:
    with RayNodes() as nodes:
        yield nodes


@pytest.fixture
def begun(cluster, tmp_path):
    file, folder, marking = tmp_path / "rows.jsonl", tmp_path / "out", Marking()
    rows = [json.dumps({"id": f"r{i}", "prompt": f"Question {i}?"}) for i in range(ROWS)]
    file.write_text("\n".join(rows), encoding="utf-8")
    with LoopbackServer(marking.answer, delay=0.3) as server:
        command = [
            sys.executable, "-P", "-m", "tpo.cli.app", "batch", str(file), "-o", str(folder),
            "-p", f"openai:m@{server.base_url}", "-d", "2", "-w", "3", "--seed", "7",
            "--ray", cluster.address, "--ray-actors", "2", "--ray-blocks", "4", "--json",
        ]  # fmt: skip

        def begin() -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                command, env=cluster.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )

        yield begin, server, marking, folder


def finished(child, folder):
    out, err = child.communicate(timeout=PATIENCE * 5)
    assert child.returncode == 0, err.decode()
    assert json.loads(out)["done"] == ROWS
    results = list(read_lines(folder / "results.jsonl"))
    assert sorted(r["id"] for r in results) == sorted(f"r{i}" for i in range(ROWS))
    assert all(r["error"] is None and len(r["rounds"]) == 3 for r in results)
    pools = list(read_lines(folder / "pools.jsonl"))
    assert [p["id"] for p in pools] == [r["id"] for r in results]
    assert {len(p["requests"]) for p in pools} == {REQUESTS}
    assert not (folder / "parts").exists()


def test_a_node_that_dies_loses_no_row_and_nothing_finished_is_asked_again(cluster, begun):
    begin, server, marking, folder = begun
    node = cluster.add()
    child = begin()
    wait_until(lambda: len(server.asked) >= 30 or child.poll() is not None)
    cluster.kill(node)
    saved, before = marking.saved(folder), len(server.asked)
    finished(child, folder)
    assert not saved & {key(one.body) for one in server.asked[before:]}
    assert saved


def test_a_driver_that_is_killed_goes_on(cluster, begun):
    begin, server, marking, folder = begun
    child = begin()
    wait_until(lambda: len(server.asked) >= 30 or child.poll() is not None)
    child.kill()
    child.communicate()
    saved, before = marking.saved(folder), len(server.asked)
    finished(begin(), folder)
    assert not saved & {key(one.body) for one in server.asked[before:]}
    assert saved
