"""`tpo batch --ray`: what is typed, printed and left behind; the cluster is in this process."""

from __future__ import annotations

import json

import pytest
from cluster_in_process import in_process

pytestmark = pytest.mark.loopback


@pytest.fixture
def typed(tmp_path, policy, monkeypatch):
    in_process(monkeypatch)
    file = tmp_path / "prompts.jsonl"
    rows = [{"id": f"r{i}", "prompt": f"Name river {i}"} for i in range(4)]
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    few = ("-p", policy, "-d", "1", "-w", "2", "-o", str(tmp_path / "out"))
    return ("batch", "--ray", str(file), *few)


def test_it_is_told_of_like_any_batch(tpo, typed, tmp_path, server):
    ran = tpo(*typed, "--json", "--ray-actors", "2", "--ray-blocks", "3")
    assert ran.code == 0, ran.err
    assert (ran.data["done"], ran.data["rows"], ran.data["stopped"]) == (4, 4, "")
    assert len(server.asked) == 16
    assert len((tmp_path / "out" / "results.jsonl").read_text().splitlines()) == 4
    ran = tpo(*typed)
    assert "4 of 4 rows were done before" in ran.err
    assert len(server.asked) == 16


def test_a_limit_is_said_and_how_it_goes_on(tpo, typed, server):
    ran = tpo(*typed, "--total-requests", "5")
    assert ran.code == 1
    assert "the requests for all rows are used up; everything paid for is saved" in ran.err
    assert "4 of 4 rows; mean reward" in tpo(*typed).err
    assert len(server.asked) == 16


def test_what_cannot_be_kept_is_refused_before_anything_is_paid(tpo, typed, server, policy):
    ran = tpo(*typed, "--ray-actors", "5", "--max-concurrency", "4")
    assert (ran.code, server.asked) == (2, [])
    assert "5 actors share 4 requests in flight: raise --max-concurrency" in ran.err
    ran = tpo(*typed, "--total-usd", "1")
    assert (ran.code, server.asked) == (2, [])
    assert f"$1 for all rows: the price of '{policy}' is not known" in ran.err
    ran = tpo("batch", *typed[2:], "--ray-blocks", "2")
    assert (ran.code, server.asked) == (2, [])
    assert "add --ray" in ran.err
