"""What a visitor of the page does, and sees."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from essayist import QUESTION
from javascript import PACKAGES
from playwright.sync_api import Page, expect

# Pictures for people to look at, taken where TPO_PICTURES is set; git-ignored.
SHOTS = Path(__file__).parents[2] / ".page-shots"


def ask(page: Page, question: str = QUESTION, **settings: Any) -> None:
    """Fill in the form and send it."""
    for name, value in settings.items():
        field = page.locator(f"#set-{name}")
        if not field.is_visible():
            page.get_by_text("All settings").click()
        if isinstance(value, bool):
            field.set_checked(value)
        elif field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(str(value))
    page.locator("#query").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()


def finished(page: Page, of: str = "") -> None:
    """Wait for the answer, and for the run to be over; else tell what the server `of` has of it."""
    try:
        expect(page.locator(".answer.is-final")).to_be_visible()
    except AssertionError as error:
        if of:
            thread = page.url.partition("#")[2]
            error.add_note(httpx.get(f"{of}/threads/{thread}/state").text[:3000])
        raise
    expect(page.locator(".progress")).to_have_count(0)  # the stream has ended too


def findings(page: Page) -> list[str]:
    """Return what axe-core holds to be serious."""
    axe = PACKAGES / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("the packages of tests/js are not installed: make test")
    page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [
        f"{v['id']}: {v['help']} at {[n['target'] for n in v['nodes']]}"
        for v in found
        if v["impact"] in {"serious", "critical"}
    ]


def shoot(page: Page, name: str, whole: bool = True) -> None:
    """Take a picture of the page, all of it or what is in view, if somebody wants to look at it."""
    if whole:
        page.evaluate("scrollTo(0, 0)")
    if os.environ.get("TPO_PICTURES"):
        SHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}.png", full_page=whole)
