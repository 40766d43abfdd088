"""How much texts differ: the fast count of near copies is the plain one's."""

import re
from itertools import combinations, pairwise
from random import Random
from statistics import fmean

import pytest

from tpo.core.diversity import NEAR_COPY, variety

WORDS = ["sky", "is", "blue", "grey", "the", "Straße", "STRASSE", "İstanbul", "天空", "a", "b", "c"]


def plain_pairs(text: str) -> set[tuple[str, ...]]:
    words = [word.casefold() for word in re.findall(r"[天空]|[^\W天空]+", text)]
    return set(pairwise(words)) or {(word,) for word in words}


def plain_likeness(one: str, other: str) -> float:
    a, b = plain_pairs(one), plain_pairs(other)
    return len(a & b) / len(a | b) if a or b else 1.0


def plain_variety(texts: list[str], before: list[str]) -> tuple[float | None, int]:
    alike = [plain_likeness(a, b) for a, b in combinations(texts, 2)]
    copies = sum(
        any(plain_likeness(text, other) >= NEAR_COPY for other in [*before, *texts[:place]])
        for place, text in enumerate(texts)
    )
    return (round(1 - fmean(alike), 3) if alike else None), copies


def changed(rng: Random, text: list[str], share: float) -> list[str]:
    return [rng.choice(WORDS) if rng.random() < share else word for word in text]


@pytest.mark.parametrize("seed", range(60))
def test_the_figures_are_those_of_the_plain_definition(seed: int) -> None:
    rng = Random(seed)
    words = [*WORDS, *(f"w{n}" for n in range(rng.choice([0, 30, 300])))]
    drafts = [rng.choices(words, k=rng.choice([0, 1, 2, 5, 20, 80])) for _ in range(4)]
    shares = (0.0, 0.02, 0.05, 0.1, 0.15, 0.3)
    made = [
        rng.choice([" ", ", ", "-"]).join(changed(rng, rng.choice(drafts), rng.choice(shares)))
        for _ in range(rng.choice([1, 2, 12, 40]))
    ]
    cut = rng.randrange(len(made))
    assert variety(made[cut:], made[:cut]) == plain_variety(made[cut:], made[:cut])


def test_a_likeness_just_at_the_limit_is_a_copy() -> None:
    five, four = "a b c d e f", "a b c d e"  # five pairs, four of them shared
    assert plain_likeness(five, four) == NEAR_COPY
    assert variety([four], [five]) == (None, 1)
    assert variety([five], [four]) == (None, 1)


def test_texts_without_words_copy_each_other_and_nothing_else() -> None:
    assert variety(["...", "!"], ["a"]) == (0.0, 1)
    assert variety([]) == (None, 0)


ZH = "天空之所以是蓝色的是因为大气层中的分子把波长较短的蓝光散射得比红光更多"
JA = "空が青いのは大気中の分子が波長の短い青い光を赤い光よりも多く散乱させるためです"
TH = "ท้องฟ้าเป็นสีฟ้าเพราะโมเลกุลในชั้นบรรยากาศกระเจิงแสงสีน้ำเงินมากกว่าแสงสีแดง"


@pytest.mark.parametrize(
    ("text", "near"),
    [(ZH, ZH.replace("更多", "多些")), (JA, JA.replace("多く", "強く")), (TH, TH + "มาก")],
)
def test_without_spaces_each_letter_is_a_word(text: str, near: str) -> None:
    assert variety([text, near])[1] == 1
    assert variety([text, text[::-1]])[1] == 0


def test_vowel_signs_are_parts_of_words() -> None:
    assert variety(["राम घर जाता है", "राम घर जाती है"])[0] == pytest.approx(0.8)
