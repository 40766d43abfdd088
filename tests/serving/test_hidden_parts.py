"""Addresses and paths of the server's specs are not in errors, nor where no key is asked for."""

from __future__ import annotations

import httpx
import pytest
from billing_server import BillingServer, varied
from serve_process import ServeProcess

from tpo.serving.hidden_parts import by_short_name, for_clients
from tpo.serving.server_settings import Settings

ASK = {"model": "tpo", "messages": [{"role": "user", "content": "Is localhost:80 taken?"}]}
SMALL = {"depth": 1, "width": 2, "sampling": "parallel"}
SETTINGS = Settings(
    policy="openai:x@http://gpu-box:9000/v1",
    reward="verify:command:sh /home/me/secret/check.sh {file}",
    models={"mixed": "huggingface:org/name"},
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("policy openai:x@http://gpu-box:9000/v1 failed", "policy openai:x failed"),
        ("no route to http://gpu-box:9000/v1/chat", "no route to (its address)/chat"),
        ("gpu-box:9000 refused", "(its address) refused"),
        (
            "ranked by verify:command:sh /home/me/secret/check.sh {file}",
            "ranked by verify:command:sh check.sh {file}",
        ),
        ("huggingface:org/name is there", "huggingface:org/name is there"),
    ],
)
def test_what_is_hidden(text, shown):
    assert for_clients(text, SETTINGS) == shown


def test_a_short_name_that_names_one_policy():
    one, two, other = "openai:x@http://a/v1", "openai:x@http://b/v1", "openai:y@http://a/v1"
    assert by_short_name([one, other]) == {"openai:x": one, "openai:y": other}
    assert by_short_name([one, two, other]) == {"openai:y": other}
    assert by_short_name([one, "openai:x"]) == {}


@pytest.fixture
def served(tmp_path):
    with BillingServer(varied) as models:
        address = models.base_url
        options = ["-p", f"openai:x@{address}", "--model", f"small=openai:y@{address}"]
        with (
            ServeProcess(
                tmp_path, *options, "-r", "judge:openai:z@http://127.0.0.1:9/v1"
            ) as server,
            httpx.Client(base_url=server.url, timeout=60) as client,
        ):
            yield client, address


@pytest.mark.loopback
def test_no_address_reaches_a_client(served):
    client, address = served
    hidden = (address, address.partition("//")[2].partition("/")[0], "127.0.0.1:9")
    for path in ("/v1/openapi.json", "/openapi.json", "/v1/models", "/info"):
        said = client.get(path)
        assert not any(part in said.text for part in (*hidden, "judge:", "openai:z")), path
    assert "openai:x" not in client.get("/v1/openapi.json").text
    for tpo in ({"policy": "nope"}, {"reward": "nope"}, SMALL):
        for stream in (False, True):
            said = client.post("/v1/chat/completions", json={**ASK, "tpo": tpo, "stream": stream})
            assert not any(part in said.text for part in hidden), said.text
            assert said.status_code == 400 or "error" in said.text
    run = {"assistant_id": "tpo", "input": {"messages": ASK["messages"]}}
    for context in ({"policy": "nope"}, SMALL):
        said = client.post("/runs/wait", json={**run, "context": context})
        assert not any(part in said.text for part in hidden), said.text


@pytest.mark.loopback
def test_a_policy_is_named_without_its_address(served):
    client, _ = served
    for name, status in {"openai:y": 200, "openai:none": 400}.items():
        tpo = {"policy": name, "reward": "heuristic", "depth": 0, "width": 1}
        said = client.post("/v1/chat/completions", json={**ASK, "tpo": tpo})
        assert said.status_code == status, said.text
