"""How it looks, and to whom: sizes, lights, keyboards, hostile texts, many candidates."""

from __future__ import annotations

import pytest
from browser import reach_by_tab
from playwright.sync_api import expect
from visitor import ask, findings, finished, shoot

pytestmark = pytest.mark.loopback
ON = ["serve"]  # it looks the same on every one

HOSTILE = (
    '<img src=x onerror="window.hacked=1"> <script>window.hacked=2</script> '
    "</textarea><svg onload=window.hacked=3> {{7*7}} ${7*7} &lt;b&gt; "
    "\u202e\u0000 [x](javascript:1)"
)


def in_both_lights(page, name, widths=(400, 1280, 1600)):
    """See that nothing is wider than the window, and what axe-core finds, in both lights."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            shoot(page, f"{name}-{width}-{scheme}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert findings(page) == []


def test_every_width_in_both_lights(window, policy):
    page = window()
    in_both_lights(page, "welcome")
    policy.slow_step = "update"
    ask(page, depth=2, width=5)
    expect(page.locator(".round")).to_have_count(2)
    expect(page.locator(".card.is-writing").first).to_be_visible()
    in_both_lights(page, "running")
    expect(page.locator(".card.is-writing").first).to_be_visible()
    policy.slow_step = ""
    finished(page)
    expect(page.locator(".tools").first).to_be_visible()
    for details in page.locator(".comparison summary").all():
        details.click()
    in_both_lights(page, "done")


def test_a_planned_run_with_a_reward_that_says_why(window, tmp_path):
    schema = tmp_path / "answer.json"
    schema.write_text('{"type": "object", "required": ["sky"]}')
    page = window()
    ask(page, depth=2, width=4, mode="adaptive", reward=f"verify:json:{schema}")
    finished(page)
    first, second = page.locator(".round").nth(0), page.locator(".round").nth(1)
    expect(second.locator(".hint").first).to_contain_text("fresh")
    said = first.locator(".feedback")
    expect(said).to_have_count(4)
    for details in page.locator(".feedback summary").all():
        details.click()
    expect(said.first).to_contain_text("not JSON")
    in_both_lights(page, "planned")


def test_the_switch_of_the_lights_is_remembered(window):
    page = window(color_scheme="light")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    switch = page.get_by_role("button", name="Colours")
    switch.click()
    switch.click()
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == dark


def test_thirty_candidates(window, policy):
    policy.slow_step = "sample"
    page = window(1600)
    ask(page, depth=1, width=30)
    expect(page.locator(".card")).to_have_count(30)
    expect(page.locator(".card.is-writing").first).to_be_visible()
    policy.slow_step = ""
    finished(page)
    expect(page.locator(".card")).to_have_count(60)
    expect(page.locator(".card .score")).to_have_count(60)
    shoot(page, "thirty-1600-light")


def test_hostile_texts_are_shown_as_texts(window, policy):
    policy.texts = [HOSTILE, HOSTILE + " again", HOSTILE + " and again"]
    page = window()
    ask(page, HOSTILE, depth=1, width=3, seed=1)
    finished(page)
    expect(page.locator("h1")).to_contain_text("<script>window.hacked=2</script>")
    answer = page.locator(".answer .markdown")
    expect(answer).to_contain_text('<img src=x onerror="window.hacked=1">')
    expect(page.locator(".thread .title").first).to_contain_text("<img src=x")
    assert page.evaluate("window.hacked") is None
    assert page.locator("main img, main script, .card svg").count() == 0
    page.reload()
    finished(page)
    assert page.evaluate("window.hacked") is None


MARKDOWN = """## Why blue

Sunlight holds **every colour**, and air scatters the short waves most[^1]:

1. Red goes *straight on*.
2. Blue bounces:
   - from above,
   - from the side.

> As with marbles and sand.

```python
scattered = 1 / wavelength**4
```

| colour | wavelength |
|---|--:|
| blue | 450 nm |
| red | 700 nm |

More at [a friend's](https://example.org/sky), not ![here](https://example.org/sky.png)."""


def test_markdown_is_shown_and_fetches_nothing(window, policy, site):
    policy.texts = [f"{MARKDOWN} Draft {n}.{' So it is.' * n}" for n in range(3)]
    page = window(color_scheme="light")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    ask(page, depth=1, width=3)
    finished(page)
    answer = page.locator(".answer .markdown")
    expect(answer.locator("h4")).to_have_text("Why blue")
    expect(answer.locator("ol > li ul > li")).to_have_count(2)
    expect(answer.locator("td").nth(1)).to_have_css("text-align", "right")
    expect(page.locator(".note.loss .markdown ol > li")).to_have_count(3)
    shoot(page, "markdown-1280-light")
    assert findings(page) == []
    assert [url for url in asked if not url.startswith(site.url)] == []


def test_a_card_offers_the_whole_of_a_text_that_it_cuts(window, policy):
    lines = [1, 6, 60]  # a card holds seven, on a narrow screen five; words break as fonts go
    policy.texts = ["\n".join(["A line."] * count) for count in lines]
    page = window(1600)
    ask(page, depth=0, width=3)
    finished(page)
    whole = page.locator(".card", has=page.get_by_role("button", name="Read all"))
    expect(whole).to_have_count(1)
    page.set_viewport_size({"width": 400, "height": 900})
    expect(whole).to_have_count(2)  # what fitted before is cut on a narrow screen
    whole.last.get_by_role("button", name="Read all").click()
    expect(page.get_by_role("button", name="Less")).to_be_visible()
    expect(whole).to_have_count(1)


def test_a_run_by_keyboard_alone(window):
    page = window()
    keys = page.keyboard

    def reach(selector: str) -> None:
        reach_by_tab(page, selector, at_most=80)

    expect(page.locator("#query")).to_be_focused()
    page.locator(".wordmark").focus()
    keys.press("Shift+Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    keys.press("Enter")
    reach("#query")
    keys.type("Why is the sky blue?")
    reach("#set-depth")
    keys.press("Control+A")
    keys.type("1")
    reach("#set-human_pick")
    keys.press("Space")
    page.locator("#query").focus()
    keys.press("Control+Enter")
    expect(page.locator(".pick-form h2")).to_be_focused()
    reach(".pick-form .primary")
    keys.press("Enter")
    expect(page.locator(".round")).to_have_count(2)
    expect(page.locator(".pick-form h2")).to_be_focused()
    reach(".pick-form .primary")
    keys.press("Enter")
    finished(page)
    page.locator("h1").click()
    reach(".note.gradient button")
    keys.press("Enter")
    expect(page.locator(".note.gradient textarea")).to_be_focused()
    keys.press("Control+End")
    keys.type(" Be brief.")
    reach(".note.gradient .primary")
    keys.press("Enter")
    expect(page.locator(".pick-form h2")).to_be_focused()
