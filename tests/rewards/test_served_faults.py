"""Served rewards when something goes wrong: nothing is ever scored by default."""

from __future__ import annotations

import json

import httpx
import pytest
from loopback_wire import Fault
from reward_servers import LlamaCppServer, TeiServer, VllmServer
from served_cases import CASES, ONE_TURN, install_tokenizer

from tpo.core.errors import RewardError
from tpo.rewards.base import checked, unscored
from tpo.rewards.served.llamacpp import LlamaCppReward
from tpo.rewards.served.tei import TeiReward
from tpo.rewards.served.vllm import VllmReward

pytestmark = pytest.mark.loopback
ANSWERS = ["one", "two", "three", "four", "five"]
BY_INDEX = ["tei-pair", "llamacpp"]
IN_ORDER = ["sglang", "tei-text"]


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """Wait not at all before a retry, and note for what."""
    install_tokenizer(monkeypatch)
    noted: list[BaseException] = []

    def pause(error: BaseException, attempt: int) -> float:
        noted.append(error)
        return 0.0

    monkeypatch.setattr("tpo.models.failures.faults.pause_before_retry", pause)
    return noted


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request):
    return request.param


def scoring(body: object) -> bool:
    """Whether a request asks for scores, not for what the server is."""
    return bool(body)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=429, headers={"retry-after": "7"}),
        Fault(status=500),
        Fault(status=503, body={"error": "loading"}),
        Fault(close=True),
        Fault(hang=5.0),
    ],
    ids=["429", "500", "503", "closed", "hang"],
)
async def test_what_may_pass_is_tried_again(case, fault, pauses):
    times, timeout = (1, 2.0) if fault.hang else (2, 60.0)
    fault = Fault(**{**vars(fault), "times": times, "used": 0, "when": scoring})
    with case.server(script=[fault]) as server:
        scores = await case.at(server, timeout=timeout).score(ONE_TURN, ANSWERS[:1])
    assert scores == case.scores(ONE_TURN, ANSWERS[:1])
    assert len(pauses) == times
    if fault.status == 429:  # so that the pause can be the one asked for
        assert {e.response.headers["retry-after"] for e in pauses} == {"7"}


@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.parametrize("fault", [{"status": 500}, {"close": True}, {"hang": 5.0}], ids=str)
async def test_retries_are_counted_and_then_it_is_one_sentence(case, fault, retries):
    with case.server(script=[Fault(**fault, times=None, when=scoring)]) as server:
        reward = case.at(server, timeout=0.5, retries=retries)
        with pytest.raises(RewardError) as raised:
            await reward.score(ONE_TURN, ANSWERS[:1])
        assert len(server.bodies) == retries + 1
    assert f"the reward server {server.url}" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 501])
async def test_what_will_not_pass_is_not_tried_again(case, status, pauses):
    fault = Fault(status=status, body={"error": "no such thing"}, times=None, when=scoring)
    with case.server(script=[fault]) as server:
        with pytest.raises(RewardError, match=f"answered HTTP {status}; .*no such thing"):
            await case.at(server).score(ONE_TURN, ANSWERS[:1])
        assert len(server.bodies) == 1
    assert pauses == []


async def test_a_server_that_is_not_there(case):
    with case.server() as server:
        reward = case.at(server)
    with pytest.raises(RewardError, match="could not be reached in 3 attempts; is it running"):
        await reward.score(ONE_TURN, ANSWERS)


async def test_a_redirect_is_not_followed(case):
    """It could lead the key elsewhere."""
    fault = Fault(status=307, body="", headers={"location": "http://127.0.0.1:9/x"}, times=None)
    with case.server(script=[fault]) as server, pytest.raises(RewardError, match="HTTP 307"):
        await case.at(server).score(ONE_TURN, ANSWERS)


