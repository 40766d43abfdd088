"""Whichever server behind a run takes no more requests, a client of `/v1` is told 429."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from billing_server import BillingServer, varied
from loopback_wire import Fault
from reward_servers import TeiServer, VllmServer
from serve_process import ServeProcess

pytestmark = pytest.mark.loopback
PAUSE = {"retry-after": "7"}
SETTINGS = {"width": 2, "depth": 0, "retries": 0, "timeout": 30}


@pytest.fixture(scope="module")
def url(models: BillingServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("too-many")
    policy = f"openai:x@{models.base_url}"
    with ServeProcess(folder, "--policy", policy, "--any-spec") as server:
        yield server.url


def ask(url: str, reward: str, **settings: object) -> httpx.Response:
    own = {**SETTINGS, "reward": reward, **settings}
    body = {"model": "tpo", "messages": [{"role": "user", "content": "Why?"}], "tpo": own}
    return httpx.post(f"{url}/v1/chat/completions", json=body, timeout=60)


def is_told(response: httpx.Response) -> None:
    assert response.status_code == 429, response.text
    assert response.headers["retry-after"] == "7"
    assert "x-should-retry" not in response.headers
    assert response.json()["error"]["code"] == "rate_limit_exceeded"


@pytest.mark.parametrize("settings", [{}, {"budget_requests": 9}], ids=["tried first", "not tried"])
def test_a_judge(url, settings):
    with BillingServer(varied, script=[Fault(429, headers=PAUSE, times=None)]) as judge:
        is_told(ask(url, f"judge:openai:j@{judge.base_url}", **settings))


@pytest.mark.parametrize(("kind", "server"), [("vllm", VllmServer), ("tei", TeiServer)])
@pytest.mark.parametrize("when", ["at once", "later"])
def test_a_served_reward(url, kind, server, when):
    fault = Fault(429, headers=PAUSE, times=None)
    with server(script=[fault]) as rewards:
        spec = f"{kind}:{rewards.url}?retries=0"
        if when == "later":
            fault.when = lambda body: "Why?" in str(body)  # not the built-in answers
        is_told(ask(url, spec))


def test_what_is_refused_for_another_reason_stays_a_failure(url):
    with VllmServer(script=[Fault(401, times=None)]) as rewards:
        response = ask(url, f"vllm:{rewards.url}?retries=0")
    assert (response.status_code, response.json()["error"]["code"]) == (502, "reward_error")
