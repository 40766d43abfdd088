"""Random runs: reply shapes, faults of the server, budgets, misbehaving rewards, concurrency.

One seed is one scenario, the same on every machine. The server counts what it was asked and
what it would bill, so that a run's own account can be held against it.
"""

from __future__ import annotations

import asyncio
import random
import threading
from dataclasses import dataclass, field
from typing import Any

from billing_server import BillingServer
from loopback_server import Fault, shaped
from patience import PATIENCE

import tpo

QUERY = "Why is the sky blue?"
LETTERS = "abcdefghij"


def answers(rng: random.Random) -> Any:
    """Return what the server says: mostly a text that differs, now and then something odd."""
    odd = rng.choice([0.0, 0.0, 0.3, 0.9])
    salt = rng.random()

    def answer(body: Any, index: int) -> Any:
        said = str(body["messages"][-1]["content"])
        chance = random.Random(f"{salt} {said} {body.get('seed')} {index}")
        text = " ".join(chance.choice(LETTERS) * 3 for _ in range(chance.randint(1, 30)))
        if "whole number from 1 to 9" in said or "one digit" in said:
            text = str(chance.randint(1, 9))
        elif "for a tie" in said:
            text = chance.choice("ABT")
        if chance.random() >= odd:
            return shaped(body, text)
        kinds: list[Any] = [
            "",
            "always the same",
            f"<think>hm</think>{shaped(body, text)}",
            "<think>no end",
            f"nul \x00 and half \ud83d {text}",
            {"message": {"content": None, "refusal": "I would rather not."}},
            {"message": {"content": "cut", "reasoning_content": "hm"}, "finish_reason": "length"},
            {"message": {"content": ""}, "finish_reason": "content_filter"},
            {"message": {"content": None, "tool_calls": [CALL]}},
        ]
        return chance.choice(kinds)

    return answer


CALL = {"id": "c", "type": "function", "function": {"name": "calc", "arguments": "{}"}}
STREAM_ERROR = b'data: {"error": {"message": "boom", "code": 500}}\n\ndata: [DONE]\n\n'


def faults(rng: random.Random) -> list[Fault]:
    """Return up to three faults, some of which never pass."""
    kinds: list[dict[str, Any]] = [
        {"status": 429, "headers": {"retry-after": "0"}},
        {"status": 500},
        {"status": 503},
        {"status": 400},
        {"close": True},
        {"garbage": b"<html>502 Bad Gateway</html>"},
        {"garbage": b""},
        {"garbage": b'{"error": {"message": "upstream", "code": 502}}'},
        {"garbage": b'{"choices": null}'},
        {"garbage": STREAM_ERROR},
        {"hang": 2 * PATIENCE, "status": 500},
    ]
    chosen = rng.choices(kinds, k=rng.choice([0, 0, 1, 1, 2, 3]))
    return [Fault(**kind, times=rng.choice([1, 1, 2, 3, None])) for kind in chosen]


class Moody:
    """A reward with a mood for each answer: a score, an error, no number, or worse."""

    def __init__(self, rng: random.Random) -> None:
        worst: list[Any] = [ValueError("boom"), SystemExit(2), StopIteration(), "nan", "text"]
        self.bad = rng.choice([0.0, 0.0, 0.3, 1.0])
        self.how = rng.choice(worst)
        self.salt = rng.random()

    def __call__(self, query: str, answer: str) -> Any:
        chance = random.Random(f"{self.salt} {answer}")
        if chance.random() >= self.bad:
            return round(chance.random(), 1)
        if isinstance(self.how, BaseException):
            raise self.how
        return float("nan") if self.how == "nan" else self.how


class AsyncMoody(Moody):
    async def __call__(self, query: str, answer: str) -> Any:
        await asyncio.sleep(0)
        return super().__call__(query, answer)


@dataclass
class Scenario:
    """One run: the server's habits, the reward, the settings.

    Attributes:
        streams: Whether the run's events are listened to, and so texts streamed.
    """

    seed: int
    settings: dict[str, Any] = field(default_factory=dict)
    server: dict[str, Any] = field(default_factory=dict)
    streams: bool = False

    def __post_init__(self) -> None:
        rng = self.rng = random.Random(self.seed)
        self.server = {
            "answer": answers(rng),
            "supports_n": rng.choice([True, True, False, "ignored"]),
            "max_n": rng.choice([None, None, 2]),
            "usage": rng.random() < 0.8,
            "refuse": rng.sample(["temperature", "top_p", "seed"], rng.choice([0, 0, 1, 3])),
            "script": faults(rng),
        }
        self.streams = rng.random() < 0.5
        self.settings = {
            "depth": rng.randint(0, 3),
            "width": rng.randint(1, 5),
            "mode": rng.choice(["tpo", "tpo", "revision", "best_of_n"]),
            "sampling": rng.choice(["auto", "parallel"]),
            "max_concurrency": rng.choice([1, 2, 16]),
            "retries": rng.randint(0, 2),
            "seed": rng.choice([None, 7]),
            "on_reward_failure": rng.choice(["skip", "skip", "raise"]),
            "timeout": 120.0,
            **rng.choice(
                [
                    {},
                    {"budget_requests": rng.randint(1, 20)},
                    {"budget_tokens": rng.randint(1, 3000)},
                    {"budget_seconds": 1.0},
                ]
            ),
        }
        if any(fault.hang for fault in self.server["script"]):  # else the run outlasts the test
            self.settings |= {"budget_seconds": 1.0}

    def reward(self, judge: str) -> Any:
        """Return the reward, given the spec of a judge."""
        kinds = [
            lambda: Moody(self.rng),
            lambda: AsyncMoody(self.rng),
            lambda: tpo.Judge(judge),
            lambda: tpo.PairwiseJudge(judge),
            lambda: tpo.Mix([tpo.Part(tpo.Judge(judge)), tpo.Part(Moody(self.rng))]),
        ]
        return self.rng.choice(kinds)()

    async def play(self) -> Outcome:
        """Run it against its own server."""
        with BillingServer(**self.server) as server:
            policy = f"openai:m@{server.base_url}"
            on_event = (lambda event: None) if self.streams else None
            try:
                async with asyncio.timeout(PATIENCE):
                    end: Any = await tpo.aalign(
                        QUERY,
                        policy=policy,
                        reward=self.reward(policy),
                        on_event=on_event,
                        **self.settings,
                    )
            except Exception as error:
                end = error
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            billed = sum(sent["usage"]["total_tokens"] for sent in server.sent if "usage" in sent)
            return Outcome(end, len(server.asked), billed, [str(t) for t in tasks])


@dataclass(frozen=True)
class Outcome:
    """How a scenario ended, and what the server knows of it."""

    end: Any
    requests: int
    tokens: int
    tasks: list[str]

    @property
    def usage(self) -> Any:
        """What the run says that it paid, or `None` if it never began."""
        state = self.end if isinstance(self.end, dict) else getattr(self.end, "partial", None) or {}
        return (state.get("usage") or {}).get("total")


def threads() -> set[str]:
    """Return the names of the threads that live, apart from those of the server."""
    return {thread.name for thread in threading.enumerate() if "tpo" in thread.name}
