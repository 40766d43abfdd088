"""What goes wrong on the way: cancel, reload, no server, no such setting."""

from __future__ import annotations

import json
import signal

import pytest
from page_site import AegraSite, ServeSite
from playwright.sync_api import expect
from visitor import ask, finished

pytestmark = pytest.mark.loopback


def until_the_loss(page):
    """Wait for the critic's first words; the policy must be slow with the rest."""
    expect(page.locator(".note.loss .is-writing")).not_to_be_empty()


def test_cancel_and_resume(window, site, policy):
    page = window()
    policy.slow_step = "loss"
    policy.asked.clear()
    ask(page, depth=1, width=3)
    until_the_loss(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Stopped part-way.")).to_be_visible()
    expect(page.locator(".card")).to_have_count(3)
    if not isinstance(site, AegraSite):  # it calls the thread idle
        expect(page.locator(".thread .state").first).to_have_text("stopped")
    assert not policy.asked[-1].finished  # the call in flight was given up
    policy.slow_step = ""
    paid = len([a for a in policy.asked if a.finished])
    page.get_by_role("button", name="Resume").click()
    finished(page)
    assert len([a for a in policy.asked if a.finished]) == paid + 5  # critique, three rewrites


def test_a_reload_in_mid_run_comes_back_to_it(window, policy):
    page = window()
    policy.slow_step = "loss"
    policy.asked.clear()
    ask(page, depth=1, width=3)
    until_the_loss(page)
    cards = page.locator(".card .text").all_inner_texts()
    page.reload()
    expect(page.locator(".progress")).to_be_visible()
    expect(page.locator(".card")).to_have_count(3)
    # It waits: the events are read again, and the ranking, with the best in front, comes last.
    expect(page.locator(".card .text")).to_have_text(cards, use_inner_text=True)
    policy.slow_step = ""
    finished(page)
    assert len(policy.asked) in {8, 9}  # nothing twice; one try with n = 3 may have been refused


def test_a_server_out_of_reach_is_shown_and_found_again(window, expected):
    page = window()
    ask(page, depth=0, width=2)
    finished(page)
    expected.append("ERR_FAILED")
    page.route("**/threads/**", lambda route: route.abort())
    page.get_by_role("button", name="New question", exact=True).click()
    page.locator(".thread").first.click()
    expect(page.get_by_text("Offline.")).to_be_visible()
    page.unroute("**/threads/**")
    finished(page)
    expect(page.get_by_text("Offline.")).to_be_hidden()


def test_a_run_that_fails_says_why(window, site, policy):
    if isinstance(site, AegraSite):
        pytest.skip("aegra sends the kind of an error alone")
    page = window()
    ask(page, depth=0, width=2, reward="no-such-reward")
    expect(page.locator(".banner.bad")).to_contain_text("no-such-reward")
    expect(page.locator("#query")).to_have_value("Explain to a ten-year-old why the sky is blue.")


def test_a_thread_that_is_gone(window, site, expected):
    page = window()
    expected.append("404")
    page.goto(f"{site.url}/app/#00000000-0000-0000-0000-000000000000")
    page.reload()
    expect(page.locator(".banner.bad")).to_be_visible()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_a_server_that_ends_in_mid_run_and_comes_back(window, site, policy, expected, how):
    if not isinstance(site, ServeSite):
        pytest.skip("langgraph dev keeps its threads in memory")
    page = window()
    expected += ["ERR_"]
    policy.slow_step = "loss"
    policy.asked.clear()
    ask(page, depth=1, width=3)
    until_the_loss(page)
    cards = page.locator(".card .text").all_inner_texts()
    policy.slow_step = ""  # a server that is asked to stop finishes the request first
    site.end(how)
    expect(page.get_by_text("Offline.")).to_be_visible()
    assert page.locator(".card .text").all_inner_texts() == cards
    site.start()
    expect(page.get_by_text("Offline.")).to_be_hidden()
    finished(page, of=site.url)  # by itself: the server resumes what it was doing
    assert page.locator(".round").first.locator(".card .text").all_inner_texts() == cards
    sampled = [a for a in policy.asked if "answer>" not in json.dumps(a.body)]
    assert len(sampled) in {3, 4}  # not paid again
