"""A judge that writes criteria for a query and checks answers by them, and its scores."""

from __future__ import annotations

import json
import re
from typing import Any

from fake_judge import read
from langchain_core.messages import HumanMessage
from steps import QUERY

from tpo.core.context import Context
from tpo.rewards.planned_reward import Job, score_job

TALK: Any = [HumanMessage(QUERY)]
WRITTEN = [
    {"name": "air", "ask": "Does it say air?", "weight": 3.0},
    {"name": "commas", "ask": "Is it free of commas?", "weight": 1.0},
]
RIGHT = {
    "Does it say air?": lambda text: "air" in text,
    "Is it free of commas?": lambda text: "," not in text,
    "polite": lambda text: "idiot" not in text,
}


def writes(messages: Any, *_: Any, said: Any = None) -> str:
    """Write criteria if it is asked for them, else check an answer by those that it is shown."""
    blocks, around = read(messages[-1].text)
    if "answer" not in blocks:
        return said if isinstance(said, str) else json.dumps({"criteria": said or WRITTEN})
    asked = re.findall(r"^(\d+)\. (.+)$", around, re.MULTILINE)
    return json.dumps({n: {"why": ask, "passed": RIGHT[ask](blocks["answer"])} for n, ask in asked})


async def score(reward: Any, *answers: str, job: Job | None = None, **settings: Any) -> list[Any]:
    job = job or Job(TALK, answers, settings=Context(**{"retries": 0, **settings}))
    return await score_job(reward, job, lambda call: reward.call(job, call))
