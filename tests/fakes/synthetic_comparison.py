"""A comparison as `tpo compare` would find it, made up: arms that get better and longer."""

from __future__ import annotations

import random
from typing import Any

from tpo.datasets.compare.comparison import ArmSummary, ComparedAnswer, ComparedRow, Comparison

CATEGORIES = ("explaining", "writing", "code", "advice for a difficult situation", "mathematics")
QUESTIONS = (
    "Explain to a ten-year-old why the sky is blue.",
    "Write a short note to a colleague who has lost a parent.",
    "Write a Python function that returns the median of a list, for an empty one too.",
    "My neighbour plays drums at night. What can I say to him?",
    "How many ways are there to put 8 rooks on a chess board so that none attacks another?",
)
SENTENCES = (
    "Sunlight holds every colour, and air scatters the short waves most.",
    "Blue light bounces around until it comes from everywhere.",
    "I was so sorry to hear about your mother.",
    "There is nothing that you have to do for us this week.",
    "An empty list has no median, so the function raises a ValueError.",
    "Sort the list once, then take the middle, or the mean of the two in the middle.",
    "Start with what you would like, not with what he does wrong.",
    "Each row needs one rook and each column too, so the answer is 8! = 40320.",
    "In short, try it with a glass of water and a torch.",
    "For example, ask whether nine in the evening would do.",
    "That is the whole trick.",
    "If you are not sure, say so.",
)
MODES: dict[str, dict[str, Any]] = {
    "tpo": {"mode": "tpo", "depth": 2, "width": 5},
    "best_of_n": {"mode": "best_of_n", "width": 17},
    "policy": {"mode": "best_of_n", "width": 1},
}


def synthetic_comparison(
    rows: int = 24, arms: int = 3, *, whole: bool = True, seed: int = 0, sentences: int = 5
) -> Comparison:
    """Return a comparison.

    Args:
        rows: How many queries.
        arms: How many arms, 1 to 3 with names of their own; more are `arm 4` and so on.
        whole: Else what may be unknown is: held-out rewards, verdicts, prices, curves, statistics.
        seed: Of all that is made up.
        sentences: How many an answer has at least.
    """
    draw = random.Random(seed)
    names = [*MODES, *(f"arm {n}" for n in range(4, arms + 1))][:arms]
    made = [row(draw, number, names, whole, sentences) for number in range(rows)]
    first, *others = names or [""]
    return {
        "title": "Three ways to answer, at equal tokens",
        "created": "2026-01-31T12:00:00+00:00",
        "equal": "tokens",
        "arms": [arm(name, place, made, whole) for place, name in enumerate(names)],
        "differences": [d for other in others for d in differences(first, other, made, whole)],
        "win_rates": [won(first, other, made, whole) for other in others] if whole else [],
        "smaller": [smaller("tpo", depth, width) for depth, width in ((1, 5), (1, 3), (0, 5))]
        if whole
        else [],
        "recommended": "tpo batch prompts.jsonl -o answers -d 1 -w 5",
        "sentences": [
            "tpo beats best_of_n by 0.31 of reward (0.22 to 0.40) for the same tokens.",
            "The held-out reward agrees.",
            "It is not only length: at equal lengths it still wins 61% of the rows.",
            "D1-N5 gives 92% of the gain for 53% of the tokens.",
        ][: None if whole else 1],
        "rows": made,
        "left_out": {"q-17": "tpo: the policy's server refused the request: too long"}
        if whole
        else {},
        "metadata": {"seed": seed, "tpo": "0.1.0", "policy": "openai:essayist"},
    }


