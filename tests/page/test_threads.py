"""The list of threads: found, renamed, deleted with a way back, all of them in reach."""

from __future__ import annotations

import re

import httpx
import pytest
from patience import wait_until
from playwright.sync_api import expect
from visitor import ask, findings, finished, shoot

pytestmark = pytest.mark.loopback
ON = ["serve"]


@pytest.fixture
def many(site):
    """Make 90 threads, so that a list of 40 does not hold them."""
    with httpx.Client(base_url=site.url) as http:
        made = [
            http.post("/threads", json={"metadata": {"title": f"Why is thing {n} blue?"}}).json()
            for n in range(90)
        ]
        yield [one["thread_id"] for one in made]
        for one in made:
            http.delete(f"/threads/{one['thread_id']}")


def test_every_thread_is_in_reach(window, many):
    page = window(color_scheme="light")
    threads = page.locator(".thread")
    expect(threads).to_have_count(40)
    page.get_by_role("button", name="Show older threads").click()
    expect(threads).to_have_count(80)
    shoot(page, "threads-1280-light")
    assert findings(page) == []
    page.keyboard.press("Control+k")
    search = page.get_by_role("searchbox", name="Search the threads")
    expect(search).to_be_focused()
    page.keyboard.type("BLUE thing 3")
    expect(threads.filter(has_text="thing 3 blue")).to_have_count(1)  # the 87th
    page.keyboard.type("z")
    expect(page.get_by_text("No title has these words.")).to_be_visible()
    search.fill("")
    expect(threads).not_to_have_count(0)


def test_a_thread_is_renamed_and_deleted_by_keyboard_and_that_is_undone(
    window, many, site, expected
):
    expected.append("404")  # the page that is left and the next one may both delete it
    page = window()
    newest, next_one = (page.locator(".thread").nth(n) for n in (0, 1))
    newest.focus()
    page.keyboard.press("ArrowDown")
    expect(next_one).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("F2")
    expect(page.get_by_label("New title")).to_be_focused()
    page.keyboard.type("Nothing")
    page.keyboard.press("Escape")
    expect(newest).to_contain_text("thing 89 blue")
    newest.focus()
    page.keyboard.press("F2")
    page.keyboard.type("A better title")
    page.keyboard.press("Enter")
    renamed = page.locator(".thread", has_text="A better title")
    expect(renamed).to_be_visible()

    renamed.focus()
    page.keyboard.press("Delete")
    expect(renamed).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(renamed).to_have_count(1)
    renamed.focus()
    page.keyboard.press("Delete")
    expect(page.locator(".undo")).to_contain_text("Deleted: A better title")
    page.reload()  # to leave the page is to let it go
    expect(page.locator(".thread").first).to_be_visible()
    expect(renamed).to_have_count(0)
    wait_until(lambda: httpx.get(f"{site.url}/threads/{many[-1]}").status_code == 404)


def test_a_thread_whose_deletion_the_server_did_not_hear_of_is_gone_after_a_reload(
    window, many, site
):
    page = window()
    page.evaluate("""() => {
      const real = window.fetch;
      const lost = () => Promise.reject(new TypeError("lost"));
      window.fetch = (url, o) => (o?.method === "DELETE" ? lost() : real(url, o));
    }""")
    page.locator(".thread").first.focus()
    page.keyboard.press("Delete")
    expect(page.locator(".undo")).to_be_visible()
    page.reload()
    expect(page.locator(".thread").first).to_contain_text("thing 88 blue")  # the list is told first
    wait_until(lambda: httpx.get(f"{site.url}/threads/{many[-1]}").status_code == 404)


def test_a_deletion_that_gets_lost_after_a_reload_is_tried_again(window, many, site, expected):
    expected.append("ERR_FAILED")
    page = window()
    page.evaluate("id => sessionStorage.setItem('tpo-deleted', id)", many[-1])
    deletes = lambda request: request.method == "DELETE"  # noqa: E731
    page.route("**/threads/*", lambda r: r.abort() if deletes(r.request) else r.fallback())
    with page.expect_request(deletes):
        page.reload()
    with page.expect_request(deletes):
        pass  # the page tries again by itself
    page.reload()
    expect(page.locator(".thread").first).to_contain_text("thing 88 blue")
    page.unroute("**/threads/*")
    wait_until(lambda: httpx.get(f"{site.url}/threads/{many[-1]}").status_code == 404)


def test_a_deletion_that_is_refused_after_a_reload_leaves_the_list_as_it_is(window, many, expected):
    expected.append("409")
    page = window()
    page.evaluate("id => sessionStorage.setItem('tpo-deleted', id)", many[-1])

    def refuse(route):
        if route.request.method != "DELETE":
            return route.fallback()
        return route.fulfill(status=409, json={"detail": "a run of it is under way"})

    page.route("**/threads/*", refuse)
    page.reload()
    expect(page.locator(".banner.bad")).to_contain_text("a run of it is under way")
    expect(page.locator(".thread").first).to_contain_text("thing 88 blue")
    page.reload()
    expect(page.locator(".thread").first).to_contain_text("thing 89 blue")


def test_the_open_thread_may_be_deleted_here_or_elsewhere(window, site, expected):
    page = window()
    expected.append("404")
    ask(page, depth=0, width=1)
    finished(page)
    expect(page).to_have_title("Done · Explain to a ten-year-old why the sky is blue. · tpo")
    thread = page.url.split("#")[1]
    page.locator(".thread-list li.is-open").hover()
    page.locator(".thread-list li.is-open .delete-thread").click()
    expect(page.locator(".welcome")).to_be_visible()
    expect(page.locator("#query")).to_be_focused()
    undo = page.get_by_role("button", name="Undo")
    undo.click()
    expect(undo).to_be_hidden()  # the thread is listed again, above those of other tests
    page.locator(".thread").first.click()
    expect(page).to_have_url(re.compile(f"#{thread}$"))
    finished(page)
    httpx.delete(f"{site.url}/threads/{thread}")
    page.locator("#query").fill("And at sunset?")
    page.get_by_role("button", name="Ask a follow-up").click()
    expect(page.get_by_text("This thread is gone.")).to_be_visible()
    expect(page.locator(".thread-list li.is-open")).to_have_count(0)
    page.get_by_role("button", name="New question", exact=True).last.click()
    expect(page.locator(".welcome")).to_be_visible()
