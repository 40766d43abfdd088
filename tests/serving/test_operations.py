"""What the one who runs a server sees: the log, metrics, health and spans of a real one."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from billing_server import BillingServer, varied
from loopback_wire import Fault
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from patience import wait_until
from prometheus_client.parser import text_string_to_metric_families
from serve_process import ServeProcess

from tpo.cli.app import main

pytestmark = pytest.mark.loopback
KEY, METRICS_KEY = "the-operators-own-key-1", "the-key-of-the-metrics-1"
CANARY = "Why is the canary yellow and not blue?"
ASK = {"messages": [{"role": "user", "content": CANARY}], "tpo": {"depth": 1, "width": 2}}
RUN = {"assistant_id": "tpo", "input": {"messages": ASK["messages"]}, "context": ASK["tpo"]}
DASHBOARD = Path(__file__).parents[2] / "examples/grafana/tpo.json"


class Collector(BaseHTTPRequestHandler):
    """Takes spans by OTLP over HTTP."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        asked = ExportTraceServiceRequest.FromString(body)
        scopes = [scope for resource in asked.resource_spans for scope in resource.scope_spans]
        self.server.spans += [span for scope in scopes for span in scope.spans]  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def collector() -> Iterator[Any]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    server.spans = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def policy() -> Iterator[BillingServer]:
    with BillingServer(varied) as server:
        yield server


@pytest.fixture(scope="module")
def server(policy: Any, collector: Any, tmp_path_factory: Any) -> Iterator[ServeProcess]:
    folder = tmp_path_factory.mktemp("operations")
    data = str(folder / "data")
    assert main(["serve", "keys", "add", "ann", "--data", data]) == 0
    spans = f"http://127.0.0.1:{collector.server_port}"
    options = ["--log-format", "json", "--key", KEY, "--metrics-key", METRICS_KEY]
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": spans}
    own = ("-p", f"openai:x@{policy.base_url}", *options)
    with ServeProcess(folder, *own, **environment) as made:
        yield made


def lines(server: ServeProcess, **wanted: object) -> list[dict[str, Any]]:
    """Return the lines of the log with these fields."""
    written = server.log.read_text().splitlines()
    found = [json.loads(line) for line in written if line.startswith("{")]
    return [line for line in found if wanted.items() <= line.items()]


def line(server: ServeProcess, **wanted: object) -> dict[str, Any]:
    """Return the one line with these fields; it is written after the client has its response."""
    wait_until(lambda: lines(server, **wanted))
    (found,) = lines(server, **wanted)
    return found


@pytest.fixture
def http(server: ServeProcess) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
        yield client


def metrics(http: httpx.Client) -> dict[tuple[str, frozenset[Any]], float]:
    text = http.get("/metrics").raise_for_status().text
    families = text_string_to_metric_families(text)
    samples = [sample for family in families for sample in family.samples]
    return {(s.name, frozenset(s.labels.items())): s.value for s in samples}


@pytest.fixture(scope="module")
def ran(server: ServeProcess) -> dict[str, Any]:
    """One run through each door, with ids of the client's."""
    found = {}
    with httpx.Client(base_url=server.url, headers={"x-api-key": KEY}, timeout=60) as http:
        for door, path, body in (
            ("v1", "/v1/chat/completions?secret=canary", {"model": "tpo", **ASK, "stream": True}),
            ("threads", "/runs/wait", RUN),
        ):
            sent = {"x-request-id": f"of-{door}"}
            found[door] = http.post(path, json=body, headers=sent).raise_for_status()
    return found


@pytest.mark.parametrize("door", ["v1", "threads"])
def test_a_run_has_a_line_and_so_has_its_request(server, ran, door):
    run = line(server, message="run", request=f"of-{door}")
    request = line(server, message="request", request=f"of-{door}")
    assert run["run"] == request["run"]
    assert (run["status"], run["stop_reason"], run["mode"]) == ("success", "depth", "tpo")
    assert (run["requests"], run["key"]) == (4, "(operator)")
    assert run["tokens"] > 0
    assert request["status"] == 200
    assert request["path"] in {"/v1/chat/completions", "/runs/wait"}
    assert ("thread" in run) == ("thread" in request) == (door == "threads")


def test_a_failure_is_told_with_kind_and_sentence(server, policy, http):
    policy.script.append(Fault(401, times=None))
    sent = {"x-request-id": "failing"}
    http.post("/v1/chat/completions", json={"model": "tpo", **ASK}, headers=sent)
    policy.script.clear()
    run = line(server, message="run", request="failing")
    request = line(server, message="request", request="failing")
    assert (run["status"], run["failure"], run["level"]) == ("error", "policy_error", "warning")
    assert run["failures"]["refused"] >= 1
    assert (request["status"], request["failure"]) == (502, "policy_error")
    assert "401" in request["why"]


def test_ids_come_back_on_every_response_and_break_no_line(http, server):
    for path in ("/ok", "/nothing", "/v1/nothing", "/app/", "/threads/x", "/health/live"):
        response = http.get(path, headers={"x-request-id": "mine:1"})
        assert response.headers.get_list("x-request-id") == ["mine:1"], path
    for bad in ("a b", "x" * 129, '"', "é".encode("latin-1")):
        made = http.get("/ok", headers={"x-request-id": bad}).headers["x-request-id"]
        assert re.fullmatch(r"[0-9a-f]{32}", made)
    assert httpx.get(f"{server.url}/threads/x").headers["x-request-id"]  # without a key: 401


