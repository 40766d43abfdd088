"""A reward that can look at its own scores does so before the policy is paid."""

from __future__ import annotations

import synthetic_task

import tpo
from tpo.rewards.base import Score, scored


class Served:
    """A reward whose `probe` says a sentence, and which remembers when it was asked."""

    name, batch_size, notice = "served", None, ""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        self.calls: list[str] = []

    async def probe(self) -> str:
        self.calls.append("probe")
        return self.sentence

    async def score(self, messages, answers) -> list[Score]:
        self.calls.append("score")
        return [scored(synthetic_task.reward("", answer)) for answer in answers]


def run(reward: Served) -> list[dict]:
    events: list[dict] = []
    tpo.align("q", policy=synthetic_task.model(), reward=reward, depth=0, on_event=events.append)
    return events


def test_what_the_probe_says_is_a_notice_before_the_first_request():
    reward = Served("the scores look squashed")
    events = run(reward)
    said = [e["message"] for e in events if e["type"] == "tpo.notice"]
    assert said == ["the scores look squashed"]
    types = [e["type"] for e in events]
    assert types.index("tpo.notice") < types.index("tpo.request_started")
    assert reward.calls == ["probe", "score"]


def test_a_sound_reward_says_nothing():
    assert "tpo.notice" not in [e["type"] for e in run(Served(""))]
