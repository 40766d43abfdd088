"""What a fault means: repeat, leave a parameter out, or give up."""

from __future__ import annotations

from typing import Any

import httpx
import openai
import pytest
from langchain_core.exceptions import (
    ModelConnectionError,
    ModelTimeoutError,
    OutputParserException,
)
from tenacity import AsyncRetrying, RetryCallState

from tpo.core.errors import StoreError, UserCodeError
from tpo.models.failures.broken_reply import BrokenReplyError, UnfinishedStreamError
from tpo.models.failures.failed_attempt import maybe_billed
from tpo.models.failures.faults import (
    is_transient,
    may_be_n,
    pause_before_retry,
    refused_parameter,
)
from tpo.models.failures.provider_error import status_of
from tpo.models.failures.retry_after import retry_after

SENT = {
    "n",
    "temperature",
    "top_p",
    "seed",
    "max_tokens",
    "stream_options",
    "response_format",
    "logprobs",
}


def http_error(status: int, message: str = "", param: str | None = None, **headers: str) -> Any:
    """Make an error as the OpenAI client raises it."""
    url = httpx.Request("POST", "http://127.0.0.1/v1")
    response = httpx.Response(
        status, request=url, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
    body = {"message": message, "param": param}
    return openai.APIStatusError(message, response=response, body=body)


def httpx_error(status: int) -> Exception:
    response = httpx.Response(status, request=httpx.Request("POST", "http://127.0.0.1/"))
    return httpx.HTTPStatusError("x", request=response.request, response=response)


@pytest.mark.parametrize("ours", [StoreError("the disk is full"), UserCodeError("it hangs")])
def test_what_no_server_did_is_not_asked_for_again(ours):
    lost = ModelConnectionError("Connection error.")
    assert is_transient(lost)
    lost.__cause__ = openai.APIConnectionError(request=httpx.Request("POST", "http://127.0.0.1"))
    lost.__cause__.__cause__ = ours  # as the clients wrap it
    assert not is_transient(lost)
    assert not may_be_n(lost)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_these_may_pass(status):
    for error in (http_error(status), httpx_error(status)):
        assert status_of(error) == status
        assert is_transient(error)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422, 501])
def test_these_will_not(status):
    assert not is_transient(http_error(status))
    assert not is_transient(httpx_error(status))


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (TimeoutError(), True),
        (ConnectionResetError(), True),
        (httpx.ReadTimeout("x"), True),
        (httpx.ConnectError("x"), True),
        (httpx.RemoteProtocolError("x"), True),
        (ModelTimeoutError("x"), True),
        (ModelConnectionError("x"), True),
        (ValueError("x"), False),
        (OSError("x"), False),
        (KeyError("messages"), False),
        (KeyError("Response missing 'choices' key: dict_keys(['id'])"), True),
        (TypeError("Received response with null value for 'choices'."), True),
        (BrokenReplyError("half"), True),
        (BrokenReplyError("half", passes=False), False),
        (UnfinishedStreamError("half"), False),
    ],
)
def test_faults_without_a_status(error, passes):
    assert status_of(error) is None
    assert is_transient(error) == passes


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [("7", 7, 7), ("0", 0, 0), ("0.5", 0.5, 0.5), ("-3", 0, 0), ("1e9", 60, 60), ("inf", 60, 60),
     ("nan", 0, 0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0), ("soon", 0.5, 1.0), ("", 0.5, 1.0)],
)  # fmt: skip
def test_the_server_says_how_long_to_wait(header, least, most):
    assert least <= pause_before_retry(http_error(429, retry_after=header), 2) <= most


