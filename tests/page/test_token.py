"""The address that `tpo serve` prints opens the page, and its token leaves the address."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.loopback
ON = ["serve-token"]


def type_token(page, site):
    token = re.findall(r"#token=(\w+)", site.log.read_text())[-1]
    page.get_by_label("API key").fill(token)
    page.keyboard.press("Enter")


def test_the_printed_address_opens_the_page(window, site, expected):
    expected.append("401")
    page = window(waits_for=".key-form")
    token = re.findall(r"#token=(\w+)", site.log.read_text())[-1]
    page.goto(f"{site.url}/app/#token={token}")  # in the same tab: only the part after # changes
    expect(page.locator("#set-depth")).to_be_visible()
    assert token not in page.evaluate("location.href")
    assert page.evaluate("sessionStorage.getItem('tpo-key')") == token
    assert page.evaluate("JSON.stringify(localStorage) + document.cookie").count(token) == 0
    page.reload()
    expect(page.locator("#set-depth")).to_be_visible()
    page.go_back()
    assert token not in page.evaluate("location.href")
    other = page.context.browser.new_context().new_page()
    other.goto(f"{site.url}/app/#token={token}")
    expect(other.locator("#set-depth")).to_be_visible()
    assert other.evaluate("location.hash") == ""
    other.context.close()


def test_a_server_that_was_started_again_asks_for_its_new_token(window, site, expected):
    expected.extend(["401", "ERR_CONNECTION_REFUSED", "Failed to load resource"])
    page = window(waits_for=".key-form")
    type_token(page, site)
    expect(page.locator("#set-depth")).to_be_visible()
    site.end()
    site.start()
    page.reload()
    expect(page.locator(".key-form")).to_be_visible()
    type_token(page, site)
    expect(page.locator("#set-depth")).to_be_visible()
