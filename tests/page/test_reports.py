"""The list of reports, in sight below two hundred threads, and a report that is opened from it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from batch_folder import pool, result, written
from playwright.sync_api import expect
from synthetic_comparison import synthetic_comparison
from visitor import findings, shoot

from tpo.datasets.report.batch_record import write_batch_report
from tpo.datasets.report.writing import write_report

pytestmark = pytest.mark.loopback
ON = ["serve"]


@pytest.fixture
def reports(site: Any) -> Iterator[Path]:
    root = site.folder / "reports"
    batch, compared = root / "sky", root / "compared"
    for folder in (batch, compared):
        folder.mkdir(parents=True)
    write_batch_report(written(batch, [*map(result, range(6))], [*map(pool, range(6))]))
    write_report(synthetic_comparison(rows=6), compared)
    yield root
    shutil.rmtree(root)


@pytest.fixture
def threads(site: Any) -> Iterator[None]:
    """Two hundred threads; they are gone afterwards."""
    with httpx.Client(base_url=site.url, timeout=60) as client:
        made = [
            client.post("/threads", json={"metadata": {"title": f"Why is the sky blue? {n}"}})
            for n in range(200)
        ]
        yield
        for thread in made:
            client.delete(f"/threads/{thread.json()['thread_id']}")


@pytest.mark.parametrize(("title", "scheme"), [("sky", "light"), ("Three ways", "dark")])
def test_a_report_is_opened_from_the_list(window, reports, title, scheme):
    page = window(color_scheme=scheme)
    listed = page.locator(".reports a")
    expect(listed).to_have_count(2)
    assert findings(page) == []
    with page.context.expect_page() as opened:
        listed.filter(has_text=title).click()
    report = opened.value
    expect(report.locator("h1")).to_be_visible()
    expect(report.locator("main")).to_contain_text("6 queries")
    for width in (400, 1280):
        report.set_viewport_size({"width": width, "height": 900})
        assert report.evaluate("document.documentElement.scrollWidth") <= width
        shoot(report, f"opened-{width}-{scheme}")
    assert findings(report) == []


def test_two_hundred_threads_leave_the_reports_in_sight(window, reports, threads):
    for width in (400, 1280):
        page = window(width, 700)
        if width == 400:
            page.get_by_role("button", name="Threads").click()
        expect(page.locator(".reports a").last).to_be_in_viewport(ratio=1)
        page.get_by_role("button", name="Show older threads").click()
        expect(page.locator(".thread-list li .thread-tools")).to_have_count(80)
        page.get_by_role("searchbox").fill("sky 100")  # one of those that are not listed yet
        expect(page.locator(".thread-list li .thread-tools")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        shoot(page, f"threads-{width}-light")
        assert findings(page) == []
