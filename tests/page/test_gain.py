"""Whether a run helped: the page has the figures and words of core/gain.py, also after a reload."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from javascript import made_in_node
from playwright.sync_api import expect
from visitor import ask, findings, finished, shoot

import tpo.serving
from tpo.core.gain import Gain, best_so_far, gain_of, gain_phrase
from tpo.core.number_format import signed
from tpo.core.usage import Usage, cost

PAGE = Path(tpo.serving.__file__).parent / "page"
pytestmark = pytest.mark.loopback
ON = ["serve"]
GAIN = Gain(
    reward=0.42, best_first=1.0, best_update=1.42, texts=19, texts_after=14, tokens=2700, times=2.7
)
GAINS: list[Any] = [
    None,
    GAIN,
    {**GAIN, "reward": 0.0, "best_update": 0.9},
    {**GAIN, "reward": 0.0, "best_update": None},
    {**GAIN, "reward": 0.0},
    {**GAIN, "reward": -0.2, "times": 12.4},
    {**GAIN, "times": None},
    {**GAIN, "texts_after": 0},
]


def candidate(id: str, reward: float | None, error: str | None = None) -> Any:
    return {"id": id, "round": int(id[1]), "text": id, "reward": reward, "error": error}


POOL = [
    candidate("r0c0", 1.0),
    candidate("r0c1", None, "unscored: no"),
    candidate("r0c2", 1.5),
    candidate("r1c0", 1.5),
    candidate("r1c1", 2.25),
]
PHASES = {
    "sample": cost(requests=3, sequences=3, input_tokens=30, output_tokens=90),
    "rank": cost(requests=5, sequences=5, input_tokens=500, output_tokens=7),
    "loss": cost(requests=1, sequences=1, output_tokens=10, estimated_tokens=4),
    "update": cost(requests=2, sequences=2, input_tokens=70, output_tokens=60),
}
TOTAL = cost(input_tokens=600, output_tokens=167, estimated_tokens=4)
USAGE = Usage(turn=1, total=TOTAL, phases=PHASES)
WHOLE: dict[str, Any] = {"pool": POOL, "usage": USAGE, "answer": POOL[4]}
CASES: list[dict[str, Any]] = [
    WHOLE,
    {**WHOLE, "answer": POOL[2]},
    {**WHOLE, "answer": None},
    {**WHOLE, "usage": None},
    {**WHOLE, "pool": POOL[3:]},
    {**WHOLE, "pool": POOL[:3], "answer": POOL[2]},
    {**WHOLE, "pool": [*POOL[:4], {**POOL[4], "ratings": [2.0, 2.25, 2.5]}]},
    {**WHOLE, "pool": [*POOL, {**POOL[4], "id": "r2c0"}, candidate("r1c2", None, "vetoed: rude")]},
    {**WHOLE, "pool": [*POOL, {**candidate("r1c2", None, "rude"), "failure": "vetoed"}]},
]


def gains_in_page(cases: list[dict[str, Any]]) -> Any:
    return made_in_node(PAGE / "gain.js", "page", "page.gainOf(v.pool, v.usage, v.answer)", cases)


def test_the_phrase_is_that_of_the_command():
    made = made_in_node(PAGE / "gain.js", "page", "page.gainPhrase(v)", GAINS)
    assert made == [gain_phrase(gain).replace("-", "\N{MINUS SIGN}") for gain in GAINS]


def test_the_sign_is_that_of_the_command():
    values = [0.417, -0.0031, 0.05, 0.00001234, -2e-5, 1234.6, -1e4, 0.0, 0.03, 7.0]
    made = made_in_node(PAGE / "phrases.js", "page", "page.signed(v)", values)
    minus = [signed(v) for v in values]
    minus = [f"\N{MINUS SIGN}{m[1:]}" if m[0] == "-" else m for m in minus]
    assert made == minus


def test_the_figures_are_those_of_the_command():
    assert gains_in_page(CASES) == [gain_of(c["pool"], c["usage"], c["answer"]) for c in CASES]


def test_best_so_far_is_that_of_the_command():
    one: Any = {"ranked_by": "a", "best": 1.0, "reward": 1.5}
    curves: list[Any] = [[], [one], [one, {**one, "best": 2}, {**one, "best": None}]]
    curves += [[one, {**one, "ranked_by": "b"}], [{"best": 1, "reward": None}]]
    made = made_in_node(PAGE / "gain.js", "page", "page.bestSoFar(v)", curves)
    assert made == [best_so_far(rounds) for rounds in curves]


def test_a_gain_is_said_first_and_again_after_a_reload(window, policy, monkeypatch):
    whole = "The sky is blue because air scatters blue light most. Red goes straight on."
    monkeypatch.setattr(policy, "_text", lambda _, added: whole if added else "Sky")
    page = window(color_scheme="light")
    ask(page, depth=2, width=2, heldout="heuristic", price="1,2")
    finished(page)
    worth = page.locator(".worth")
    expect(worth.locator(".verdict")).to_contain_text("Did it help? Yes.")
    expect(worth.locator(".verdict")).to_contain_text("over the best first sample, for")
    added = [re.compile(r"^[\d.]+$"), re.compile(r"^\+"), "±0"]  # they sum to the gain
    expect(worth.locator(".gains b")).to_have_text(added)
    expect(worth).to_contain_text("Best of 2")
    expect(worth).to_contain_text("The held-out reward agrees")
    expect(worth).to_contain_text("for the first samples)")
    expect(worth.locator(".advice")).to_contain_text("real reward")
    expect(worth.locator(".advice")).to_contain_text("depth 1 gives this answer for less")
    assert worth.bounding_box()["y"] < page.locator(".answer .markdown").bounding_box()["y"]
    for width in (400, 1280, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        shoot(page, f"gain-{width}-light")
    assert findings(page) == []
    seen = worth.inner_text()
    page.reload()
    finished(page)
    assert worth.inner_text() == seen


def test_where_nothing_was_gained_that_is_said(window, policy):
    policy.texts = ["The sky is blue because air scatters blue light most."]
    page = window(color_scheme="dark")
    ask(page, depth=2, width=5)
    finished(page)
    verdict = page.locator(".verdict")
    expect(verdict).to_contain_text("Did it help? No.")
    expect(verdict).to_contain_text("No update beat the best first sample:")
    expect(verdict).to_contain_text("bought nothing.")
    expect(page.locator(".advice")).to_contain_text("Compare with Mode adaptive or best of N")
    notes = page.locator(".round").nth(1).locator(".round-notes")
    expect(notes).to_contain_text("5 of 5 nearly copy an earlier answer")
    shoot(page, "no-gain-1280-dark")
    assert findings(page) == []


@pytest.mark.parametrize("missing", ["usage", "phases"])
def test_a_thread_without_the_figures_says_nothing(missing):
    usage = None if missing == "usage" else {"total": TOTAL}
    case = {**WHOLE, "usage": usage}
    assert gains_in_page([case]) == [None]
