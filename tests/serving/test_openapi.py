"""`/v1` is as its description says; schemathesis looks for requests that prove it wrong."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from second_client import lists_are_right, runs_are_right
from serve_process import ServeProcess

import tpo

FAKES = Path(__file__).resolve().parents[1] / "fakes"
pytestmark = pytest.mark.loopback

ASK = {"model": "tpo", "messages": [{"role": "user", "content": "Why?"}]}
RESPOND = {"model": "policy", "input": "Why?"}
FUZZER = os.environ.get("TPO_CLIENTS", "")
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,negative_data_rejection,unsupported_method"
)


@pytest.fixture
def described(http: Any) -> dict[str, Any]:
    return http.get("/v1/openapi.json").json()


def resolved(described: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "components": described["components"]}


def test_alone_it_stands_where_tools_look_too(http, described):
    assert http.get("/openapi.json").json() == described
    assert described["openapi"].startswith("3.1")


def test_replies_are_as_described(http, described):
    for path, said in {
        "/v1/models": http.get("/v1/models"),
        "/v1/models/{name}": http.get("/v1/models/tpo"),
        "/v1/chat/completions": http.post(
            "/v1/chat/completions", json={**ASK, "tpo": {"depth": 0, "width": 1}}
        ),
        "/v1/responses": http.post("/v1/responses", json=RESPOND),
    }.items():
        (operation,) = described["paths"][path].values()
        schema = operation["responses"][str(said.status_code)]["content"]["application/json"]
        jsonschema.validate(said.json(), resolved(described, schema["schema"]))


def test_a_response_is_as_described_until_it_is_deleted(http, described):
    path = f"/v1/responses/{http.post('/v1/responses', json=RESPOND).json()['id']}"
    operations = described["paths"]["/v1/responses/{response_id}"]
    for method, status in (("get", 200), ("delete", 200), ("get", 404), ("delete", 404)):
        said = http.request(method, path)
        assert said.status_code == status
        answer = operations[method]["responses"][str(status)]["content"]["application/json"]
        jsonschema.validate(said.json(), resolved(described, answer["schema"]))


def test_what_is_created_leads_to_what_can_be_done_with_it(described):
    created = described["paths"]["/v1/responses"]["post"]["responses"]["200"]
    ways = described["paths"]["/v1/responses/{response_id}"].values()
    assert set(created["links"]) == {way["operationId"] for way in ways}
    for link in created["links"].values():
        assert link["parameters"] == {"response_id": "$response.body#/id"}


def test_errors_are_as_described(http, described):
    error = described["components"]["schemas"]["Error"]
    for said in (
        http.post("/v1/chat/completions", json={}),
        http.get("/v1/models/none"),
        http.get("/v1/nothing"),
        http.delete("/v1/models"),
        http.post("/v1/responses", json={}),
        http.get("/v1/responses"),
        http.put("/v1/responses/resp_1"),
        http.get("/v1/responses/resp_1/input_items"),
    ):
        assert said.status_code in {400, 404, 405}
        jsonschema.validate(said.json(), error)


@pytest.mark.parametrize("path", ["/api/tags", "//v1/chat/completions", "/health"])
def test_a_path_that_is_nowhere_says_what_is_served(http, path):
    said = http.post(f"{http.base_url}{path}")
    assert said.status_code == 404
    assert f"there is nothing at {path}: chat clients ask under /v1" in said.text


def test_the_settings_are_those_of_the_context(described):
    schemas = described["components"]["schemas"]
    assert set(schemas["Context"]["properties"]) == set(tpo.Context.model_fields)
    assert schemas["ChatRequest"]["properties"]["tpo"] == {"$ref": "#/components/schemas/Context"}
    assert "$ref" in schemas["ResponseRequest"]["properties"]["tpo"]["anyOf"][0]
    assert "small" in schemas["ChatRequest"]["properties"]["model"]["enum"]
    jsonschema.validate(ASK, resolved(described, schemas["ChatRequest"]))


# Many seeds are better than many examples: from some hundreds on, hypothesis spends its time on
# improving examples that it has, and sends nothing. One seed is some 1,500 requests.
@pytest.mark.parametrize("seed", range(1, 1 + int(os.environ.get("TPO_FUZZ_SEEDS", "1"))))
@pytest.mark.skipif(not FUZZER, reason="schemathesis is not installed beside: make test")
def test_fuzzed(serve: ServeProcess, models: Any, http: Any, tmp_path: Path, seed: int):
    examples = os.environ.get("TPO_FUZZ_EXAMPLES", "25")  # of each kind
    command = [FUZZER, "-m", "schemathesis.cli", "run", f"{serve.url}/v1/openapi.json"]
    # One worker: in Python 3.11 two threads that parse code at once can fail (SystemError, "AST
    # constructor recursion depth mismatch"), and hypothesis parses lambdas.
    options = ["--max-examples", examples, "--checks", CHECKS, "--workers", "1"]
    options += ["--suppress-health-check", "too_slow"]  # so it is on a busy machine
    hooks = {"PYTHONPATH": str(FAKES), "SCHEMATHESIS_HOOKS": "answerable_bodies"}
    models.forget()
    done = subprocess.run(
        [*command, *options, "--seed", str(seed)],
        cwd=tmp_path,
        env={**os.environ, **hooks},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "generated" in done.stdout
    assert len(models.asked) > 50  # so many bodies reached a search, at the least
    lists_are_right(http)
    runs_are_right(http)
