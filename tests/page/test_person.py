"""A person takes part: picks, stops, and rewrites the past."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect
from visitor import ask, finished

pytestmark = pytest.mark.loopback


def test_a_pick_with_a_critique_of_ones_own(window, policy):
    page = window()
    ask(page, depth=1, width=3, human_pick=True)
    expect(page.locator(".pick-form h2")).to_be_focused()
    cards = page.locator(".card")
    second = cards.nth(1).locator(".id").inner_text()
    cards.nth(1).get_by_role("button", name="best").click()
    expect(cards.nth(1)).to_have_class("card is-chosen ")
    policy.asked.clear()
    page.get_by_text("Write the critique yourself").click()
    page.locator("#own-loss").fill("It names marbles.")
    page.locator("#own-gradient").fill("Name one more toy.")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".round")).to_have_count(2)
    expect(page.locator(".pick-form h2")).to_be_focused()  # the second ranking waits too
    asked = [json.dumps(a.body) for a in policy.asked]
    assert len(asked) == 3  # three rewrites, no critique
    assert all("Name one more toy." in a for a in asked)
    page.reload()  # the question to the person is in the state
    expect(page.locator(".pick-form")).to_be_visible()
    expect(page.locator(".round").first).to_contain_text("picked by a person")
    expect(page.locator(".note.gradient").first).to_contain_text("by hand")
    expect(page.locator(".round").nth(1).locator("header .hint")).to_contain_text(
        f"rewrites of {second}"
    )
    page.locator(".round").first.locator(".card").nth(2).get_by_role("button", name="best").click()
    third = page.locator(".round").first.locator(".card").nth(2).locator(".id").inner_text()
    page.get_by_role("button", name="Stop and take the best").click()
    finished(page)
    expect(page.locator(".answer .about .id")).to_have_text(third)


def test_a_fork_with_an_edited_gradient(window, policy):
    page = window()
    ask(page, depth=2, width=2)
    finished(page)
    answer = page.locator(".answer .markdown").text_content()
    policy.asked.clear()
    note = page.locator(".note.gradient").first
    note.get_by_role("button", name="Edit and fork").click()
    expect(note.locator("textarea")).to_be_focused()
    note.locator("textarea").fill("Say it in one word.")
    note.get_by_role("button", name="Run from here").click()
    expect(page.locator(".progress")).to_be_visible()
    finished(page)
    assert "Say it in one word." in json.dumps(policy.asked[0].body)
    assert len(policy.asked) == 2 + 2 + 2  # two updates, loss and gradient, two updates
    expect(page.locator(".note.gradient .markdown").first).to_have_text("Say it in one word.")
    page.get_by_text("Before the fork").click()
    expect(page.locator(".before .markdown")).to_have_text(answer)


def test_a_fork_with_an_edited_loss(window, policy):
    page = window()
    ask(page, depth=1, width=2)
    finished(page)
    policy.asked.clear()
    note = page.locator(".note.loss").first
    note.get_by_role("button", name="Edit and fork").click()
    note.locator("textarea").fill("It has no example.")
    note.get_by_role("button", name="Run from here").click()
    expect(page.locator(".progress")).to_be_visible()
    finished(page)
    assert len(policy.asked) == 1 + 2  # the gradient, two updates
    assert "It has no example." in json.dumps(policy.asked[0].body)
