"""The page describes a run in the words of core/phrases.py and core/number_format.py."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from javascript import made_in_node

import tpo.serving
from tpo.cli.report.near_copies import copies_phrase
from tpo.core.context import Context
from tpo.core.dollars import price_phrase
from tpo.core.number_format import age, count, reward, seconds
from tpo.core.phrases import CRITIQUES, sentence, stop_phrase
from tpo.core.stop_reason import StopReason

PAGE = Path(tpo.serving.__file__).parent / "page"
SECONDS = [0.0, 0.44, 9.94, 9.95, 59.4, 59.6, 60.0, 3599.0]
REWARDS = [0.0, 0.005, 1.126, -1.5, 123.456]
SETUPS: list[dict[str, Any]] = [
    {"mode": "tpo", "depth": 0},
    {"mode": "tpo", "depth": 1},
    {"mode": "revision", "depth": 4},
    {"mode": "best_of_n", "depth": 2},
]
NOW = datetime(2026, 1, 31, tzinfo=UTC)
MOMENTS = [NOW - timedelta(seconds=s) for s in (5, 61, 3601, 90_000)]


def made_by_page(expression: str, *values: Any) -> Any:
    """Return what the expression makes of each value, with the page's phrases.js."""
    return made_in_node(PAGE / "phrases.js", "page", expression, values)


def test_why_a_run_stopped():
    reasons = get_args(StopReason)
    assert made_by_page("page.stopSentence(v, undefined)", *reasons) == [
        sentence(stop_phrase(r)) for r in reasons
    ]
    expected = [sentence(stop_phrase("depth", Context(**setup))) for setup in SETUPS]
    assert made_by_page("page.stopSentence('depth', v)", *SETUPS) == expected


def test_numbers():
    assert made_by_page("page.seconds(v)", *SECONDS) == [seconds(s) for s in SECONDS]
    assert made_by_page("page.count(v, 'round')", 0, 1, 1200) == [
        count(n, "round") for n in (0, 1, 1200)
    ]
    minus = [reward(r).replace("-", "\N{MINUS SIGN}") for r in REWARDS]
    assert made_by_page("page.reward(v)", *REWARDS) == minus


def test_dollars():
    paid = {"requests": 2, "priced_requests": 2, "exact": True}
    costs = [{**paid, "cost_usd": usd} for usd in (0, 3e-7, 0.001, 0.0042, 0.42, 1, 1234.5)]
    costs += [{**costs[-1], **more} for more in ({"exact": False}, {"priced_requests": 1})]
    costs += [{"requests": 3, "exact": True}, {"requests": 0, "exact": True}]
    assert made_by_page("page.dollars(v)", *costs) == [price_phrase(c) for c in costs]


def test_ages():
    moments = [moment.isoformat() for moment in MOMENTS]
    milliseconds = int(NOW.timestamp() * 1000)
    assert made_by_page(f"page.age(v, {milliseconds})", *moments) == [age(m, NOW) for m in moments]


def test_near_copies():
    pool: list[Any] = [
        {"round": nth, "reward": value, "error": error}
        for nth, value, error in [(0, 1.0, None), (1, 0.0, None), (1, 1.0, None), (1, None, "no")]
    ]
    rounds: list[Any] = [{"round": 1, "near_copies": n} for n in (0, 1, 2, 5)]
    rounds.append({"round": 0})
    made = made_by_page("page.copiesPhrase(v[0], v[1])", *([r, pool] for r in rounds))
    assert made == [copies_phrase(r, pool) for r in rounds]
    assert made[2] == made[3] == "2 of 2 nearly copy an earlier answer"


def test_titles_of_loss_and_gradient():
    source = (PAGE / "components" / "critique.js").read_text(encoding="utf-8")
    titles = dict(re.findall(r'^  (loss|gradient): \["\w+", "([^"]+)"\]', source, re.MULTILINE))
    assert titles == CRITIQUES
