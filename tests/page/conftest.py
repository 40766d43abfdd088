"""The page in real Chromium, on a real server, with an essayist for a model."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from essayist import Essayist
from page_site import SITES, AegraSite
from playwright.sync_api import Browser, Page, expect

SERVERS = os.environ.get("TPO_PAGE_SERVERS", "dev,serve").split(",")
PATIENCE = 40_000  # milliseconds that a thing may take on a busy machine
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def policy() -> Iterator[Essayist]:
    with Essayist(pace=0.004) as server:
        yield server


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test runs on every server, but for modules that name theirs."""
    if "site" in metafunc.fixturenames:
        servers = getattr(metafunc.module, "ON", SERVERS)
        metafunc.parametrize("site", servers, indirect=True, scope="session")


@pytest.fixture(scope="session")
def site(request: Any, policy: Essayist, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("site")
    model = {"TPO_POLICY": f"openai:essayist@{policy.base_url}", "TPO_POLICY_API_KEY": "none"}
    model["TPO_SERVE_REPORTS"] = str(folder / "reports")  # there is none, unless a test writes it
    with SITES[request.param](folder, **model) as server:
        yield server


@pytest.fixture
def expected(site: Any) -> list[str]:
    """Parts of the console messages that a test expects."""
    return ["422"] if isinstance(site, AegraSite) else []  # aegra lists threads whole or not at all


@pytest.fixture
def window(
    browser: Browser, site: Any, policy: Essayist, expected: list[str]
) -> Iterator[Callable[..., Page]]:
    """Return what opens a window at the page; its console must stay empty."""
    policy.texts, policy.pace, policy.slow_step = None, 0.004, ""
    opened, logged = [], []

    def listen(message: Any) -> None:
        if message.type in {"error", "warning"}:
            logged.append(message.text)

    def open_window(
        width: int = 1280, height: int = 900, waits_for: str = "#set-depth", **options: Any
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: logged.append(str(error)))
        page.goto(f"{site.url}/app/")
        expect(page.locator(waits_for)).to_be_visible()
        opened.append(context)
        return page

    yield open_window
    for context in opened:
        context.close()
    assert [s for s in logged if not any(part in s for part in expected)] == []
