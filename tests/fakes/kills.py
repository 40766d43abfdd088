"""Kill a saved run at a chosen moment, and tell what had been asked, answered and committed."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import time
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import saved_run
from loopback_server import LoopbackServer
from saved_run import Job

from tpo.models.live_request import request_seed

Key = tuple[str, Any]  # ("request", "sample r0c0"), ("score", text)
MOST_SECONDS = 60.0
WHAT = ("request asked", "request answered", "score asked", "score answered")


@cache
def forks() -> Any:
    """Return the process factory: one process imports everything, the others fork from it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["saved_run", "killed_agent", "forked_runs"])
    path = os.environ.get("PYTHONPATH")
    here = str(Path(__file__).parent)  # Python 3.11 preloads without the parent's sys.path
    os.environ["PYTHONPATH"] = os.pathsep.join([here, *([path] if path else [])])
    try:
        multiprocessing.forkserver.ensure_running()
    finally:
        os.environ.pop("PYTHONPATH") if path is None else os.environ.update(PYTHONPATH=path)
    return context


@dataclass(frozen=True)
class Moment:
    """When to kill: after so many requests or scores were asked or answered, and a while.

    `what` may be `time`: then only the while counts, from the start of the process.
    """

    what: str
    count: int
    seconds: float

    def reached(self, server: LoopbackServer, job: Job) -> bool:
        if self.what == "time":
            return True
        what, _, state = self.what.partition(" ")
        seen = _requests(server, job, state) if what == "request" else _scores(job, state)
        return sum(seen.values()) >= self.count


def moment(rng: random.Random, requests: int, scores: int, length: float) -> Moment:
    """Choose a moment of a run of so many requests, scores and seconds."""
    what = rng.choice([*WHAT, "time"])
    if what == "time":
        return Moment(what, 0, rng.uniform(0, length))
    most = requests if what.startswith("request") else scores
    return Moment(what, rng.randint(1, most), rng.uniform(0, 0.008))


def go_on(tried: int, died: int, wanted: int) -> bool:
    """Return if another kill must be tried: on a busy machine some come after the end."""
    return tried < wanted or (died <= wanted / 2 and tried < 4 * wanted)


def run_once(job: Job, server: LoopbackServer, kill: Moment | None = None) -> bool:
    """Run a job in its own process, to its end or until a SIGKILL; return if that killed it."""
    child = forks().Process(target=saved_run.process, args=(job,))
    child.start()
    end = time.monotonic() + MOST_SECONDS
    if kill:
        while child.is_alive() and not kill.reached(server, job) and time.monotonic() < end:
            time.sleep(0.003)
        child.join(kill.seconds)
        child.kill()
    child.join(max(0.0, end - time.monotonic()))
    assert child.exitcode in ({0, -9} if kill else {0}), f"life {job.life}: {child.exitcode}"
    killed = child.exitcode == -9
    child.close()
    return killed


def traces(job: Job, server: LoopbackServer, state: str = "asked") -> Counter[Key]:
    """Count what a life of a run asked, or of that, what was answered."""
    return _requests(server, job, state) + _scores(job, state)


def _requests(server: LoopbackServer, job: Job, state: str) -> Counter[Key]:
    """Count this life's requests by what they are for, told by their seed."""
    names = names_of_seeds(job)
    mine = [a for a in server.asked if a.headers.get("authorization") == f"Bearer {job.key}"]
    return Counter(
        ("request", names[a.body.get("seed")]) for a in mine if state == "asked" or a.finished
    )


@cache
def names_of_seeds(job: Job) -> dict[int | None, str]:
    names = {}
    for r in range(job.depth + 1):
        phase = "update" if r else "sample"
        most = job.width + (2 * job.critiques if r and job.mode == "adaptive" else 0)
        wanted = [(phase, i, f"r{r}c{i}") for i in range(most)]
        for step in ("loss", "gradient"):
            several = range(job.critiques)
            wanted += [(step, i, f"r{r}-{step}" + (f"-{i}" if i else "")) for i in several]
        names |= {request_seed(job.context, p, r, i): name for p, i, name in wanted}
    critics = 2 * job.critiques
    more = critics * job.depth if job.mode == "adaptive" else 0
    assert len(names) == (job.depth + 1) * (job.width + critics) + more
    return {**names, None: "first reply"}  # which is asked without us, and so without a seed


def _scores(job: Job, state: str) -> Counter[Key]:
    return Counter(
        ("score", answer) for life, what, answer in _log(job) if (life, what) == (job.life, state)
    )


def _answers(job: Job) -> list[str]:
    return [answer for _, _, answer in _log(job)]


def _log(job: Job) -> list[Any]:
    lines = job.log.read_text(encoding="utf-8").splitlines() if job.log.exists() else []
    # A line ends with its list. One that does not is being written, or its writer was killed.
    return [json.loads(line) for line in lines if line.endswith("]")]


async def committed(job: Job) -> set[Key]:
    """Read from the database which requests and scores are saved as finished.

    A candidate's request, a score and one of several critiques are tasks: finished when the
    task's `__return__` is among the writes of a saved checkpoint. A single loss or gradient is the
    node's own write.
    """
    done = await _writes(job)
    tasks = [writes for writes in done if "__return__" in writes]
    drawn = [c for writes in done for c in writes.get("candidates", []) if c.get("text")]
    said = [*_answers(job), *(c["text"] for c in drawn)]  # a draft is written by no task
    texts = {saved_run.score_of(text): text for text in said}  # no two scores are equal
    keys: set[Key] = {("request", w["candidates"][0]["id"]) for w in tasks if "candidates" in w}
    for writes in tasks:
        returned = writes["__return__"]
        if "request" in returned:  # one of several critiques
            keys.add(("request", returned["request"]))
        elif "candidates" not in writes:
            keys |= {("score", texts[score["reward"]]) for score in returned["result"]}
    keys |= {("request", "first reply") for writes in done if "reply" in writes}
    for record in (r for writes in done for r in writes.get("rounds", [])):
        step = next((step for step in ("loss", "gradient") if record.get(step)), None)
        keys |= {("request", f"r{record['round']}-{step}")} if step else set()
    return keys


async def committed_marks(job: Job) -> set[str]:
    """Read from the database which calls of the reward are saved as finished, by their marks."""
    returned = [writes.get("__return__") for writes in await _writes(job)]
    return {r["mark"] for r in returned if isinstance(r, dict) and r.get("mark")}


async def _writes(job: Job) -> list[dict[str, Any]]:
    """Read what each task and node wrote, by channel."""
    done: dict[str, dict[str, Any]] = {}
    async with saved_run.open_saver(job.db) as saver:
        async for saved in saver.alist(job.config):
            for task, channel, value in saved.pending_writes or []:
                done.setdefault(task, {})[channel] = value
    return list(done.values())
