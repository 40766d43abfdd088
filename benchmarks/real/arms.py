"""The arms of benchmarks/real_model.py, as a table of settings, and how one row is run."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from task_rows import Row

import tpo

FIRST = "first"  # the samples that all arms share


# 19 texts each. D2-N5: 15 answers and 4 critiques; a round of `adaptive` without a critique has two
# answers more. In the order in which they are run.
D2_N5 = {"depth": 2, "width": 5, "target_reward": 1.0}
ARMS: dict[str, dict[str, Any]] = {
    FIRST: {"mode": "best_of_n", "width": 5},
    "best_of_n": {"mode": "best_of_n", "width": 19},
    "tpo": {"mode": "tpo", **D2_N5, "feedback": "hide"},
    "adaptive_feedback": {"mode": "adaptive", **D2_N5},
    "tpo_feedback": {"mode": "tpo", **D2_N5},
    "adaptive_fusion": {"mode": "adaptive", **D2_N5, "fusion": True},
}


def exists(arm: str) -> bool:
    """Return whether this version of the package can run an arm."""
    try:
        tpo.Context(**ARMS[arm])
    except ValueError:
        return False
    return True


def reward_of(row: Row) -> Callable[[str, str], tpo.Score]:
    """Return the share of checks that an answer passes, with what they saw."""

    def checks(query: str, answer: str) -> tpo.Score:
        passed = row.passed(answer)
        said = [
            {"criterion": check.criterion, "passed": ok, "why": "" if ok else check.why(answer)}
            for check, ok in zip(row.checks, passed, strict=True)
        ]
        return tpo.scored(sum(passed) / len(passed), checks=said)

    return checks


async def run_arm(
    row: Row,
    name: str,
    drafts: list[str],
    count: Callable[[str], int],
    requests: list[dict[str, Any]],
    keep: Callable[[dict[str, Any]], None],
    **common: Any,
) -> dict[str, Any]:
    """Run one arm on one row and return its record for the store.

    Args:
        row: The prompt.
        name: The arm.
        drafts: The shared first answers; none for the arm that samples them.
        count: Returns the tokens of a text.
        requests: What the row has paid for already, before this process.
        keep: Is given each further request as it comes back.
        **common: What all arms are given.
    """
    started = time.monotonic()

    def note(event: Any) -> None:
        if event["type"] == "tpo.request_finished":
            cost = {key: event["cost"][key] for key in ("input_tokens", "cached_tokens")}
            request = {"phase": event["phase"], "round": event["round"], **cost}
            requests.append(request)
            keep({"row": row.key, "arm": name, **request})

    settings = {"live": False, **common, **ARMS[name]}
    result = await tpo.aalign(
        row.prompt,
        reward=reward_of(row),
        drafts=drafts,
        on_event=note,
        thread_id=f"{row.key}-{name}",
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