def row(
    draw: random.Random, number: int, names: list[str], whole: bool, sentences: int
) -> ComparedRow:
    """Return one row: the same sentences, of which better arms hold more."""
    topic = number % len(QUESTIONS)
    hard = draw.gauss(0, 0.6)
    common = draw.sample(SENTENCES * (1 + sentences // len(SENTENCES)), sentences)
    answers = {name: answer(draw, hard, place, common, whole) for place, name in enumerate(names)}
    return {
        "id": f"q-{number}",
        "query": f"{QUESTIONS[topic]} (variant {number // len(QUESTIONS) + 1})",
        "category": CATEGORIES[topic] if whole else "",
        "answers": answers,
    }


def answer(
    draw: random.Random, hard: float, place: int, common: list[str], whole: bool
) -> ComparedAnswer:
    skill = (1.4, 1.1, 0.5)[min(place, 2)]
    reward = skill - hard + draw.gauss(0, 0.35)
    own = list(common)
    own[draw.randrange(len(own))] = draw.choice(SENTENCES)
    own += draw.sample(SENTENCES, (3, 1, 0)[min(place, 2)])
    rounds = 2 if place == 0 else 0
    return {
        "text": " ".join(own),
        "reward": reward,
        "heldout": 0.7 * reward + draw.gauss(0, 0.3) if whole else None,
        "passed": draw.random() < 0.5 + reward / 6 if whole else None,
        "tokens": (2900, 3000, 240)[min(place, 2)] + draw.randrange(200),
        "cost_usd": 0.0009 + 0.0001 * draw.random() if whole else None,
        "round": rounds,
        "feedback": "Clear, and to the point; it could name an example." if whole else "",
        "checks": [
            {"criterion": "at most 120 words", "passed": len(" ".join(own)) < 700},
            {"criterion": "clarity", "score": 0.75},
            {"criterion": "names an example", "passed": False, "why": "no example was found"},
        ]
        if whole
        else [],
        "critiques": [
            text
            for number in range(rounds)
            for text in (
                f"Loss of round {number}: the rejected answer leaves the example out.",
                f"Gradient of round {number}: name one example,\n\nand end there.",
            )
        ],
    }


def mean(values: Any) -> float:
    found = list(values)
    return sum(found) / len(found)


def arm(name: str, place: int, rows: list[ComparedRow], whole: bool) -> ArmSummary:
    answers = [r["answers"][name] for r in rows]
    reward = mean(a["reward"] for a in answers)
    tokens = mean(a["tokens"] for a in answers)
    curve = [  # of the whole search: its last round costs more than others may spend
        {
            "round": number,
            "reward": reward - 0.5 / (number + 1) + 0.5 / 3,
            "heldout": reward * 0.7 + (0.0, 0.12, 0.08, 0.02)[number] if whole else None,
            "length": 300.0 + 60 * number,
            "tokens": tokens * (number + 1) / 3,
            "cost_usd": 0.0009 * (number + 1) / 3 if whole else None,
        }
        for number in range(4 if place == 0 else 1)
    ]
    return {
        "name": name,
        "settings": MODES.get(name, {"mode": "tpo", "depth": place}),
        "rows": len(rows),
        "failed": 0,
        "reward": reward,
        "heldout": mean(a["heldout"] or 0 for a in answers) if whole else None,
        "accuracy": mean(bool(a["passed"]) for a in answers) if whole else None,
        "length": mean(len(a["text"]) for a in answers),
        "tokens": tokens,
        "texts": (17.0, 17.0, 1.0)[min(place, 2)],
        "requests": (9.0, 1.0, 1.0)[min(place, 2)],
        "seconds": (14.2, 6.0, 2.1)[min(place, 2)],
        "cost_usd": 0.0009 - 0.0003 * min(place, 2) if whole else None,
        "from_first": (0.12, 1.0, 1.0)[min(place, 2)],
        "curve": curve if whole else [],
    }  # type: ignore[typeddict-item]


def differences(first: str, other: str, rows: list[ComparedRow], whole: bool) -> list[Any]:
    gaps = [r["answers"][first]["reward"] - r["answers"][other]["reward"] for r in rows]
    base = {"arm": first, "against": other, "rows": len(rows)}
    found = [
        base
        | {
            "measure": "reward",
            "mean": mean(gaps),
            "low": mean(gaps) - 0.15,
            "high": mean(gaps) + 0.15,
            "rows_to_decide": None,
        }
    ]
    if whole:
        found += [
            base
            | {
                "measure": measure,
                "mean": value,
                "low": value - spread,
                "high": value + spread,
                "rows_to_decide": 140 if spread > abs(value) else None,
            }
            for measure, value, spread in (
                ("heldout", 0.08, 0.11),
                ("accuracy", 0.05, 0.02),
                ("length", 84.0, 30.0),
                ("cost_usd", -0.0002, 0.00005),
            )
        ]
    return found


def won(first: str, other: str, rows: list[ComparedRow], whole: bool) -> Any:
    wins = sum(r["answers"][first]["reward"] > r["answers"][other]["reward"] for r in rows)
    rate = wins / len(rows)
    return {
        "arm": first,
        "against": other,
        "by": "reward",
        "wins": wins,
        "ties": 0,
        "losses": len(rows) - wins,
        "rate": rate,
        "low": max(0.0, rate - 0.12),
        "high": min(1.0, rate + 0.12),
        "length_controlled": rate - 0.06,
        "style_controlled": None,
    }


def smaller(name: str, depth: int, width: int) -> Any:
    share = (0.3 + 0.3 * depth + 0.04 * width) if depth else 0.35
    return {
        "arm": name,
        "depth": depth,
        "width": width,
        "reward": 1.0 + share / 3,
        "gain_share": share,
        "token_share": 0.53 * width / 5 if depth else 0.2,
    }
