"""Settings that are lists: filled in one per line, and what comes of several policies."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from visitor import ask, finished

pytestmark = pytest.mark.loopback
ON = ["serve"]  # the form is the same; one server will do


def test_a_list_has_one_entry_per_line(window, policy):
    page = window()
    policy.asked.clear()
    ask(page, depth=0, width=1, stop_sequences="END\n\nSTOP\n")
    finished(page)
    assert policy.asked[0].body["stop"] == ["END", "STOP"]


def test_several_policies_are_named_on_their_cards(window, policy):
    page = window()
    spec = f"openai:essayist@{policy.base_url}"
    ask(page, depth=1, width=2, policies=f"{spec}\n{spec}")
    finished(page)
    first = page.locator(".round").first
    expect(first).to_contain_text("#2")
    expect(first).to_contain_text("goes on")
    expect(page.locator(".round").nth(1).locator(".card").first).to_contain_text("openai:essayist")
