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
from fake_judge import obey, read
from langchain_core.messages import HumanMessage
from loopback_server import LoopbackServer, default_answer
from reward_servers import VllmServer
from saved_run import INPUT, Job, comparable

from tpo.core.conversation import to_messages
from tpo.models.live_request import request_seed
from tpo.rewards.judging.language_judge import LanguageJudge
from tpo.rewards.marked_call import mark_of
from tpo.rewards.planned_reward import Job as Round
from tpo.rewards.planned_reward import PlannedReward, planned
from tpo.rewards.readiness import rates_alone
from tpo.rewards.resolve import resolve_reward
from tpo.rewards.second_ratings import RATINGS
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


def moody(body: dict[str, Any], index: int) -> str:
    """A judge that says something else each time it is asked about an answer."""
    script = obey(lambda text: worth(f"{text} {body['seed']}"))
    return str(script([HumanMessage(body["messages"][-1]["content"])], index, None))


def rated(server: Any, job: Job) -> Counter[tuple[str, int]]:
    """Count which answers a life of a run had rated, and with which seed."""
    mine = [a for a in server.asked if a.headers.get("authorization") == f"Bearer {job.key}"]
    said = [(read(a.body["messages"][-1]["content"])[0]["answer"], a.body["seed"]) for a in mine]
    return Counter(one for one in said if one[0] not in ANSWERS)


def marks_of_ratings(job: Job, texts: set[str]) -> dict[str, tuple[str, int]]:
    """Return which answer each call of the judge is about, and its seed, by the call's mark."""
    judge, marks = planned(resolve_reward(job.reward)), dict[str, tuple[str, int]]()
    assert isinstance(judge, LanguageJudge)
    for nth in range(1 + (RATINGS - 1) * (job.depth + 1)):
        role = f"again {nth}" if nth else "reward"
        for text in texts:
            mark = mark_of(role, replace(judge, nth=nth), Round([], [text]), 0)
            marks[mark] = (text, request_seed(job.context, "rank", 0, nth) or 0)
    return marks


def test_no_finished_rating_of_who_leads_is_asked_again(tmp_path: Path, policy: Any) -> None:
    with LoopbackServer(moody, delay=lag) as server:
        spec = f"judge:openai:j@{server.base_url}"
        first = Job(str(tmp_path / "whole.sqlite"), policy.base_url, tmp_path, mode="adaptive")
        first = replace(first, depth=1, width=4, reward=spec)
        kills.run_once(first, policy)
        whole, wanted = result_of(first), rated(server, first)
        marks = marks_of_ratings(first, {c["text"] for c in whole["candidates"]})
        assert sum(len(c.get("ratings", ())) > 1 for c in whole["candidates"]) > 1
        assert set(wanted.values()) == {1}
        assert {marks[m] for m in asyncio.run(kills.committed_marks(first))} == set(wanted)
        died = number = 0
        while kills.go_on(number, died, 2 * KILLS):
            number += 1
            name, how = f"rated-{number}", ["async", "sync"][number % 2]
            job = first.renamed(name, str(tmp_path / f"{name}.sqlite"), how)
            moment: Any = AtScore.random(name, server, len(wanted))
            died += kills.run_once(job, policy, moment)
            saved = {marks[mark] for mark in asyncio.run(kills.committed_marks(job))}
            assert not kills.run_once(job.again(), policy)
            assert result_of(job.again()) == whole
            again = rated(server, job.again())
            assert set(again) == set(wanted) - saved, moment
            assert set(again.values()) <= {1}
        assert died
