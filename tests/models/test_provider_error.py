"""What an error says, in the shapes of the clients of real providers: status, pause, words."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import openai
import pytest
from langchain_core.exceptions import ModelRateLimitError
from langchain_core.messages import HumanMessage
from openai.types.responses import ResponseError
from scripted_model import ScriptedModel

from tpo.core.errors import NoCandidateError
from tpo.core.usage import cost
from tpo.models.failures.broken_reply import not_json
from tpo.models.failures.caused_by import caused_by
from tpo.models.failures.faults import failure_of_request, is_transient
from tpo.models.failures.provider_error import sentence_of, status_of
from tpo.models.failures.retry_after import retry_after
from tpo.models.policy import Policy
from tpo.models.request import Request, RequestError

URL = httpx.Request("POST", "http://127.0.0.1/v1")


def openai_event(error: Any) -> openai.APIError:
    """An error event in the middle of a stream, as the OpenAI client raises it."""
    message = error.get("message") if isinstance(error, dict) else "An error occurred"
    return openai.APIError(message or "An error occurred", URL, body=error)


class FromAWS(Exception):
    """What botocore raises, in a stream too."""

    def __init__(self, code: str, status: int | None = None) -> None:
        super().__init__(f"An error occurred ({code})")
        meta = {"HTTPStatusCode": status, "HTTPHeaders": {"retry-after": "3"}} if status else {}
        self.response = {"Error": {"Code": code, "Message": "x"}, "ResponseMetadata": meta}


class FromGoogle(Exception):
    """What google-genai raises."""

    def __init__(self, code: int) -> None:
        super().__init__(f"{code} RESOURCE_EXHAUSTED. {{...}}")
        self.code = code
        again = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17s"}
        self.details = {"error": {"code": code, "details": [{"x": 1}, again]}}


@pytest.mark.parametrize(
    ("error", "status", "passes"),
    [
        (ValueError({"message": "rate limited upstream", "code": 429}), 429, True),
        (ValueError({"message": "rate limited upstream", "code": "429"}), 429, True),
        (ValueError({"message": "no such model", "code": 404}), 404, False),
        (openai_event({"message": "Internal error", "type": "x", "code": 500}), 500, True),
        (openai_event({"message": "CUDA out of memory", "type": "server_error"}), 500, True),
        (openai_event({"message": "slow down", "code": "rate_limit_exceeded"}), 429, True),
        (openai_event({"message": "bad", "type": "invalid_request_error"}), 400, False),
        (openai_event("model is loading"), 503, True),
        (openai_event({"message": "who knows"}), None, False),
        (FromAWS("ThrottlingException", 429), 429, True),
        (FromAWS("throttlingException"), 429, True),
        (FromAWS("modelTimeoutException"), 504, True),
        (FromAWS("serviceUnavailableException"), 503, True),
        (FromAWS("ValidationException", 400), 400, False),
        (FromGoogle(429), 429, True),
        (ModelRateLimitError("x"), 429, True),
        (ValueError("rate_limit_exceeded: slow down"), 429, True),  # the Responses API, streamed
        (ValueError(ResponseError(code="server_error", message="boom")), 500, True),
        (ValueError("ResponseError(code='server_error', message='boom', param=None)"), 500, True),
        (ValueError("OpenRouter API returned an error during streaming: x (code: 502)"), 502, True),
        (not_json("<html><title>503 Service Unavailable</title>"), 503, True),
        (not_json("<!DOCTYPE html><title>Open WebUI</title>"), None, False),
        (ValueError("port 443 is odd"), None, False),
    ],
)  # fmt: skip
def test_the_status_is_found_wherever_it_stands(error, status, passes):
    assert (status_of(error), is_transient(error)) == (status, passes)


@pytest.mark.parametrize(
    ("kind", "status", "passes"),
    [("overloaded_error", 529, True), ("invalid_request_error", 400, False)],
)
def test_anthropics_client_tells_it_in_a_stream_whose_response_was_fine(kind, status, passes):
    import anthropic  # 3,200 modules, in every process that collects the tests

    body = {"type": "error", "error": {"type": kind, "message": "Overloaded"}}
    error = anthropic.APIStatusError("x", response=httpx.Response(200, request=URL), body=body)
    assert (status_of(error), is_transient(error)) == (status, passes)


def test_a_cause_tells_what_its_wrapper_does_not():
    wrapper = RuntimeError("it failed")
    wrapper.__cause__ = FromGoogle(429)
    assert (status_of(wrapper), retry_after(wrapper)) == (429, 17.0)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (FromAWS("ThrottlingException", 429), 3),
        (FromGoogle(429), 17),
        (ValueError({"message": "x", "code": 429, "retry_after": 2.5}), 2.5),
        (openai_event({"message": "Rate limit. Please try again in 7.5s."}), 7.5),
        (openai_event({"message": "Rate limit. Please try again in 1m2s."}), 62),
        (openai_event({"message": "Rate limit. Please try again in 250ms."}), 0.25),
        (ValueError("x"), None),
    ],
)
def test_how_long_to_wait_is_found_wherever_it_stands(error, seconds):
    assert retry_after(error) == seconds


def test_a_date_to_come_back_at():
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    headers = {"retry-after": date}
    response = httpx.Response(429, request=URL, headers=headers)
    asked = retry_after(httpx.HTTPStatusError("x", request=URL, response=response))
    assert asked is not None
    assert 3000 < asked <= 3600


def test_an_error_inside_a_reply_is_told_in_its_own_words():
    error = ValueError({"message": "Upstream down", "code": 502})
    said = "the server sent an error in place of a reply: Upstream down (502)"
    assert sentence_of(error) == said
    assert "model is loading (503)" in sentence_of(openai_event("model is loading"))


def test_a_filter_is_no_fault_of_the_server():
    error = openai_event({"message": "x", "code": "content_filter"})
    assert failure_of_request(error) == "blocked"
    azure = {"code": "x", "innererror": {"code": "ResponsibleAIPolicyViolation"}}
    assert failure_of_request(openai_event(azure)) == "blocked"


def test_what_the_server_said_goes_up_and_survives_pickling():
    request = Request(Policy(ScriptedModel(script=[]), "m"), [HumanMessage("hi")])
    failed = RequestError.of(request, FromGoogle(429), cost(requests=2), 1.0)
    top = caused_by(NoCandidateError("nothing came"), failed)
    assert (top.status, top.retry_after, top.__cause__) == (429, 17.0, failed)
    for error in (failed, top):
        again = pickle.loads(pickle.dumps(error))
        assert (str(again), again.status, again.retry_after) == (str(error), 429, 17.0)
    assert pickle.loads(pickle.dumps(failed)).cost["requests"] == 2
