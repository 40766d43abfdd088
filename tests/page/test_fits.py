"""Nothing overruns its place: code, labels of axes, bars, the panel of a pick."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from javascript import made_in_node
from playwright.sync_api import expect
from visitor import ask, finished, shoot

import tpo.serving

pytestmark = pytest.mark.loopback
ON = ["serve"]
PAGE = Path(tpo.serving.__file__).parent / "page"
CODE = (
    "Like this:\n\n```python\ndef scattered(wavelength, *, reference=550e-9, exponent=4):\n"
    "    return (reference / wavelength) ** exponent  # holds for particles much smaller than "
    "the wavelength of the light that meets them, which air's are\n```\n\n"
    "| colour | wavelength | how much is scattered, beside green | at noon |\n|---|--:|--:|---|\n"
    f"| blue | 450 nm | 2.2 | everywhere |\n\nSee {'x' * 150}."
)
LEFTMOST = "all => Math.min(...all.map(t => t.getBoundingClientRect().left))"


def test_code_and_tables_stay_in_their_column(window, policy):
    policy.texts = [f"{CODE} Draft {n}." + " So it is." * 1000 for n in range(3)]
    policy.pace = 0
    page = window(color_scheme="light")
    ask(page, depth=1, width=3)
    finished(page)
    for width in (400, 800, 1280, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        answer = page.locator(".answer").bounding_box()
        figures = page.locator(".figures").bounding_box()
        beside = figures["x"] > 300
        assert answer["x"] + answer["width"] <= (figures["x"] if beside else width)
        left = page.locator(".axis text").evaluate_all(LEFTMOST)
        assert left >= figures["x"]  # five digits lost their first
    policy.texts = [CODE, CODE + " So it is."]
    page.get_by_role("button", name="New question", exact=True).click()
    ask(page, depth=1, width=3)
    finished(page)
    cut = page.locator(".answer .markdown :is(pre, .scrolled)").first  # with a shadow at its end
    assert "local" in cut.evaluate("box => getComputedStyle(box).backgroundAttachment")
    for width in (400, 1280, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        shoot(page, f"code-{width}-light")


def test_the_room_for_labels_grows_with_them():
    rooms = made_in_node(
        PAGE / "components" / "plots.js",
        "page",
        "page.roomFor(v)",
        [["0"], ["23,611"], ["-1.2e+10"]],
    )
    assert rooms[0] == 40
    assert rooms == sorted(rooms)
    assert rooms[1] > 50


def test_bars_show_a_small_difference_as_small():
    pairs = [[2.13, 2.14], [0.3, 1.4], [5, 5], [-2.14, -2.13], [-0.1, 0.1]]
    widths = made_in_node(
        PAGE / "scale.js", "page", "v.map((r) => page.barWidth(r, page.barScale(v)))", pairs
    )
    assert all(max(pair) == 100 for pair in widths)
    low = [min(pair) for pair in widths]
    assert low[0] > 95
    assert low[1] == 4
    assert low[2] == 100
    assert low[3] > 95
    assert low[4] == 4


def test_plots_show_a_small_difference_as_small_and_name_both_ends():
    values = [[1.870, 1.873], [0.3, 1.4], [5, 5], [-1.873, -1.870], [0, 0]]
    ends = made_in_node(PAGE / "scale.js", "page", "page.axisEnds(v)", values)
    labels = made_in_node(PAGE / "phrases.js", "page", "v.map(page.reward)", ends)
    assert labels[0] == ["1.82", "1.92"]
    assert ends[1] == [0.3, 1.4]
    assert ends[2] == [5, 5]
    assert labels[3] == ["\N{MINUS SIGN}1.92", "\N{MINUS SIGN}1.82"]
    assert ends[4] == [0, 0]


def test_every_pick_can_be_clicked(window):
    page = window()
    ask(page, depth=1, width=5, human_pick=True)
    expect(page.locator(".pick-form h2")).to_be_focused()
    for width, height in ((800, 700), (1280, 800), (400, 700)):
        page.set_viewport_size({"width": width, "height": height})
        for button in page.locator(".choose button").all():
            button.click()  # not on what lies over it
            expect(button).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_role("button", name="Continue")).to_be_disabled()  # both the last card
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        shoot(page, f"pick-{width}-light")
    expect(page.locator(".thread .state").first).to_have_text("waiting for you")


def test_what_the_state_lacks_is_there_after_a_reload(window):
    page = window()
    ask(page, depth=0, width=1)
    finished(page)
    figures = page.locator(".figures")
    expect(figures).to_contain_text("it is not a preference model")
    seen = timeless(figures.inner_text())
    page.reload()
    finished(page)
    expect(figures).to_contain_text("it is not a preference model")
    assert timeless(figures.inner_text()) == seen


def timeless(figures: str) -> str:
    """The same without the time: that of the clock while it runs, then that of the steps."""
    return re.sub(r"\d+(\.\d)? s\b", "TIME", figures)
