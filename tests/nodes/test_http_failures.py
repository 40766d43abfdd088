"""The failure matrix against a real server: what it does wrong, and how the run ends."""

from __future__ import annotations

from typing import Any

import pytest
from loopback_server import Fault, LoopbackServer, shaped
from steps import QUERY

import tpo
from tpo.models.failures import faults

pytestmark = pytest.mark.loopback


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(faults, "pause_before_retry", lambda error, attempt: 0.0)


def numbered(body: Any, index: int) -> str:
    """Answers of different lengths, in the form asked for."""
    return shaped(body, f"answer {index} {body.get('seed', '')}".strip())


def preference(query: str, answer: str) -> float:
    return float(sum(answer.encode()))


def patience(fault: dict[str, Any]) -> dict[str, Any]:
    """Wait no longer than needed where it hangs, and long enough on a slow machine elsewhere."""
    return {"timeout": 1.0 if "hang" in fault else 30.0}


async def run(server: LoopbackServer, **knobs: Any) -> tpo.Aligned:
    knobs = {"depth": 1, "width": 3, "retries": 1, "timeout": 30, "seed": 1, **knobs}
    policy = f"openai:m@{server.base_url}"
    return await tpo.aalign(QUERY, policy=policy, reward=preference, **knobs)


def is_update(body: Any) -> bool:
    return "improved_answer" in body["messages"][-1]["content"]


def is_first(body: Any) -> bool:
    return body["messages"][-1]["content"] == QUERY


FAULTS: list[tuple[dict[str, Any], int, str, str]] = [
    ({"status": 400}, 1, "refused", "400"),
    ({"status": 401}, 1, "refused", "401"),
    ({"status": 404}, 1, "refused", "404"),
    ({"status": 429}, 2, "failed", "429"),
    ({"status": 500}, 2, "failed", "500"),
    ({"close": True}, 2, "failed", "onnection"),
    ({"hang": 9}, 2, "failed", "no answer within 1 s"),
    ({"garbage": b"<html>"}, 1, "failed", "a web page in place of a reply"),
]
IDS = ["400", "401", "404", "429", "500", "closed", "hangs", "garbage"]


@pytest.mark.parametrize(("fault", "sent", "kind", "said"), FAULTS, ids=IDS)
async def test_a_server_that_never_answers_ends_in_one_clear_sentence(fault, sent, kind, said):
    always, events = Fault(**fault, times=None), list[Any]()
    with (
        LoopbackServer(numbered, script=[always]) as server,
        pytest.raises(tpo.NoCandidateError) as caught,
    ):
        await run(server, **patience(fault), on_event=events.append)
    (failed,) = (e for e in events if e["type"] == "tpo.request_failed")
    assert failed["failure"] == kind
    # Once for whole texts, where it may have been the stream; then for one, if it was `n`.
    whole = "garbage" in fault
    assert len(server.asked) == sent + whole + (fault.get("status") in {400, 404, 500})
    assert str(caught.value).startswith("policy 'openai:m@http://127.0.0.1")
    assert said in str(caught.value)
    advice = "try again later" if fault.get("status") == 429 else "tpo doctor"
    assert advice in str(caught.value)
    assert caught.value.status == fault.get("status")


@pytest.mark.parametrize(("fault", "sent", "kind", "said"), FAULTS, ids=IDS)
async def test_one_bad_request_of_five_costs_one_candidate(fault, sent, kind, said):
    script = [Fault(**fault, times=sent, when=is_first)]
    with LoopbackServer(numbered, script=script) as server:
        alone = {"sampling": "parallel", "max_concurrency": 1}
        result = await run(server, width=5, depth=0, **patience(fault), **alone)
    failed = [c for c in result["candidates"] if c["error"]]
    assert len(failed) == 1
    assert failed[0]["failure"] == kind
    assert str(failed[0]["error"]).startswith("failed: openai:m@")
    assert said in str(failed[0]["error"])
    assert len(result["candidates"]) == 5
    assert result["usage"]["total"]["requests"] == len(server.asked) == 4 + sent


@pytest.mark.parametrize(("fault", "sent", "kind", "said"), FAULTS, ids=IDS)
async def test_a_server_that_dies_after_round_0_leaves_the_best_of_it(fault, sent, kind, said):
    script = [Fault(**fault, times=None, when=is_update)]
    with LoopbackServer(numbered, script=script) as server:
        result = await run(server, depth=3, **patience(fault))
    assert result["stop_reason"] == "no_update"
    pool = [c["text"] for c in result["candidates"]]
    assert result["answer"] == max(pool, key=lambda text: preference("", text))
    assert [c["failure"] for c in result["candidates"]] == [None] * 3 + [kind] * 3
    assert result["rounds"][0]["loss"]
    assert result["usage"]["total"]["requests"] == len(server.asked) == 3 + sent


async def test_a_server_that_dies_for_the_critique_leaves_the_best_so_far():
    script = [Fault(500, times=None, when=lambda body: not is_first(body))]
    with LoopbackServer(numbered, script=script) as server:
        result = await run(server)
    assert result["stop_reason"] == "critique_failed"
    assert "500" in str(result["rounds"][0]["error"])
    assert result["usage"]["total"]["requests"] == len(server.asked) == 3


async def test_faults_that_pass_are_not_seen_in_the_result():
    script = [Fault(429, headers={"Retry-After": "0"}), Fault(503), Fault(close=True)]
    with LoopbackServer(numbered, script=script) as server:
        result = await run(server, retries=3)
    assert result["stop_reason"] == "depth"
    assert not any(c["error"] for c in result["candidates"])
    assert result["usage"]["total"]["requests"] == len(server.asked) == 4 + 3


@pytest.mark.parametrize("sampling", ["native", "parallel"])
async def test_a_cut_off_answer_is_an_answer_and_says_so(sampling):
    with LoopbackServer(lambda body, i: shaped(body, "one two three")) as server:
        result = await run(server, max_tokens=2, depth=0, sampling=sampling)
    assert [c["finish_reason"] for c in result["candidates"]] == ["length"] * 3
    assert result["answer"] == "one two"


async def test_a_wrong_key_is_told_and_not_shown(monkeypatch):
    monkeypatch.setenv("TPO_POLICY_API_KEY", "sk-wrong-key-1234")
    with (
        LoopbackServer(api_key="right") as server,
        pytest.raises(tpo.NoCandidateError, match=r"401.*its key is right") as caught,
    ):
        await run(server)
    assert "1234" not in str(caught.value)
    assert len(server.asked) == 1


async def test_a_server_that_is_not_there():
    with LoopbackServer() as server:
        gone = server.base_url
    with pytest.raises(tpo.NoCandidateError, match="Check that it is reachable"):
        await tpo.aalign(QUERY, policy=f"openai:m@{gone}", retries=0)


async def test_no_usage_reported_makes_the_bill_a_lower_bound():
    with LoopbackServer(numbered, usage=False) as server:
        result = await run(server)
    total = result["usage"]["total"]
    assert (total["requests"], total["input_tokens"], total["exact"]) == (4, 0, False)
