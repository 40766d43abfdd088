"""Killed with SIGKILL while a judge or a served reward scores: no finished score is paid again.

As in test_kill, finished means: saved. What the reward's own server was asked decides.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import kills
import pytest
from fake_judge import obey
from langchain_core.messages import HumanMessage
from loopback_server import LoopbackServer, default_answer
from reward_servers import VllmServer
from saved_run import INPUT, Job, comparable

from tpo.core.conversation import to_messages
from tpo.rewards.judging.language_judge import LanguageJudge
from tpo.rewards.marked_call import mark_of
from tpo.rewards.planned_reward import Job as Round
from tpo.rewards.planned_reward import PlannedReward, planned
from tpo.rewards.readiness import rates_alone
from tpo.rewards.resolve import resolve_reward
from tpo.rewards.served.doubtful_scores import ANSWERS, QUESTION

KILLS = max(2, int(os.environ.get("TPO_KILLS", "12")) // 6)
JUDGES = ("judge", "pairwise", "groupwise", "rubric:auto")
CRITERIA = {"criteria": [{"name": n, "ask": f"Is it {n}?", "weight": 1} for n in ("dry", "kind")]}

pytestmark = pytest.mark.loopback


def worth(text: str) -> float:
    return 1.0 + int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % 9


def verdict(body: dict[str, Any], index: int) -> str:
    prompt = body["messages"][-1]["content"]
    if "Write what they are to be checked for" in prompt:
        return json.dumps(CRITERIA)
    if "each of these criteria" in prompt:
        text = prompt.partition("</answer>")[0]
        return json.dumps({"1": worth(text) > 3, "2": worth(text + "2") > 3})
    return str(obey(worth)([HumanMessage(body["messages"][-1]["content"])], index, None))


def lag(body: dict[str, Any]) -> float:
    """Answers overtake each other."""
    return len(json.dumps(body)) % 7 * 0.003


def slowly(response: Any) -> Any:
    time.sleep(0.003)
    return response


@pytest.fixture
def policy() -> Iterator[LoopbackServer]:
    with LoopbackServer(default_answer) as server:
        yield server


@pytest.fixture(params=[*JUDGES, "vllm"])
def scoring(request: pytest.FixtureRequest) -> Iterator[tuple[Any, str]]:
    """A server that scores, and the spec of a reward behind it."""
    if request.param == "vllm":
        with VllmServer(worth, spoil=slowly) as served:
            yield served, f"vllm:{served.url}?model=reward-model"
        return
    with LoopbackServer(verdict, delay=lag) as server:
        yield server, f"{request.param}:openai:j@{server.base_url}"


@dataclass(frozen=True)
class AtScore:
    """The moment to kill: when the scoring server was asked, or has answered, so often."""

    scoring: Any
    count: int
    answered: bool
    seconds: float

    @classmethod
    def random(cls, name: str, scoring: Any, most: int) -> AtScore:
        rng = random.Random(name)
        return cls(scoring, rng.randint(1, most), rng.random() < 0.7, rng.uniform(0, 0.01))

    def reached(self, server: Any, job: Job) -> bool:
        return asked(self.scoring, job, answered=self.answered).total() >= self.count


def asked(scoring: Any, job: Job, *, answered: bool = False) -> Counter[str]:
    """Count what a life of a run asked the scoring server: the last message says it all."""
    mine = [a for a in scoring.asked if a.headers.get("authorization") == f"Bearer {job.key}"]
    said = [a.body["messages"][-1]["content"] for a in mine if a.finished or not answered]
    # Without what makes sure of a server or a judge before the first sample.
    return Counter(text for text in said if text not in ANSWERS and QUESTION not in text)


def calls_of(job: Job, result: dict[str, Any]) -> dict[str, set[str]]:
    """Return what each call of the whole run may say to the server, by the call's mark."""
    reward = planned(resolve_reward(job.reward))
    calls: dict[str, set[str]] = {}
    for nth in range(job.depth + 1):
        pool = [c for c in result["candidates"] if c["round"] < nth]
        texts = dict.fromkeys(c["text"] for c in result["candidates"] if c["round"] == nth)
        new = [text for text in texts if text not in {c["text"] for c in pool}]
        work = Round(to_messages(INPUT["messages"]), new, pool)  # type: ignore[arg-type]
        written = result["rounds"][nth].get("criteria", {})
        # One that rates each answer by itself is asked as they arrive.
        rounds = [replace(work, answers=[text]) for text in new] if rates_alone(reward) else [work]
        for one in rounds:
            known = replace(one, criteria=written)
            for call in [*([] if nth else reward.plan(one)), *reward.plan(known)]:
                calls[mark_of("reward", reward, one, call)] = _said(reward, known, call)
    return calls


def _said(reward: PlannedReward, work: Round, call: Any) -> set[str]:
    if not isinstance(reward, LanguageJudge):
        return set(work.answers[call[0] : call[1]])
    form = reward.form(call)
    return {reward.question(work, call, output) for output in (form.plain, form.as_json)}


def result_of(job: Job) -> dict[str, Any]:
    return comparable(json.loads(job.out.read_text(encoding="utf-8")))


def test_no_finished_score_is_asked_again(tmp_path: Path, policy: Any, scoring: Any) -> None:
    server, spec = scoring
    first = Job(str(tmp_path / "whole.sqlite"), policy.base_url, tmp_path, depth=1, width=4)
    first = replace(first, reward=spec)
    kills.run_once(first, policy)
    whole, wanted = result_of(first), asked(server, first)
    calls = calls_of(first, whole)
    assert set(wanted) <= set().union(*calls.values())
    assert (len(wanted), set(wanted.values())) == (len(calls), {1})
    assert asyncio.run(kills.committed_marks(first)) == set(calls)
    died = number = 0
    while kills.go_on(number, died, KILLS):
        number += 1
        name = f"{spec.partition(':')[0]}-{number}"
        job = first.renamed(name, str(tmp_path / f"{name}.sqlite"), ["async", "sync"][number % 2])
        moment: Any = AtScore.random(name, server, len(calls))
        died += kills.run_once(job, policy, moment)
        saved = asyncio.run(kills.committed_marks(job))
        assert not kills.run_once(job.again(), policy)
        assert result_of(job.again()) == whole
        again = asked(server, job.again())
        assert set(again) == set(wanted).difference(*(calls[mark] for mark in saved)), moment
        assert set(again.values()) <= {1}
    assert died
