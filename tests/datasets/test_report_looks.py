"""The report in real Chromium: sizes, lights, keyboard, hostile texts, many rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import reach_by_tab
from playwright.sync_api import Browser, Page, expect
from synthetic_comparison import synthetic_comparison
from visitor import findings, shoot

from tpo.datasets.report.wording import figure
from tpo.datasets.report.writing import write_report

PATIENCE = 40_000  # milliseconds that a thing may take on a busy machine
HOSTILE = (
    '<img src=x onerror="window.hacked=1"> </script><script>window.hacked=2</script> '
    "<svg onload=window.hacked=3> \u202e\0 [x](javascript:1)"
)


@pytest.fixture
def window(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Return what opens a report; its console stays empty, and it asks nobody for anything."""
    opened, logged = [], []

    def open_window(comparison: Any, width: int = 1280, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", lambda message: logged.append(message.text))
        page.on("pageerror", lambda error: logged.append(str(error)))
        page.on("request", lambda request: asked(request.url))
        page.goto(write_report(comparison, tmp_path).as_uri())
        opened.append(context)
        return page

    def asked(url: str) -> None:
        if not url.startswith((tmp_path.as_uri(), "data:")):
            logged.append(url)

    yield open_window
    for context in opened:
        context.close()
    assert logged == []


def lines(page: Page) -> list[str]:
    return page.locator(".queries .line .query-button").all_inner_texts()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "unknown"])
