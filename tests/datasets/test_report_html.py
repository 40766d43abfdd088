"""`report_html`: what is in the page, and that no text in it can do anything."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from synthetic_comparison import synthetic_comparison

from tpo.datasets.report.page import report_html

HOSTILE = (
    '</script><script>window.hacked=1</script><img src=x onerror="window.hacked=2"> '
    "<!-- <script> ]]> </style></title></textarea> {{7*7}} $title ${7*7} &lt;b&gt; \\u003c "
    "\u2028\u2029\u202e\0\ud800 '\"`"
)


class Elements(HTMLParser):
    """What a browser would find: elements, and the texts of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.inside: dict[str, list[str]] = {}
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        if self.cdata_elem:
            self.inside.setdefault(self.cdata_elem, []).append(data)


def record_in(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="record">(.*?)</script>', page, re.S)
    assert found
    return json.loads(found[1])


def hostile() -> Any:
    """Return a comparison in which every text is hostile, names included."""

    def spoil(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            names = key in {"answers", "left_out", "settings", "metadata"}
            return {(HOSTILE + k if names else k): spoil(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [spoil(inner) for inner in value]
        plain = key in {"measure", "equal", "created"}
        return HOSTILE + value if isinstance(value, str) and not plain else value

    return spoil(synthetic_comparison(4))


def test_the_verdict_comes_first():
    page = report_html(synthetic_comparison())
    body = page[page.index("<main") :]
    order = ["tpo beats best_of_n by 0.31", "The held-out reward agrees.", "tpo batch prompts"]
    order += ["<h2>Arms</h2>", "Reward against cost", "<h2>Queries</h2>", "<h2>Wins</h2>"]
    places = [body.index(part) for part in order]
    assert places == sorted(places)


def test_it_allows_its_own_script_and_style_and_nothing_else():
    page = report_html(synthetic_comparison())
    policy = re.search(r'content-security-policy"\s+content="([^"]+)"', page)
    assert policy
    assert policy[1].startswith("default-src 'none'; ")
    assert "unsafe" not in policy[1]
    assert "http" not in policy[1]
    for kind, tag in (("script", '<script type="module">'), ("style", "<style>")):
        inside = page.partition(tag)[2].partition(f"</{kind}>")[0]
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy[1]
    found = Elements(page)
    assert {v[:5] for k, v in found.attributes if k in {"href", "src"} and v and v[0] != "#"} == {
        "data:"
    }
    assert "style" not in {name for name, _ in found.attributes}  # the policy would refuse them


def test_the_whole_record_is_inside():
    comparison: Any = synthetic_comparison()
    record = record_in(report_html(comparison))
    assert record.pop("first_pair") == ["tpo", "best_of_n"]
    assert record == comparison


def test_no_text_can_break_out():
    safe, page = report_html(synthetic_comparison(4)), report_html(hostile())
    page.encode("utf-8")
    one, other = Elements(safe), Elements(page)
    ticks = {"line", "text"}  # longer answers have other axes
    assert [t for t in other.tags if t not in ticks] == [t for t in one.tags if t not in ticks]
    assert {name for name, _ in other.attributes} == {name for name, _ in one.attributes}
    assert other.inside["style"] == one.inside["style"]
    assert other.inside["script"][-1] == one.inside["script"][-1]
    assert "\0" not in page
    record = record_in(page)
    assert record["rows"][0]["query"].startswith("</script><script>window.hacked=1</script>")


def test_what_is_unknown_says_so():
    page = report_html(synthetic_comparison(6, whole=False))
    shown = page[page.index("<main") : page.index('<script type="application/json"')]
    assert "price unknown" in shown
    assert "Reward against tokens" in shown
    for absent in ("Held-out", "held-out", "None", "nan", "Wins by category", "per round"):
        assert absent not in shown


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300, -0.0, 0.0])
def test_any_number_is_shown_or_left_out(value):
    comparison: Any = synthetic_comparison(3)
    for arm in comparison["arms"]:
        arm |= {"reward": value, "heldout": value, "cost_usd": value, "tokens": value}
        for point in arm["curve"]:
            point |= {"reward": value, "tokens": value, "cost_usd": value}
    for row in comparison["rows"]:
        for answer in row["answers"].values():
            answer |= {"reward": value, "cost_usd": value}
    page = report_html(comparison)
    shown = page[page.index("<main") : page.index('<script type="application/json"')]
    assert not re.search(r"\b(nan|inf|NaN|Infinity)\b", shown)
    record_in(page)


def test_nothing_compared_is_a_page_too():
    comparison = synthetic_comparison(0, 0) | {"sentences": [], "left_out": {"a": "it failed"}}
    page = report_html(comparison)
    assert "Nothing was compared." in page
    assert "it failed" in page


def test_an_arm_may_lack_an_answer():
    comparison = synthetic_comparison(4)
    del comparison["rows"][0]["answers"]["tpo"]
    report_html(comparison)


@pytest.mark.parametrize("arms", [1, 2, 9])
def test_any_number_of_arms(arms):
    assert report_html(synthetic_comparison(4, arms)).count("<figure") >= 3