@pytest.mark.parametrize("header", ["inf", "1e400", "99999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_nobody_means_longer_than_a_day(header):
    """`tpo serve` sends it on as whole seconds; of infinity there are none."""
    assert retry_after(http_error(429, retry_after=header)) == 86_400.0


def test_a_date_that_no_calendar_holds_is_no_pause():
    assert retry_after(http_error(429, retry_after="Fri, 31 Dec 9999 23:59:59 -2359")) is None


def test_without_a_word_the_pause_doubles_up_to_a_minute():
    for attempt, longest in [(1, 0.5), (2, 1.0), (3, 2.0), (20, 60.0)]:
        assert longest / 2 <= pause_before_retry(TimeoutError(), attempt) <= longest
    assert pause_before_retry(None, 1) <= 0.5


@pytest.mark.parametrize(
    ("message", "param", "name"),
    [
        ("Unsupported parameter", "temperature", "temperature"),
        ("Unsupported parameter", "max_completion_tokens", "max_tokens"),
        ("Unsupported parameter", "max_output_tokens", "max_tokens"),
        ("Invalid value", "response_format.type", "response_format"),
        ("something", "messages", None),
        ("Unsupported value: 'temperature' does not support 0.7", None, "temperature"),
        ("top_p is not supported with this model", None, "top_p"),
        ("`temperature` and `top_p` cannot both be specified", None, "top_p"),
        ("seed: Extra inputs are not permitted", None, "seed"),
        ("Unrecognized request argument supplied: stream_options", None, "stream_options"),
        ("'max_tokens' is not supported; use 'max_completion_tokens'", None, "max_tokens"),
        ("n > 1 is not supported", None, "n"),
        ("`n` must be 1", None, "n"),
        ("Only one completion choice is allowed", None, "n"),
        ("This model does not support multiple choices", None, "n"),
        ("n_cmpl must be at most 4", None, "n"),
        ("response_format is not supported", None, "response_format"),
        ("json_schema is not supported", None, "response_format"),
        ("Structured outputs are unsupported", None, "response_format"),
        ("logprobs are not supported with response_format json_schema", None, "logprobs"),
        ("This model's maximum context length is 4096 tokens", None, None),
        ("Invalid API key", None, None),
        ("The model must be loaded first", None, None),
        ("Not a known parameter: n", None, None),
        ("unknown model in channel 'main'", None, None),
    ],
)
def test_which_parameter_is_refused(message, param, name):
    assert refused_parameter(http_error(400, message, param), SENT) == name
    assert refused_parameter(http_error(422, message, param), SENT) == name


def test_only_what_was_sent_can_be_refused():
    error = http_error(400, "temperature is not supported", "temperature")
    assert refused_parameter(error, {"top_p", "seed"}) is None


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_other_statuses_refuse_nothing(status):
    assert refused_parameter(http_error(status, "n is not supported", "n"), SENT) is None


def test_a_client_that_does_not_know_a_parameter_refuses_it():
    error = TypeError("create() got an unexpected keyword argument 'seed'")
    assert refused_parameter(error, SENT) == "seed"
    assert refused_parameter(ValueError("unexpected keyword argument 'seed'"), SENT) is None
    for unformed in (NotImplementedError(), OutputParserException("no tool calls")):
        assert refused_parameter(unformed, SENT) == "response_format"
    assert refused_parameter(NotImplementedError(), SENT - {"response_format"}) is None


def ended_with(error: BaseException) -> RetryCallState:
    state = RetryCallState(AsyncRetrying(), None, (), {})
    state.set_exception((type(error), error, None))
    return state


@pytest.mark.parametrize(
    ("error", "billed"),
    [
        (TimeoutError(), True),  # the model may have written it all
        (httpx.ReadError("x"), True),
        (UnfinishedStreamError("half"), True),
        (BrokenReplyError("half"), True),
        (httpx.ConnectError("x"), False),
        (ModelConnectionError("x"), True),
        (http_error(500), False),
        (http_error(400), False),
        (ValueError("x"), False),
    ],
)
def test_what_a_lost_reply_cost_is_not_known(error, billed):
    assert maybe_billed(ended_with(error)) is billed


def test_nobody_there_bills_nothing():
    error = ModelConnectionError("x")
    error.__cause__ = httpx.ConnectError("x")
    assert not maybe_billed(ended_with(error))
