"""Several texts from one request: whatever a server says to that, single requests do it."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from loopback_server import Fault, LoopbackServer, error_body, shaped
from openai_clients import openai_clients
from steps import QUERY, says
from steps import run as run_scripted

import tpo
from tpo.models.failures import faults

pytestmark = pytest.mark.loopback


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(faults, "pause_before_retry", lambda error, attempt: 0.0)


def length(query: str, answer: str) -> float:
    return sum(answer.encode()) % 997


def several(body: Any) -> bool:
    return (body.get("n") or 1) > 1


def numbered() -> Any:
    numbers = iter(range(10_000))
    return lambda body, index: shaped(body, f"a b c d e {next(numbers)}")


@pytest.fixture
async def openai():
    async with openai_clients() as make:
        yield make


async def run(server: LoopbackServer, **knobs: Any) -> tpo.Aligned:
    knobs = {"policy": f"openai:m@{server.base_url}", "depth": 1, "width": 5, "retries": 0, **knobs}
    return await tpo.aalign(QUERY, reward=length, **knobs)


def asked_n(server: LoopbackServer) -> list[int]:
    return [asked.body.get("n") or 1 for asked in server.asked]


SAID = [
    (400, "Bad request"),
    (400, "Only one candidate can be specified"),
    (400, "Multiple candidates is not enabled for this model"),
    (400, "n must be 1"),
    (400, "candidateCount must be 1"),
    (404, "No endpoints found that can handle the requested parameters"),
    (422, "Unprocessable"),
    (500, "internal error"),
    (501, "not implemented"),
]


@pytest.mark.parametrize(("status", "said"), SAID)
async def test_whatever_refuses_n_single_requests_follow(status, said):
    fault = Fault(status, error_body(said), when=several, times=None)
    with LoopbackServer(numbered(), script=[fault]) as server:
        result = await run(server)
    assert asked_n(server) == [5] + [1] * 12
    assert [c["error"] for c in result["candidates"]] == [None] * 10
    assert result["usage"]["total"]["requests"] == 13


NAMED = [
    (400, "Range of n should be [1, 3]"),
    (422, "n must be between 1 and 3"),
    (400, "Too many choices: at most 3 completions"),
    (500, "number of candidates: from 1 (inclusive) to 4 (exclusive)"),
]


@pytest.mark.parametrize(("status", "said"), NAMED)
async def test_a_limit_that_a_refusal_names_is_kept_to(status, said):
    fault = Fault(status, error_body(said), when=lambda body: (body.get("n") or 1) > 3, times=None)
    with LoopbackServer(numbered(), script=[fault]) as server:
        result = await run(server, width=8)
        first = len(server.asked)
        await run(server, width=8, depth=0)
    begin = [8, 1, 3, 3, 1] if status == 500 else [8, 3, 3, 2]  # the single one found out why
    assert sorted(asked_n(server)[: len(begin)], reverse=True) == sorted(begin, reverse=True)
    assert sorted(asked_n(server)[first:], reverse=True) == [3, 3, 2]  # and in later runs
    assert len({c["text"] for c in result["candidates"]}) == 16
    assert result["usage"]["total"]["requests"] == first


async def test_more_texts_than_were_ever_taken_may_be_too_many():
    fault = Fault(400, error_body("Bad request"), when=lambda body: (body.get("n") or 1) > 3)
    fault.times = None
    with LoopbackServer(numbered(), script=[fault]) as server:
        await run(server, width=3, depth=0)
        result = await run(server, width=5, depth=0)
    assert asked_n(server) == [3, 5, 1, 1, 1, 1, 1]
    assert [c["error"] for c in result["candidates"]] == [None] * 5


@pytest.mark.parametrize(("status", "said"), NAMED[:1])
async def test_a_limit_that_does_not_hold_is_believed_once(status, said):
    fault = Fault(status, error_body(said), when=several, times=None)
    with LoopbackServer(numbered(), script=[fault]) as server:
        result = await run(server, width=6)
    asked = asked_n(server)
    assert [n for n in asked if n > 1] == [6, 3]
    assert [c["error"] for c in result["candidates"]] == [None] * 12
    assert result["usage"]["total"]["requests"] == len(asked) == 2 + 12 + 2


@pytest.mark.parametrize("status", [401, 403, 429, 503])
async def test_a_refused_key_or_rate_is_not_blamed_on_n(status):
    with (
        LoopbackServer(script=[Fault(status, times=None)]) as server,
        pytest.raises(tpo.NoCandidateError, match=str(status)),
    ):
        await run(server)
    assert asked_n(server) == [5]


async def test_what_fails_for_one_text_too_is_told_once_and_n_is_not_blamed():
    fault = Fault(400, error_body("Your prompt is too long"), times=None)
    with LoopbackServer(script=[fault]) as server:
        with pytest.raises(tpo.NoCandidateError, match="Your prompt is too long"):
            await run(server)
        fault.times = 0
        fault.used = 0
        await run(server, depth=0)
    assert asked_n(server) == [5, 1, 5]


async def test_an_outage_is_not_remembered_against_n():
    fault = Fault(500, when=several, times=1)
    with LoopbackServer(numbered(), script=[fault]) as server:
        await run(server, depth=0)
        await run(server, depth=0)
    assert asked_n(server) == [5, 1, 1, 1, 1, 1, 5]


@pytest.mark.parametrize(
    ("retries", "live", "forms"),
    [
        (0, False, [5, 1]),
        (2, False, [5, 5, 1]),
        (1, True, ["streamed", 5, 1]),  # each form once at least
        (2, True, ["streamed", 5, 1]),
        (3, True, ["streamed", "streamed", 5, 1]),
    ],
)
async def test_a_server_that_always_fails_is_asked_as_often_as_retries_say(retries, live, forms):
    on_event = (lambda event: None) if live else None
    with (
        LoopbackServer(script=[Fault(500, times=None)]) as server,
        pytest.raises(tpo.NoCandidateError, match="500"),
    ):
        await run(server, retries=retries, on_event=on_event)
    bodies = [asked.body for asked in server.asked]
    assert ["streamed" if body.get("stream") else body.get("n") or 1 for body in bodies] == forms


async def test_an_outage_is_not_remembered_against_live_text():
    def on_event(event: object) -> None:
        pass

    with LoopbackServer(numbered(), script=[Fault(500)]) as server:
        await run(server, depth=0, retries=2, on_event=on_event)
        await run(server, depth=0, retries=2, on_event=on_event)
    assert [bool(asked.body.get("stream")) for asked in server.asked] == [True, False, True]


@pytest.mark.parametrize("supports_n", [False, "ignored"])
async def test_a_second_run_knows_what_the_first_one_learnt(supports_n):
    with LoopbackServer(numbered(), supports_n=supports_n) as server:
        first = await run(server, depth=0)
        second = await run(server, depth=0)
    spent = [r["usage"]["total"]["requests"] for r in (first, second)]
    assert asked_n(server)[-5:] == [1] * 5
    assert spent == ([5, 5] if supports_n == "ignored" else [6, 5])


@pytest.mark.parametrize(("most", "width"), [(2, 16), (3, 16), (4, 64)])
async def test_a_server_that_caps_n_is_asked_for_the_rest_at_once(most, width):
    with LoopbackServer(numbered(), max_n=most) as server:
        result = await run(server, depth=0, width=width)
    asked = asked_n(server)
    assert asked[0] == width
    assert sorted(asked[1:], reverse=True) == [most] * ((width - most) // most) + (
        [rest] if (rest := (width - most) % most) else []
    )
    assert len({c["text"] for c in result["candidates"]}) == width


@pytest.mark.parametrize("settings", [{}, {"streaming": True}])
@pytest.mark.parametrize("live", [True, False])
async def test_a_server_that_only_streams_can_be_used(settings, live, openai):
    said = "This model only support stream mode, please enable the stream parameter"
    fault = Fault(400, error_body(said), when=lambda body: not body.get("stream"), times=None)
    with LoopbackServer(numbered(), script=[fault]) as server:
        on_event = (lambda event: None) if live else None
        result = await run(server, policy=openai(server, **settings), on_event=on_event)
    assert [c["error"] for c in result["candidates"]] == [None] * 10
    refused = [asked for asked in server.asked if not asked.body.get("stream")]
    shown = live and not settings  # then several texts are streamed too
    assert len(refused) == (0 if settings or live else 1)
    assert asked_n(server)[len(refused) :] == ([5, 1, 1, 5] if shown else [1] * 12)
    total = result["usage"]["total"]
    assert (total["requests"], total["exact"]) == (len(server.asked), True)


@pytest.mark.parametrize("azure", [False, True])
async def test_a_model_that_streams_works_as_judge(azure, openai):
    with LoopbackServer(lambda body, index: "7") as server:
        judge = openai(server, azure=azure, streaming=True)
        result = await tpo.aalign(
            QUERY, policy=says(), reward=tpo.Judge(judge), depth=0, width=2, retries=0
        )
    assert all(asked.body["stream"] for asked in server.asked)
    assert result["candidates"][0]["reward"] == result["candidates"][1]["reward"]


def test_answers_of_one_text_are_noticed_and_said():
    events: list[Any] = []
    run_scripted(says(sample="first 1"), width=4, depth=0, on_event=events.append)
    (notice,) = [e["message"] for e in events if e["type"] == "tpo.notice"]
    assert notice.startswith("all 4 answers of this round are the same text")


def test_a_model_that_counts_its_calls_on_itself_is_noticed():
    events: list[Any] = []
    model = FakeListChatModel(responses=["one", "two", "three"])
    tpo.align(QUERY, policy=model, reward=length, width=3, depth=0, on_event=events.append)
    assert any("counts its calls on itself" in e.get("message", "") for e in events)


def test_two_different_answers_are_not_worth_a_word():
    events: list[Any] = []
    run_scripted(says(), width=2, depth=0, on_event=events.append)
    assert not [e for e in events if e["type"] == "tpo.notice"]