def test_every_width_in_both_lights(window, scheme, whole):
    page = window(synthetic_comparison(8, whole=whole), color_scheme=scheme)
    page.locator(".query-button").nth(1).click()
    expect(page.locator(".opened .answer").first).to_be_visible()
    for width in (400, 1280, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        shoot(page, f"report-{'whole' if whole else 'unknown'}-{width}-{scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        ends = page.locator(".axis text").evaluate_all(
            "all => all.map(text => text.getBoundingClientRect()).map(b => [b.left, b.right])"
        )
        assert [(left, right) for left, right in ends if not 0 <= left < right <= width] == []
    assert findings(page) == []


def test_a_row_opens_to_answers_with_their_difference_marked(window):
    comparison = synthetic_comparison(8)
    page = window(comparison)
    page.locator(".query-button").nth(2).click()
    row = comparison["rows"][2]["answers"]
    cards = page.locator(".opened > .side-by-side .answer")
    expect(cards).to_have_count(2)
    for card, name in zip(cards.all(), ("tpo", "best_of_n"), strict=True):
        assert card.locator(".text").text_content() == row[name]["text"]
    assert cards.nth(0).locator("ins").count() > 0
    assert cards.nth(0).locator("del").count() == 0
    assert cards.nth(1).locator("ins").count() == 0
    expect(cards.nth(0).locator(".checks .is-failed")).to_contain_text("no example was found")
    cards.nth(0).get_by_text("Critiques that led here").click()
    expect(cards.nth(0)).to_contain_text("Gradient of round 1")
    page.get_by_label("Mark differences").uncheck()
    expect(page.locator(".opened ins")).to_have_count(0)
    page.get_by_text("Other arms: policy").click()
    expect(page.locator(".opened details .answer .text")).to_have_text(row["policy"]["text"])


def test_queries_are_found_filtered_and_sorted(window):
    comparison = synthetic_comparison(20)
    page = window(comparison)
    status = page.locator("[role=status]")
    expect(status).to_have_text("20 of 20 queries")
    page.get_by_label("Search").fill("rooks 2)")
    expect(status).to_have_text("1 of 20 queries")
    page.get_by_label("Search").fill("")
    page.get_by_label("Category").select_option("code")
    expect(status).to_have_text("4 of 20 queries")
    page.get_by_label("Category").select_option("all")
    page.get_by_label("Won by").select_option("best_of_n")
    answers = [row["answers"] for row in comparison["rows"]]
    won = sum(a["best_of_n"]["reward"] > a["tpo"]["reward"] for a in answers)
    expect(status).to_have_text(f"{won} of 20 queries")
    page.get_by_label("Won by").select_option("anyone")
    page.get_by_role("button", name="Difference").click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Difference")
    ordered = sorted(answers, key=lambda a: a["best_of_n"]["reward"] - a["tpo"]["reward"])
    place = answers.index(ordered[0])
    assert lines(page)[0] == comparison["rows"][place]["query"]
    page.get_by_role("combobox", name="by", exact=True).select_option("held-out reward")
    first = page.locator(".line .number").first
    row = comparison["rows"][[r["query"] for r in comparison["rows"]].index(lines(page)[0])]
    expect(first).to_have_text(figure(row["answers"]["tpo"]["heldout"]))
    page.get_by_label("Compare").select_option("policy")
    expect(page.locator(".winner").first).not_to_have_text("tpo")


def test_by_keyboard_alone(window):
    page = window(synthetic_comparison(8))
    keys = page.keyboard

    def reach(selector: str) -> None:
        reach_by_tab(page, selector, at_most=60)

    keys.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    keys.press("Enter")
    reach("input[type=search]")
    keys.type("sky")
    expect(page.locator(".line")).to_have_count(2)
    reach('button[data-column="gap"]')
    keys.press("Enter")
    expect(page.locator('button[data-column="gap"]')).to_be_focused()
    reach(".query-button")
    keys.press("Enter")
    expect(page.locator(".query-button").first).to_have_attribute("aria-expanded", "true")
    reach(".opened summary")
    keys.press("Enter")
    expect(page.locator(".opened details[open]")).to_have_count(1)


def test_hostile_texts_are_shown_as_texts(window):
    comparison: Any = synthetic_comparison(3)
    for row in comparison["rows"]:
        row["query"], row["category"] = HOSTILE, HOSTILE
        for answer in row["answers"].values():
            answer |= {"text": HOSTILE + answer["text"], "feedback": HOSTILE}
            answer["critiques"] = [HOSTILE]
            answer["checks"] = [{"criterion": HOSTILE, "passed": False, "why": HOSTILE}]
    comparison["title"] = comparison["sentences"][0] = HOSTILE
    page = window(comparison)
    page.locator(".query-button").first.click()
    expect(page.locator(".opened .text").first).to_contain_text("<script>window.hacked=2</script>")
    assert page.evaluate("window.hacked") is None
    assert page.locator("main img, main script, main svg[onload]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_five_hundred_rows_of_three_arms(window):
    page = window(synthetic_comparison(500, sentences=30))
    expect(page.locator(".line")).to_have_count(100)
    page.get_by_role("button", name="Show all 500").click()
    expect(page.locator(".line")).to_have_count(500)
    expect(page.locator(".query-button").nth(100)).to_be_focused()
    page.get_by_label("Search").fill("77)")
    expect(page.locator(".line")).to_have_count(5)


def test_the_lights_can_be_switched(window):
    page = window(synthetic_comparison(2), color_scheme="light")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    for _ in range(2):
        page.get_by_role("button", name="Colours").click()
    assert page.evaluate(ground) != light


def test_without_a_script_the_verdict_is_there(window):
    page = window(synthetic_comparison(4), java_script_enabled=False)
    expect(page.locator(".lede")).to_contain_text("tpo beats best_of_n")
    expect(page.locator("figure")).to_have_count(6)
    expect(page.get_by_text("need JavaScript")).to_be_visible()


@pytest.mark.parametrize("arms", [1, 2, 8])
def test_one_arm_and_many(window, arms):
    page = window(synthetic_comparison(4, arms), width=400)
    page.locator(".query-button").first.click()
    expect(page.locator(".opened .answer").first).to_be_visible()
    shoot(page, f"report-{arms}-arms-400")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.set_viewport_size({"width": 1280, "height": 900})
    shoot(page, f"report-{arms}-arms-1280")
    assert findings(page) == []
