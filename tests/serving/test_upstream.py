"""What goes wrong behind `/v1` has its own status, also where a stream was asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import openai
import pytest
from billing_server import BillingServer, varied
from loopback_wire import Fault
from serve_process import ServeProcess

pytestmark = pytest.mark.loopback
QUESTION = [{"role": "user", "content": "Why is the sky blue?"}]
SETTINGS = {"width": 1, "depth": 1, "retries": 0}


@pytest.fixture(scope="module")
def policy() -> Iterator[BillingServer]:
    with BillingServer(varied) as server:
        yield server


@pytest.fixture(scope="module")
def url(policy: BillingServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("upstream")
    with ServeProcess(folder, "--policy", f"openai:x@{policy.base_url}", "--any-spec") as server:
        yield f"{server.url}/v1"
        said = server.log.read_text()
    assert "Traceback" not in said, said


@pytest.fixture(autouse=True)
def fresh(policy: BillingServer) -> Iterator[None]:
    yield
    policy.script.clear()
    policy.forget()


def ask(url: str, *, stream: bool, **settings: object) -> httpx.Response:
    body = {"model": "tpo", "messages": QUESTION, "stream": stream, "tpo": SETTINGS | settings}
    return httpx.post(f"{url}/chat/completions", json=body, timeout=60)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(
    ("fault", "status", "code", "again"),
    [
        (Fault(429, headers={"retry-after": "7"}, times=None), 429, "rate_limit_exceeded", "7"),
        (Fault(503, times=None), 503, "upstream_unavailable", "5"),
        (Fault(529, headers={"retry-after": "2"}, times=None), 503, "upstream_unavailable", "2"),
        (Fault(504, times=None), 504, "upstream_timeout", None),
        (Fault(hang=30, times=None), 504, "upstream_timeout", None),
        (Fault(500, times=None), 502, "policy_error", None),
        (Fault(401, times=None), 502, "policy_error", None),
    ],
    ids=["429", "503", "529", "504", "no answer", "500", "401"],
)
def test_a_failure_of_the_policy_has_its_status(policy, url, stream, fault, status, code, again):
    policy.script.append(fault)
    response = ask(url, stream=stream, **({"timeout": 0.3} if fault.hang else {}))
    assert (response.status_code, response.json()["error"]["code"]) == (status, code), response.text
    assert response.headers.get("retry-after") == again


def test_a_failure_after_the_first_text_is_the_last_chunk(policy, url):
    fault = Fault(429, headers={"retry-after": "7"}, times=None)
    with BillingServer(varied, script=[fault]) as judge:
        reward = f"judge:openai:j@{judge.base_url}"
        # With a budget the judge is not tried first: it fails when there are answers.
        response = ask(url, stream=True, width=2, depth=0, reward=reward, budget_requests=9)
    assert response.status_code == 200
    last = response.text.strip().rpartition("data: ")[2]
    assert json.loads(last)["error"]["code"] == "rate_limit_exceeded"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_the_openai_client_tries_again_by_itself(policy, url, stream):
    policy.script.append(Fault(429, headers={"retry-after": "0"}, times=1))
    with openai.OpenAI(base_url=url, api_key="none", max_retries=2) as client:
        reply = client.chat.completions.create(
            model="tpo", messages=QUESTION, stream=stream, extra_body={"tpo": SETTINGS}
        )
        pieces = [c.choices[0].delta.content for c in reply] if stream else []
        text = "".join(p or "" for p in pieces) if stream else reply.choices[0].message.content
    assert text
    assert [asked.status for asked in policy.asked][:2] == [429, 200]