def test_what_is_quiet_is_quiet(http, server):
    for path in ("/ok", "/health/ready", "/metrics", "/app/main.js"):
        http.get(path, headers={"x-request-id": "quiet"})
    http.get("/threads/x", headers={"x-request-id": "told"})
    line(server, request="told")
    assert lines(server, request="quiet") == []


def test_nothing_private_is_in_the_log_or_the_metrics(server, http, policy, ran):
    http.post("/v1/chat/completions", json={"model": CANARY, **ASK, "tpo": {"policy": CANARY}})
    http.post("/v1/chat/completions", json={"model": "tpo", "messages": CANARY, "stop": CANARY})
    echo = {"error": {"message": f"I cannot answer: {CANARY}", "type": "server_error"}}
    policy.script.append(Fault(400, body=echo, times=None))
    http.post("/v1/chat/completions", json={"model": "tpo", **ASK})
    policy.script.clear()
    told = server.log.read_text() + http.get("/metrics").text
    private = ("canary", KEY, METRICS_KEY, *policy.texts)
    assert [line for line in told.splitlines() if any(one in line for one in private)] == []


def test_metrics_count_what_was_paid(http, policy, ran):
    before = metrics(http)
    policy.forget()
    http.post("/v1/chat/completions", json={"model": "tpo", **ASK}).raise_for_status()
    after = metrics(http)
    rise = {key: value - before.get(key, 0) for key, value in after.items()}
    paid = {k: v for (name, k), v in rise.items() if name == "tpo_model_requests_total" and v}
    phases = ("sample", "loss", "gradient", "update")
    assert paid == {frozenset({("phase", phase)}): 1.0 for phase in phases}
    tokens = sum(v for (name, _), v in rise.items() if name == "tpo_tokens_total")
    assert tokens == sum(policy.tokens)
    assert sum(v for (name, _), v in rise.items() if name == "tpo_runs_total") == 1
    assert after["tpo_runs_running", frozenset({("door", "v1")})] == 0
    assert after["tpo_runs_waiting", frozenset()] == 0


def test_labels_hold_nothing_that_clients_send(http):
    before = len(metrics(http))
    for number in range(20):
        http.get(f"/threads/{number}/state")
        http.get(f"/nothing/{number}")
        http.request(f"M{number}", f"/v1/models/{number}")
        http.get(f"/app/{number}.js")
    assert len(metrics(http)) - before < 100  # 5 routes with 13 samples each, however many requests


@pytest.mark.parametrize("path", ["/metrics", "/v1/metrics"])
def test_metrics_are_for_admins_and_their_own_key(server, path, capsys):
    assert (
        main(["serve", "keys", "add", f"b{len(path)}", "--data", str(server.folder / "data")]) == 0
    )
    user = capsys.readouterr().out.strip()
    assert httpx.get(f"{server.url}{path}").status_code == 401
    keys = {"wrong": 401, user: 403, KEY: 200, METRICS_KEY: 200}
    for key, status in keys.items():
        got = httpx.get(f"{server.url}{path}", headers={"authorization": f"Bearer {key}"})
        assert got.status_code == status, got.text
    sent = {"authorization": f"Bearer {METRICS_KEY}"}
    assert httpx.get(f"{server.url}/v1/models", headers=sent).status_code == 401


def test_health_needs_no_key_and_names_nothing(server):
    live, ready = (httpx.get(f"{server.url}/health/{name}") for name in ("live", "ready"))
    assert live.json() == {"live": True}
    checks = dict.fromkeys(("disk", "database", "policy", "draining"), "ok")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "checks": checks})


def test_the_dashboard_asks_for_what_there_is(http, ran):
    known = {name for name, _ in metrics(http)}
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    assert len(queries) > 10
    named = {name for query in queries for name in re.findall(r"\b(?:tpo|process)_\w+", query)}
    # Nothing has cost dollars or failed in each way here: these have no samples yet.
    assert named - known <= {"tpo_dollars_total", "tpo_errors_total"}
    types = http.get("/metrics").text
    page = (DASHBOARD.parents[2] / "docs/operations.md").read_text(encoding="utf-8")
    named |= set(re.findall(r"`(tpo_\w+)`", page))
    assert [name for name in named if name.removesuffix("_total") not in types] == []


def test_spans_of_requests_runs_and_phases_come_without_prompts(server, collector, ran):
    """Last: the server sends what is left when it ends."""
    assert server.end() == 0
    spans = {span.name: span for span in collector.spans}
    assert {"POST /v1/chat/completions", "run", "sample", "rank", "loss"} <= spans.keys()
    by_id = {span.span_id: span for span in collector.spans}
    runs = [span for span in collector.spans if span.name == "run"]
    assert {by_id[span.parent_span_id].name for span in runs} <= {
        "POST /v1/chat/completions",
        "POST /runs/wait",
    }
    assert by_id[spans["loss"].parent_span_id].name == "run"
    assert "canary" not in "".join(map(str, collector.spans))
