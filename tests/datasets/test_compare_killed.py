"""Killed with SIGKILL at random moments and begun again, a comparison ends as if nothing had been.

The server answers a request always alike, so the report must be that of an unbroken comparison.
TPO_KILLS and TPO_ROWS say how often and how much.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from loopback_server import LoopbackServer, message_text, shaped
from marking import key
from patience import PATIENCE, wait_until
from warm_start import WarmProcess

from tpo.datasets.batch.json_lines import read_lines

KILLS, ROWS = int(os.environ.get("TPO_KILLS", "2")), int(os.environ.get("TPO_ROWS", "3"))
AT_ONCE = 4
MOVING = {"seconds", "created", "p95_seconds", "versions"}
"""What differs between two comparisons that come to the same."""
pytestmark = pytest.mark.loopback


def answer(body, index):
    """Answer each request always alike, and others with another text."""
    last = message_text(body["messages"][-1])
    if "Do not write a new answer" in last or "the changes that would make" in last:
        return "Say more."
    chance = random.Random(f"{key(body)} {index}")
    return shaped(body, "word " * chance.randrange(3, 60))


def begin(folder: Path, file: Path, server: LoopbackServer) -> WarmProcess:
    return WarmProcess(
        ["compare", str(file), "-o", str(folder), "-q",
         "-p", f"openai:m@{server.base_url}", "-d", "1", "-w", "2", "--seed", "7",
         "--max-concurrency", str(AT_ONCE), "--arm", "plain:mode=best_of_n", "--arm", "tpo"],
        stderr=subprocess.PIPE,
    )  # fmt: skip


def live(child: WarmProcess, server: LoopbackServer, requests: int) -> None:
    """Kill a comparison soon after the server has had some requests."""
    try:
        wait_until(lambda: len(server.asked) >= requests or child.poll() is not None)
        time.sleep(random.random() * 0.05)
    finally:
        child.kill()
        child.communicate()


def ended(child: WarmProcess) -> None:
    said = child.communicate(timeout=PATIENCE * 5)[1].decode()
    assert child.returncode == 0, said


def lasting(value):
    """Return a record without what differs between two that come to the same."""
    if isinstance(value, dict):
        return {name: lasting(part) for name, part in value.items() if name not in MOVING}
    if not isinstance(value, list):
        return value
    return [lasting(p) for p in value if not isinstance(p, dict) or p.get("measure") != "seconds"]


def report(folder: Path):
    return lasting(json.loads((folder / "comparison.json").read_text(encoding="utf-8")))


def rows_of(folder: Path) -> list[str]:
    return sorted(row["id"] for row in read_lines(folder / "results.jsonl"))


def test_a_killed_comparison_goes_on_and_comes_to_the_same(tmp_path):
    file, ids = tmp_path / "rows.jsonl", [f"r{n:02}" for n in range(ROWS)]
    rows = [json.dumps({"id": id, "prompt": f"Question {id}?"}) for id in ids]
    file.write_text("\n".join(rows), encoding="utf-8")
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    with LoopbackServer(answer, delay=0.02) as server:
        ended(begin(whole, file, server))
        once = Counter(key(one.body) for one in server.asked)
        samples = {key(one.body): row_of(one.body) for one in server.asked[:ROWS]}
        server.asked.clear()
        before, done = 0, dict[int, list[str]]()
        for _ in range(KILLS):
            live(begin(broken, file, server), server, before + once.total() // (KILLS + 1))
            before = len(server.asked)
            done[before] = rows_of(broken / "first")
        ended(begin(broken, file, server))
    twice = Counter(key(one.body) for one in server.asked) - once
    assert twice.total() <= KILLS * AT_ONCE  # what was in flight when it was killed
    for place in (broken / "first", *(broken / "arms").iterdir()):
        assert rows_of(place) == ids
    assert sorted(samples.values()) == ids
    for moment, drawn in done.items():
        again = {samples.get(key(one.body)) for one in server.asked[moment:]}
        assert not again & set(drawn)
    assert report(broken) == report(whole)


def row_of(body) -> str:
    """Return the row whose first samples are asked for."""
    return message_text(body["messages"][0]).removeprefix("Question ").removesuffix("?")
