"""To read and compare: code, the reading pane, folded rounds, the scatter, branches."""

from __future__ import annotations

from pathlib import Path

import pytest
from javascript import made_in_node
from playwright.sync_api import expect
from visitor import ask, findings, finished, shoot

import tpo.serving

pytestmark = pytest.mark.loopback
ON = ["serve"]
PAGE = Path(tpo.serving.__file__).parent / "page"
CODE = "scattered = 1 / wavelength**4\n    # as_written"


def test_code_is_copied_and_cards_show_markdown_or_what_was_written(window, policy):
    policy.texts = [f"Draft **{n}**:\n\n```python\n{CODE}\n```\n" for n in range(2)]
    page = window()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, depth=0, width=2)
    finished(page)
    code = page.locator(".answer .code")
    code.hover()
    code.get_by_role("button", name="Copy the code").click()
    expect(code.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == CODE
    card = page.locator(".card").first
    expect(card.locator("strong")).to_be_visible()
    expect(card.locator("pre")).to_contain_text("# as_written")
    page.get_by_role("button", name="As written").click()
    expect(card.locator(".text")).to_contain_text("```python")
    expect(card.locator("strong")).to_have_count(0)


def test_any_two_candidates_are_compared(window):
    page = window(color_scheme="light")
    ask(page, depth=1, width=3)
    finished(page)
    page.get_by_role("button", name="Open r0c1").click()
    reader = page.get_by_role("dialog")
    expect(reader.locator("h2")).to_contain_text("first sample")
    expect(reader.locator(".reader-body")).to_be_focused()
    shoot(page, "reading-1280-light")
    reader.get_by_label("Compare with").select_option("r1c2")
    expect(reader.locator(".column")).to_have_count(2)
    expect(reader.locator("mark.better").first).to_be_visible()
    expect(reader.locator("mark.worse").first).to_be_visible()
    assert findings(page) == []
    for width in (1280, 400):
        page.set_viewport_size({"width": width, "height": 900})
        shoot(page, f"compare-{width}-light", whole=False)
    first = reader.locator("h2").inner_text()
    reader.locator(".reader-body").focus()
    page.keyboard.press("ArrowRight")
    expect(reader.locator("h2")).not_to_have_text(first)
    page.keyboard.press("Escape")
    expect(reader).to_have_count(0)


def test_rounds_are_jumped_to_and_folded(window):
    page = window()
    ask(page, depth=2, width=2)
    finished(page)
    page.get_by_role("navigation", name="Rounds").get_by_role("button", name="Round 2").click()
    expect(page.locator("#round-2")).to_be_focused()
    expect(page.locator("#round-2")).to_be_in_viewport()
    page.get_by_role("button", name="Fold round 1").click()
    expect(page.locator(".card")).to_have_count(4)
    page.get_by_role("button", name="Fold all").click()
    expect(page.locator(".card")).to_have_count(0)
    page.get_by_role("button", name="Unfold all").click()
    expect(page.locator(".card")).to_have_count(6)
    page.get_by_role("button", name="Whole texts").click()
    expect(page.locator(".card .text.is-cut")).to_have_count(0)


def test_the_same_question_is_asked_as_best_of_n(window, policy):
    page = window()
    ask(page, depth=1, width=3)
    finished(page)
    policy.asked.clear()
    page.get_by_role("button", name="Ask again as best of 8").click()
    expect(page.locator(".thread").first).to_contain_text("Best of 8: Explain")
    finished(page)
    expect(page.locator(".figures")).to_contain_text("best_of_n")
    expect(page.locator(".card")).to_have_count(8)
    expect(page.locator(".scatter circle")).to_have_count(8)
    expect(page.get_by_role("button", name="Ask again as best of")).to_have_count(0)


def test_earlier_turns_and_branches_are_looked_at(window):
    page = window()
    ask(page, depth=1, width=2)
    finished(page)
    first = page.locator(".answer .markdown").inner_text()
    page.locator("#query").fill("And at sunset?")
    page.get_by_role("button", name="Ask a follow-up").click()
    expect(page.locator("h1")).to_have_text("And at sunset?")
    finished(page)
    second = page.locator(".answer .markdown").inner_text()
    page.get_by_text("Earlier in this conversation").click()
    page.get_by_role("button", name="Show its rounds").click()
    expect(page.locator("h1")).to_contain_text("Explain to a ten-year-old")
    expect(page.locator(".card")).to_have_count(4)
    assert page.locator(".answer .markdown").inner_text() == first
    expect(page.get_by_role("button", name="Edit and fork")).to_have_count(0)
    page.get_by_role("button", name="Back to the latest").click()
    expect(page.locator("h1")).to_have_text("And at sunset?")
    note = page.locator(".note.gradient").first
    note.get_by_role("button", name="Edit and fork").click()
    note.locator("textarea").fill("Say it in one word.")
    note.get_by_role("button", name="Run from here").click()
    expect(page.locator(".note.gradient .markdown").first).to_have_text("Say it in one word.")
    finished(page)
    page.get_by_text("Branches and earlier turns").click()
    expect(page.locator(".branches li")).to_have_count(3)  # two of this turn, one of the first
    expect(page.locator(".branches li").first).to_contain_text("by hand: gradient of round 0")
    expect(page.locator(".branches")).to_contain_text("All together: ")
    page.get_by_role("button", name="Look at it").first.click()
    expect(page.get_by_text("You are looking at a branch of turn 2")).to_be_visible()
    assert page.locator(".answer .markdown").inner_text() == second
    page.get_by_role("button", name="Back to the latest").click()
    expect(page.locator(".note.gradient .markdown").first).to_have_text("Say it in one word.")


def test_whether_the_reward_likes_length():
    pairs = [
        [[1, 1], [2, 2], [3, 3], [4, 4], [5, 5]],
        [[1, 5], [2, 4], [3, 3], [4, 2], [5, 1]],
        [[1, 1], [2, 2]],
        [[1, 1]] * 6,
        [],
    ]
    scatter = PAGE / "components" / "scatter.js"
    made = made_in_node(scatter, "page", "page.correlation(v)", pairs)
    assert made == [pytest.approx(1), pytest.approx(-1), None, None, None]
