"""The arms of benchmarks/real_model.py, as a table of settings, and how one row is run."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from task_rows import Row

import tpo

FIRST = "first"  # the samples that all arms share


@dataclass(frozen=True)
class Arm:
    """One way to spend texts on a prompt.

    Attributes:
        settings: What `tpo.aalign` is given.
        feedback: The reward says which checks failed.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    feedback: bool = False

    def exists(self) -> bool:
        """Return whether this version of the package can run it."""
        try:
            tpo.Context(**self.settings)
        except ValueError:
            return False
        return not self.feedback or says_why()


# 19 texts each. D2-N5: 15 answers and 4 critiques.
D2_N5 = {"depth": 2, "width": 5, "target_reward": 1.0}
ARMS = {
    FIRST: Arm({"mode": "best_of_n", "width": 5}),
    "best_of_n": Arm({"mode": "best_of_n", "width": 19}),
    "tpo": Arm({"mode": "tpo", **D2_N5}),
    "tpo_feedback": Arm({"mode": "tpo", **D2_N5}, feedback=True),
    "adaptive_feedback": Arm({"mode": "adaptive", **D2_N5}, feedback=True),
    "adaptive": Arm({"mode": "adaptive", **D2_N5}),
}


def says_why() -> bool:
    """Return whether a score of this version may carry words."""
    try:
        tpo.scored(0.0, feedback="words")  # pyright: ignore[reportCallIssue]
    except TypeError:
        return False
    return True


def reward_of(row: Row, *, feedback: bool) -> Callable[[str, str], Any]:
    """Return the share of checks that an answer passes, with the failed ones in words or not."""

    def checks(query: str, answer: str) -> Any:
        passed = row.passed(answer)
        share = sum(passed) / len(passed)
        if not feedback:
            return share
        items = [
            {"criterion": check.criterion, "passed": ok, "why": "" if ok else check.why(answer)}
            for check, ok in zip(row.checks, passed, strict=True)
        ]
        failed = [
            f"not done: {i['criterion']}" + (f" ({i['why']})" if i["why"] else "")
            for i in items
            if not i["passed"]
        ]
        return tpo.scored(share, feedback="\n".join(failed), items=items)  # type: ignore[call-arg]

    return checks


async def run_arm(
    row: Row, name: str, drafts: list[str], count: Callable[[str], int], **common: Any
) -> dict[str, Any]:
    """Run one arm on one row and return its record for the store.

    Args:
        row: The prompt.
        name: The arm.
        drafts: The shared first answers; none for the arm that samples them.
        count: Returns the tokens of a text.
        **common: What all arms are given.
    """
    arm, started = ARMS[name], time.monotonic()
    requests: list[dict[str, Any]] = []

    def note(event: Any) -> None:
        if event["type"] == "tpo.request_finished":
            cost = {key: event["cost"][key] for key in ("input_tokens", "cached_tokens", "seconds")}
            requests.append({"phase": event["phase"], "round": event["round"], **cost})

    settings = {"live": False, **common, **arm.settings}
    result = await tpo.aalign(
        row.prompt,
        reward=reward_of(row, feedback=arm.feedback),
        drafts=drafts,
        on_event=note,
        **settings,
    )
    for candidate in result["candidates"]:
        candidate["tokens"] = count(candidate["text"])  # type: ignore[typeddict-unknown-key]
        candidate["passed"] = row.passed(candidate["text"])  # type: ignore[typeddict-unknown-key]
    for one in result["rounds"]:
        critique = (one["loss"] or "", one["gradient"] or "")
        one["critique_tokens"] = sum(map(count, critique))  # type: ignore[typeddict-unknown-key]
    return {
        "row": row.key,
        "arm": name,
        "seconds": round(time.monotonic() - started, 1),
        "reward": result["reward"],
        "stop_reason": result["stop_reason"],
        "requests": requests,
        "candidates": result["candidates"],
        "rounds": result["rounds"],
    }


def token_counter(policy: str, rows_at_once: int) -> Callable[[str], int]:
    """Return what counts the tokens of a text: the local server, else characters by four.

    Needed because llama.cpp reports one text's tokens of a request with `n`. The local server
    is started here, with room for several rows.
    """
    if not policy.startswith("embedded:"):
        return lambda text: -(-len(text) // 4)
    from tpo.models.local import embedded_server as local

    local.SLOTS = max(local.SLOTS, 5 * rows_at_once)  # type: ignore[misc]
    server = local.embedded_server(policy.partition(":")[2])
    address = server.base_url.removesuffix("/v1") + "/tokenize"
    headers = {
        "Authorization": f"Bearer {server.api_key.get_secret_value()}",
        "Content-Type": "application/json",
    }

    def count(text: str) -> int:
        body = json.dumps({"content": text}).encode()
        request = urllib.request.Request(address, body, headers)
        with urllib.request.urlopen(request, timeout=600) as reply:
            return len(json.load(reply)["tokens"])

    return count
