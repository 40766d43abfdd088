"""Addresses and paths of the server's specs are not in errors, nor where no key is asked for."""

from __future__ import annotations

import json

import httpx
import pytest
from billing_server import BillingServer, varied
from serve_process import ServeProcess

from tpo import CommandReward
from tpo.core.errors import ConfigError
from tpo.core.reference_mark import named_by
from tpo.serving.agent_server.assistant_routes import schemas_of
from tpo.serving.hidden_parts import by_short_name, for_clients
from tpo.serving.operations.request_record import sentence_for_log
from tpo.serving.served_models import ServedModels
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
            "ranked by command sh",
        ),
        ("no file /home/me/secret/check.sh", "no file check.sh"),
        ("huggingface:org/name is there", "huggingface:org/name is there"),
    ],
)
def test_what_is_hidden(text, shown):
    assert for_clients(text, SETTINGS) == shown


REFERENCE = "XANADU42"
SECRET_REWARDS = [
    (f"verify:exact:{REFERENCE}", "verify:exact"),
    (f'cached:verify:exact:it\'s "{REFERENCE}"', "verify:exact"),
    (f"verify:math:{REFERENCE}", "verify:math"),
    (f"verify:command:grep -q   'it is {REFERENCE}' {{file}}", "command grep"),
]


@pytest.mark.parametrize(("spec", "told"), SECRET_REWARDS)
@pytest.mark.parametrize("any_spec", [False, True])
def test_no_reference_in_errors_and_schemas(spec, told, any_spec):
    settings = Settings(policy="openai:x", reward=spec, any_spec=any_spec)
    served = ServedModels(settings)["tpo"]
    schemas = schemas_of(served)
    assert REFERENCE not in json.dumps(schemas)
    reward = schemas["context_schema"]["properties"]["reward"]
    assert (reward["default"], reward.get("enum", [told, "heuristic"])[0]) == (told, told)
    assert (served.context().reward, served.context(reward=told).reward) == (spec, spec)
    with pytest.raises(ConfigError) as refused:
        served.context(reward="x" if not any_spec else 3, heldout="y")
    said = for_clients(str(refused.value), settings)
    assert REFERENCE not in said
    assert any_spec or f"{told}" in said


@pytest.mark.parametrize(("spec", "told"), SECRET_REWARDS)
def test_no_reference_in_what_is_told_of_a_run(spec, told):
    settings = Settings(reward=spec)
    assert for_clients(f"ranked by {spec}.", settings) == f"ranked by {told}."
    assert for_clients(f"ranked by {named_by('math', '42')}.", settings) == "ranked by verify:math."


def test_a_command_is_hidden_as_its_reward_spells_it():
    spec = SECRET_REWARDS[-1][0]
    name = CommandReward.from_spec(spec.removeprefix("verify:command:")).name
    assert name != spec
    assert for_clients(f"{name!r} failed", Settings(reward=spec)) in {
        "'command grep' failed",
        '"command grep" failed',
    }


@pytest.mark.parametrize(("spec", "told"), SECRET_REWARDS)
def test_nor_in_the_log(spec, told):
    sentence = f"tpo: reward: input should be {spec!r} or 'heuristic'"
    assert REFERENCE not in sentence_for_log(sentence)
    assert sentence_for_log(sentence).startswith("tpo: reward: input should be")


def test_the_address_of_a_reward_s_server_is_hidden_too():
    settings = Settings(reward="vllm:http://gpu:8000")
    said = "reward 'vllm:http://gpu:8000' failed: no route to http://gpu:8000/classify"
    assert for_clients(said, settings) == "reward 'vllm' failed: no route to (its address)/classify"


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


@pytest.mark.loopback
def test_no_reference_reaches_a_client_or_the_log(tmp_path):
    spec = f"verify:exact:{REFERENCE}"
    with BillingServer(varied) as models:
        options = ["-p", f"openai:x@{models.base_url}", "-r", spec]
        with (
            ServeProcess(tmp_path, *options) as server,
            httpx.Client(base_url=server.url, timeout=60) as client,
        ):
            said = [client.get("/assistants/tpo/schemas").text]
            for tpo_ in ({"reward": "x"}, {"heldout": "x"}, {"reward": "verify:exact", **SMALL}):
                said += [client.post("/v1/chat/completions", json={**ASK, "tpo": tpo_}).text]
            run = {"assistant_id": "tpo", "input": {"messages": ASK["messages"]}}
            said += [client.post("/runs/wait", json={**run, "context": {"reward": "x"}}).text]
    assert not any(REFERENCE in text for text in said)
    assert "input should be 'verify:exact' or 'heuristic'" in said[1]
    assert "ranked by verify:exact" in said[3].replace("verify:exact.", "verify:exact")
    assert REFERENCE not in server.log.read_text()
