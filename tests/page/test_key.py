"""A server that wants a key is asked with one, and nothing is shown without."""

from __future__ import annotations

import pytest
from page_site import KEY
from playwright.sync_api import expect
from visitor import ask, findings, finished, shoot

pytestmark = pytest.mark.loopback
ON = ["serve-locked"]


def unlock(page, key):
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Unlock").click()


def test_the_key_opens_the_server(window, expected):
    expected.append("401")
    page = window(waits_for=".key-form")
    assert findings(page) == []
    unlock(page, "wrong")
    expect(page.get_by_text("did not accept that key")).to_be_visible()
    expect(page.locator("#query")).to_have_count(0)
    shoot(page, "locked-1280-light")
    unlock(page, KEY)
    ask(page, depth=1, width=2)
    finished(page)
    expect(page.locator(".thread")).to_have_count(1)


def test_it_is_kept_in_the_tab_alone(window, expected):
    expected.append("401")
    page = window(waits_for=".key-form")
    unlock(page, KEY)
    expect(page.locator("#set-depth")).to_be_visible()
    page.reload()
    expect(page.locator("#set-depth")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('tpo-key')") == KEY
    assert page.evaluate("JSON.stringify(localStorage)").count(KEY) == 0
    assert window(waits_for=".key-form").locator("#set-depth").count() == 0  # another visitor


def test_a_key_that_is_no_longer_taken_is_asked_for_again(window, expected):
    expected.append("401")
    page = window(waits_for=".key-form")
    unlock(page, KEY)
    ask(page, depth=0, width=2)
    finished(page)
    page.evaluate("sessionStorage.setItem('tpo-key', 'expired')")
    page.reload()
    expect(page.locator(".key-form")).to_be_visible()
    unlock(page, KEY)
    finished(page)  # the thread that was open
