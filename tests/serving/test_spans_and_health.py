"""Spans, the log and health, in this process: what a real server cannot be brought to show."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tpo.core.errors import PolicyError
from tpo.core.usage import cost
from tpo.serving.error_responses import Refusal
from tpo.serving.guard.accounts import Accounts
from tpo.serving.guard.run_refusals import stopping
from tpo.serving.operations.health import Health
from tpo.serving.operations.log_lines import JsonLines, PlainLines
from tpo.serving.operations.operations import Operations
from tpo.serving.operations.policy_reach import PolicyReach
from tpo.serving.operations.spans import Spans
from tpo.serving.operations.watch_requests import WatchRequests

TRACE, ABOVE = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SECRET = "a prompt of a person"


def events(*phases: str) -> list[Any]:
    made: list[Any] = []
    for phase in phases:
        about = {"request": phase, "phase": phase}
        made.append({"type": "tpo.request_started", **about, "sequences": 1})
        made.append({"type": "tpo.request_finished", **about, "cost": cost(requests=1)})
        if phase in {"sample", "update"}:
            made.append({"type": "tpo.round", "selected": {}})
    return made


@pytest.fixture
def told() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def app(told: InMemorySpanExporter) -> Starlette:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(told))
    operations = Operations(Spans(provider.get_tracer("tpo")))

    async def work(request: Request) -> Response:
        run = operations.begun(Accounts().begin("ann"), "r1", "v1", "tpo")
        with operations.watched(run):
            for event in events("sample", "loss", "gradient", "update"):
                run.take(event)
            if request.query_params:
                raise PolicyError(f"it failed at '{SECRET}'")
        return JSONResponse({})

    async def broken(_request: Request) -> Response:
        raise ValueError(SECRET)

    routes = [Route("/work/{id}", work), Route("/broken", broken)]
    return Starlette(routes=routes, middleware=[Middleware(WatchRequests, operations=operations)])


def client(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tpo")


async def test_phases_are_beneath_the_run_beneath_the_request_beneath_the_client_s(app, told):
    async with client(app) as http:
        await http.get("/work/1", headers={"traceparent": f"00-{TRACE}-{ABOVE}-01"})
    spans = told.get_finished_spans()
    names = {span.context.span_id: span.name for span in spans}
    assert [(span.name, names.get(span.parent.span_id)) for span in spans] == [
        ("sample", "run"),
        ("rank", "run"),
        ("loss", "run"),
        ("gradient", "run"),
        ("update", "run"),
        ("rank", "run"),
        ("run", "GET /work/{id}"),
        ("GET /work/{id}", None),
    ]
    assert spans[-1].parent.span_id == int(ABOVE, 16)
    assert {span.context.trace_id for span in spans} == {int(TRACE, 16)}
    assert spans[-2].attributes["tpo.requests"] == 4


async def test_a_failed_run_is_marked_by_its_kind_alone(app, told, caplog):
    caplog.set_level(logging.INFO, "tpo")
    async with client(app) as http:
        response = await http.get("/work/1?fail=1")
    run, request = told.get_finished_spans()[-2:]
    assert (response.status_code, response.json()) == (502, {"detail": f"it failed at '{SECRET}'"})
    assert [span.status.description for span in (run, request)] == ["policy_error"] * 2
    assert SECRET not in "".join(span.to_json() for span in told.get_finished_spans())
    assert SECRET not in "".join(PlainLines().format(record) for record in caplog.records)


async def test_an_unexpected_error_is_answered_with_its_id(app, caplog):
    caplog.set_level(logging.INFO, "tpo")
    async with client(app) as http:
        response = await http.get("/broken", headers={"x-request-id": "mine"})
    assert (response.status_code, response.headers["x-request-id"]) == (500, "mine")
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
    assert any("in broken" in line.get("traceback", "") for line in lines)
    assert SECRET not in json.dumps(lines)


def test_words_of_unexpected_errors_are_for_debugging(caplog):
    try:
        raise ValueError(SECRET)
    except ValueError:
        about = sys.exc_info()
    record = logging.LogRecord("tpo", logging.ERROR, "", 0, "it failed", (), about)
    assert SECRET not in PlainLines().format(record)
    caplog.set_level(logging.DEBUG, "tpo")
    assert SECRET in PlainLines().format(record)


async def test_ready_says_which_check_failed_and_the_log_why_once(caplog):
    state = {"disk": "no room in /secret/place", "database": ""}
    health = Health({name: lambda name=name: found(state[name]) for name in state})
    app = Starlette(routes=health.routes())
    async with client(app) as http:
        twice = [await http.get("/health/ready") for _ in range(2)]
        state["disk"] = ""
        assert (await http.get("/health/ready")).status_code == 200
    assert {response.status_code for response in twice} == {503}
    expected = {"ready": False, "checks": {"disk": "failed", "database": "ok"}}
    assert [response.json() for response in twice] == [expected] * 2
    assert caplog.text.count("/secret/place") == 1


async def found(problem: str) -> str:
    return problem


@pytest.mark.loopback
async def test_a_policy_that_is_not_there_is_found_once_and_remembered():
    reach = PolicyReach("openai:x@http://127.0.0.1:9/v1")
    assert await reach.problem() == "ConnectError"
    reach.spec = "no longer asked"
    assert await reach.problem() == "ConnectError"


@pytest.mark.parametrize(("draining", "outcome"), [(True, "stopped"), (False, "cancelled")])
def test_a_run_that_the_server_cuts_off_has_not_failed(draining, outcome):
    operations = Operations()
    operations.draining = draining
    run = operations.begun(Accounts().begin("ann"), "r1", "v1", "tpo")
    with pytest.raises(Refusal), operations.watched(run):
        raise stopping()
    assert (run.outcome, run.failure) == (outcome, None)
