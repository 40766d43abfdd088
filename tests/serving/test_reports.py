"""Reports of a folder: who sees them, what opens them, and that they can do no harm."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from tpo.core.errors import TPOError
from tpo.serving.error_responses import handle_error
from tpo.serving.guard.api_keys import make_keyring
from tpo.serving.guard.callers import KeyLimits
from tpo.serving.guard.key_records import new_key
from tpo.serving.guard.keys_file import write_keys
from tpo.serving.reports.found import reports_in
from tpo.serving.reports.routes import ReportRoutes
from tpo.serving.reports.tickets import Tickets
from tpo.serving.server_settings import Settings

KEEP_LOCKED = """
import fcntl, sys
lock = open(sys.argv[1], "ab")
fcntl.flock(lock, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def root(tmp_path) -> Path:
    root = tmp_path / "reports"
    for name in ("first", "inner/second"):
        (root / name).mkdir(parents=True)
        (root / name / "report.html").write_text(f"<p>{name}</p>", encoding="utf-8")
    about = {"title": "First", "kind": "batch", "rows": 8, "answered": 3}
    (root / "first/report.json").write_text(json.dumps(about), encoding="utf-8")
    return root


def test_reports_are_found_by_their_names_and_never_outside(root, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "report.html").write_text("secret", encoding="utf-8")
    (root / "linked").symlink_to(outside)
    (root / "page").mkdir()
    (root / "page/report.html").symlink_to(outside / "report.html")
    (root / "first/report.json").write_text("[1e999", encoding="utf-8")
    (outside / "login.json").write_text('{"login": "secret"}', encoding="utf-8")
    (root / "inner/second/report.json").symlink_to(outside / "login.json")
    assert {one.name for one in reports_in(root)} == {"first", "inner/second"}
    assert all(
        one.about().keys() == {"id", "name", "written", "running"} for one in reports_in(root)
    )
    assert reports_in(root / "missing") == []


def test_a_batch_that_was_killed_is_not_running(root):
    lock = root / "first/lock"
    lock.touch()
    first = next(one for one in reports_in(root) if one.name == "first")
    assert not first.running
    holder = subprocess.Popen(
        [sys.executable, "-c", KEEP_LOCKED, str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout
    assert holder.stdout.readline()
    assert first.running
    holder.kill()
    holder.communicate()
    assert not first.running


def test_a_ticket_is_good_for_one_report_and_some_minutes():
    now = [1000.0]
    tickets = Tickets({"ann": "key"}.get, lambda: now[0])
    ticket = tickets.sign("abc", "ann")
    assert tickets.report(ticket) == "abc"
    other = Tickets({"ann": "key"}.get).sign("abc", "ann")
    edited = (ticket[:-1], ticket.replace("abc", "abd"), ticket.replace("ann", "bob"))
    wrong = (*edited, "", "x", "é..", "a.b.c.d", other)
    assert [tickets.report(one) for one in wrong] == [""] * len(wrong)
    now[0] += 601
    assert tickets.report(ticket) == ""


def test_a_ticket_ends_with_the_key_that_it_was_made_for():
    keys: dict[str, str] = {"ann.b@c": "old", "": ""}
    tickets = Tickets(keys.get)
    ticket, operators = tickets.sign("abc", "ann.b@c"), tickets.sign("abc", "")
    assert (tickets.report(ticket), tickets.report(operators)) == ("abc", "abc")
    keys["ann.b@c"] = "new"
    assert tickets.report(ticket) == ""
    del keys["ann.b@c"]
    assert (tickets.report(ticket), tickets.report(operators)) == ("", "abc")


@pytest.fixture(params=[False, True])
async def people(
    root, tmp_path, request
) -> AsyncIterator[tuple[httpx.AsyncClient, dict[str, str]]]:
    """A server, shared or not, with the keys of ann and of an admin."""
    made = [new_key(name, role, KeyLimits(), by_header=False)
            for name, role in (("ann", "user"), ("root", "admin"))]  # fmt: skip
    write_keys(tmp_path / "keys.json", [record for record, _ in made])
    settings = Settings(data=tmp_path, reports=root, share_reports=request.param)
    routes = ReportRoutes(settings, make_keyring(settings)).routes()
    handlers = dict.fromkeys((HTTPException, TPOError), handle_error)
    app = Starlette(routes=routes, exception_handlers=handlers)  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        yield client, {"ann": made[0][1], "root": made[1][1], "shared": str(request.param)}


async def test_a_revoked_key_closes_the_reports_that_it_listed(people, tmp_path):
    client, keys = people
    listed = await client.get("/reports", headers={"x-api-key": keys["root"]})
    address = "/" + listed.json()["reports"][0]["address"]
    assert (await client.get(address)).status_code == 200
    write_keys(tmp_path / "keys.json", [new_key("ann", "user", KeyLimits(), by_header=False)[0]])
    refused = await client.get(address)
    assert refused.status_code == 403
    assert "no longer than its key" in refused.text


async def test_who_sees_a_report_and_what_it_may_do(people):
    client, keys = people
    assert (await client.get("/reports")).status_code == 401
    ours = (await client.get("/reports", headers={"x-api-key": keys["root"]})).json()["reports"]
    theirs = (await client.get("/reports", headers={"x-api-key": keys["ann"]})).json()["reports"]
    assert {one["name"] for one in ours} == {"first", "inner/second"}
    assert len(theirs) == (2 if keys["shared"] == "True" else 0)
    first = next(one for one in ours if one["name"] == "first")
    assert (first["title"], first["answered"], first["running"]) == ("First", 3, False)
    opened = await client.get("/" + first["address"])
    assert (opened.status_code, opened.text) == (200, "<p>first</p>")
    policy = opened.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts ")
    assert "default-src 'none'" in policy
    assert opened.headers["cache-control"] == "no-store"
    assert keys["root"] not in first["address"]
    assert (await client.get("/reports/open/nothing")).status_code == 403