@pytest.mark.parametrize(
    "garbage",
    [
        b"<html>It works!</html>",
        b"",
        b'{"data": [',
        b"\xff\xfe",
        b"[" * 100_000,
        b"null",
        b"17",
        b"{}",
        b"[]",
        b'"text"',
        b'{"data": {}, "results": {}}',
        b'{"data": [17], "results": [null]}',
        b'{"data": [{}], "results": [{}]}',
        b"[[]]",
        b"[null]",
        b'[{"index": "0", "score": 1}]',
        b'[{"index": true, "score": 1}]',
        b'{"error": "all is well"}',
    ],
)
async def test_garbage_is_never_a_score(case, garbage):
    with case.server(script=[Fault(garbage=garbage, times=None, when=scoring)]) as server:
        reward = case.at(server)
        try:
            [score] = await reward.score(ONE_TURN, ["one"])
        except RewardError as error:
            score = {"reward": None, "error": str(error)}
    assert score["reward"] is None
    assert 10 < len(score["error"]) < 1000


@pytest.mark.parametrize("garbage", [b"<html>", b"null", b"{}", b"[]", b'{"data": [{}]}'])
@pytest.mark.parametrize("name", ["vllm", "tei-pair"])
async def test_garbage_about_the_server_is_an_error(name, garbage):
    case = CASES[name]
    with case.server(script=[Fault(garbage=garbage, times=None)]) as server:
        with pytest.raises(RewardError):
            await case.at(server).score(ONE_TURN, ANSWERS)
        assert server.bodies == []


BAD_VALUES = [None, float("nan"), float("inf"), "0.5", True, {}, [1.0], 10**400]


@pytest.mark.parametrize(
    "value", BAD_VALUES, ids=repr if len(BAD_VALUES) < 8 else lambda v: repr(v)[:9]
)
async def test_what_is_no_number_is_no_score_and_leaves_the_others(case, value):
    def spoil(response):
        text = json.dumps(response)
        return json.loads(text.replace("123.5", json.dumps(value)))

    def score(text: str) -> float:
        return 123.5 if "three" in text else 7.25

    with case.server(score, spoil=spoil) as server:
        scores = await checked(case.at(server), ONE_TURN, ANSWERS)
    assert [s["reward"] for s in scores] == [7.25, 7.25, None, 7.25, 7.25]
    assert scores[2]["error"]


def results_of(response):
    """Return the list in a response that carries indexes."""
    return response["results"] if isinstance(response, dict) else response


def with_results(response, results):
    return {**response, "results": results} if "results" in response else results


@pytest.mark.parametrize("name", BY_INDEX)
async def test_shuffled_results_find_their_answers(name):
    case = CASES[name]

    def spoil(response):
        if "model_type" in response:
            return response
        return with_results(response, sorted(results_of(response), key=lambda r: -r["index"]))

    with case.server(spoil=spoil) as server:
        assert await case.at(server).score(ONE_TURN, ANSWERS) == case.scores(ONE_TURN, ANSWERS)


@pytest.mark.parametrize("name", BY_INDEX)
@pytest.mark.parametrize(
    ("change", "missing"),
    [
        (lambda results: [r for r in results if r["index"] != 1], [1]),
        (lambda results: [r for r in results if r["index"] == 4], [0, 1, 2, 3]),
        (lambda results: [{**r, "index": max(1, r["index"])} for r in results], [0, 1]),
        (lambda results: [*results, results[0]], None),
    ],
    ids=["short", "one left", "index twice", "result twice"],
)
async def test_answers_without_exactly_one_result_are_unscored(name, change, missing):
    case = CASES[name]

    def spoil(response):
        if "model_type" in response:
            return response
        results = sorted(results_of(response), key=lambda r: r["index"])
        return with_results(response, change(results))

    with case.server(spoil=spoil) as server:
        scores = await case.at(server).score(ONE_TURN, ANSWERS)
    missing = [0] if missing is None else missing
    right = case.scores(ONE_TURN, ANSWERS)
    for place, score in enumerate(scores):
        if place in missing:
            assert score["reward"] is None
            assert "scores for it" in score["error"]
        else:
            assert score == right[place]


