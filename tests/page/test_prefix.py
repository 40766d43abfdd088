"""The page finds its server wherever both are mounted."""

from __future__ import annotations

import pytest
from page_site import PREFIX
from playwright.sync_api import expect
from visitor import ask, finished

pytestmark = pytest.mark.loopback
ON = ["dev-prefixed", "serve-prefixed"]


def test_a_run_with_a_reload_in_its_middle(window, site, policy):
    page = window()
    assert PREFIX in page.url
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    policy.slow_step = "loss"
    ask(page, depth=1, width=3)
    expect(page.locator(".note.loss .is-writing")).not_to_be_empty()  # nothing buffers the stream
    page.reload()
    expect(page.locator(".progress")).to_be_visible()
    policy.slow_step = ""
    finished(page)
    expect(page.locator(".card")).to_have_count(6)
    assert [url for url in asked if not url.startswith(site.url)] == []


@pytest.mark.parametrize("path", ["/", "/app"])
def test_every_way_leads_to_the_page(window, site, path):
    page = window()
    page.goto(site.url + path)
    expect(page.locator("#set-depth")).to_be_visible()
    assert page.url == f"{site.url}/app/"
