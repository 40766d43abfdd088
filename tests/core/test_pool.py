"""Chosen and rejected: over the whole pool, ties to the earliest, never a text against itself."""

from __future__ import annotations

import pytest

from tpo.core.pool import best, by_id, contrast, of_round, summarise, with_reward, without_reward
from tpo.core.state import Candidate

FAILED = "failed: x"


def pool(*rows: tuple[str, float | None] | tuple[str, float | None, int]) -> list[Candidate]:
    """Make a pool of (text, reward, round); no reward means it failed."""
    made = []
    for i, (text, reward, *rest) in enumerate(rows):
        nth = rest[0] if rest else 0
        error = FAILED if reward is None else None
        made.append(
            Candidate(
                id=f"c{i}", turn=1, round=nth, index=i, text=text, reward=reward,
                error=error, finish_reason="stop", parent_round=None,
            )
        )  # fmt: skip
    return made


def ids(*found: Candidate | None) -> list[str | None]:
    return [c["id"] if c else None for c in found]


@pytest.mark.parametrize(
    ("rows", "chosen", "rejected"),
    [
        ([("a", 1.0), ("b", 0.0), ("c", 2.0)], "c2", "c1"),
        ([("a", 1.0), ("b", 1.0), ("c", 1.0)], "c0", "c1"),  # ties: the earliest of each
        ([("a", 0.0), ("b", 0.0), ("c", 1.0)], "c2", "c0"),
        ([("a", 1.0), ("a", 0.0)], "c0", None),  # a copy is no contrast
        ([("a", 1.0), ("a", 0.0), ("b", 0.5)], "c0", "c2"),
        ([("a", 1.0)], "c0", None),
        ([("a", 1.0), ("b", None)], "c0", None),  # a failed one is neither
        ([("a", None)], None, None),
        ([], None, None),
        ([("a", -3.0), ("b", -5.0)], "c0", "c1"),
        ([("a", 0.0), ("b", 9.0, 1), ("c", -1.0, 1), ("d", 5.0, 2)], "c1", "c2"),  # whole pool
    ],
)
def test_contrast(rows, chosen, rejected):
    assert ids(*contrast(pool(*rows))) == [chosen, rejected]
    assert ids(best(pool(*rows))) == [chosen]


def test_who_counts():
    some = pool(("a", 1.0), ("b", None), ("c", 2.0, 1))
    waiting: Candidate = {**some[2], "id": "new", "reward": None}
    some.append(waiting)
    assert ids(*with_reward(some)) == ["c0", "c2"]
    assert ids(*of_round(some, 1)) == ["c2", "new"]
    assert ids(*without_reward(some, 1)) == ["new"]
    assert without_reward(some, 0) == []
    assert by_id(some, "new") is waiting
    assert by_id(some, "nobody") is by_id(some, None) is None


def test_summary_of_a_round():
    some = pool(("aaa", 5.0), ("b", 1.0, 1), ("c", 3.0, 1), ("", None, 1))
    record = summarise(some, turn=1, round=1)
    assert (record["chosen"], record["rejected"], record["spread"]) == ("c0", "c1", 4.0)
    assert (record["best"], record["mean"], record["std"]) == (3.0, 2.0, 1.0)
    assert (record["best_length"], record["malformed"], record["picked_by"]) == (3, 1, "reward")
    assert record["loss"] is record["gradient"] is record["error"] is None


def test_vetoes_are_counted_apart():
    some = pool(("aaa", 5.0), ("b", None), ("c", None))
    assert summarise(some, turn=1, round=0)["vetoed"] == 0
    some[1] |= {"error": "vetoed by polite", "failure": "vetoed"}
    record = summarise(some, turn=1, round=0)
    assert (record["vetoed"], record["malformed"]) == (1, 2)


def test_summary_of_a_round_without_a_score():
    record = summarise(pool(("a", None)), turn=1, round=0)
    empty = ("chosen", "rejected", "best", "mean", "std", "spread", "best_length")
    assert [record[name] for name in empty] == [None] * 7  # type: ignore[literal-required]
    assert record["malformed"] == 1