@pytest.mark.parametrize("name", BY_INDEX)
@pytest.mark.parametrize(
    "change",
    [
        lambda results: [{**r, "index": r["index"] + 1} for r in results],
        lambda results: [*results, {**results[0], "index": 5}],
        lambda results: [{**r, "index": -r["index"]} for r in results],
        lambda results: [{k: v for k, v in r.items() if k != "index"} for r in results],
        lambda results: [{**r, "index": float(r["index"])} for r in results],
        lambda results: [{**r, "index": r["index"] == 1} for r in results],
        lambda results: [],
    ],
    ids=["from 1", "one too many", "negative", "no index", "float", "bool", "none"],
)
async def test_indexes_that_cannot_be_trusted_fail_the_call(name, change):
    case = CASES[name]

    def spoil(response):
        if "model_type" in response:
            return response
        return with_results(response, change(results_of(response)))

    with case.server(spoil=spoil) as server, pytest.raises(RewardError, match="should have sent"):
        await case.at(server).score(ONE_TURN, ANSWERS)


@pytest.mark.parametrize("name", IN_ORDER)
@pytest.mark.parametrize("change", [lambda r: r[:-1], lambda r: [*r, r[0]], lambda r: []])
async def test_lists_in_order_must_be_as_long_as_asked(name, change):
    case = CASES[name]
    refused = pytest.raises(RewardError, match=r"should have sent 5 .* in order")
    with case.server(spoil=lambda r: change(r) if isinstance(r, list) else r) as server, refused:
        await case.at(server).score(ONE_TURN, ANSWERS)


async def test_a_text_that_is_too_long_is_unscored_and_the_others_are_not(case, pauses):
    answers = ["one", "two", "3" * 500, "four", "5" * 500, "six"]
    with case.server(longest=400) as server:
        scores = await case.at(server).score(ONE_TURN, answers)
    right = case.scores(ONE_TURN, answers)
    assert [s for i, s in enumerate(scores) if i not in {2, 4}] == [
        s for i, s in enumerate(right) if i not in {2, 4}
    ]
    for place in (2, 4):
        assert scores[place]["reward"] is None
        assert "will not score this text" in scores[place]["error"]
    assert pauses == []  # not even where the server calls it its own error


async def test_tei_fails_a_whole_batch_for_one_nan_and_we_do_not():
    def nan(body):
        return "bad" in body.get("texts", ())

    fault = Fault(status=424, body={"error": "score is NaN", "error_type": "Backend"}, when=nan)
    fault.times = None
    with TeiServer(script=[fault]) as server:
        scores = await TeiReward(server.url).score(ONE_TURN, ["one", "bad", "three"])
    right = CASES["tei-pair"].scores(ONE_TURN, ["one", "bad", "three"])
    assert scores == [right[0], unscored(scores[1]["error"]), right[2]]
    assert "score is NaN" in scores[1]["error"]


async def test_one_failed_request_of_many_fails_one_answer():
    def two(body):
        return bool(body) and body["messages"][-1]["content"] == "two"

    with VllmServer(script=[Fault(status=500, times=None, when=two)]) as server:
        scores = await VllmReward(server.url, retries=0).score(ONE_TURN, ANSWERS)
    right = CASES["vllm"].scores(ONE_TURN, ANSWERS)
    assert scores[1]["reward"] is None
    assert "HTTP 500" in scores[1]["error"]
    assert scores[:1] + scores[2:] == right[:1] + right[2:]


async def test_the_wrong_kind_of_server_is_named():
    with LlamaCppServer() as server, pytest.raises(RewardError, match=r"is it vLLM, with a rew"):
        await VllmReward(server.url, model="m").score(ONE_TURN, ["a"])
    with VllmServer() as server, pytest.raises(RewardError, match=r"started with --embedding"):
        await LlamaCppReward(server.url).score(ONE_TURN, ["a"])


async def test_the_cause_is_kept():
    fault = Fault(status=418, times=None)
    with VllmServer(script=[fault]) as server, pytest.raises(RewardError) as raised:
        await VllmReward(server.url).score(ONE_TURN, ["a"])
    assert isinstance(raised.value.__cause__, httpx.HTTPStatusError)
