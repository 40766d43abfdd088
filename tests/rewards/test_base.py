"""The contract of a reward: one finite number or one reason per answer, never a default."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from tpo.core.errors import RewardError
from tpo.rewards.base import Reward, checked, scored, unscored

MESSAGES = [HumanMessage("Why?")]


class Fixed:
    """Returns what it was given."""

    name, batch_size, notice = "fixed", None, ""

    def __init__(self, results: Any) -> None:
        self.results = results

    async def score(self, messages: Any, answers: Any) -> Any:
        return self.results


class Numpyish:
    """A number of another library."""

    def __float__(self) -> float:
        return 0.25


def test_the_example_of_the_docs_is_a_reward():
    assert isinstance(Fixed([]), Reward)


@pytest.mark.parametrize(
    ("value", "number"),
    [(1, 1.0), (0, 0.0), (-2.5, -2.5), (True, 1.0), (Numpyish(), 0.25), (Decimal("0.5"), 0.5),
     (Fraction(1, 4), 0.25), (-1e100, -1e100)],
)  # fmt: skip
async def test_numbers_of_every_kind(value, number):
    (result,) = await checked(Fixed([scored(value)]), MESSAGES, ["a"])
    assert result == {"reward": number, "error": None}
    assert type(result["reward"]) is float


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (float("nan"), "reward 'fixed' gave nan, which is not a finite number"),
        (float("inf"), "reward 'fixed' gave inf, which is not a finite number"),
        (float("-inf"), "reward 'fixed' gave -inf, which is not a finite number"),
        (-1e308, "reward 'fixed' gave -1e+308, which is too large to compare with: stay within"),
        (10**400, "which is not a number"),
        ("0.5", "reward 'fixed' gave '0.5', which is not a number"),
        ("high", "reward 'fixed' gave 'high', which is not a number"),
        (1j, "reward 'fixed' gave 1j, which is not a number"),
        ([1.0], "reward 'fixed' gave [1.0], which is not a number"),
        (None, "reward 'fixed' gave None, which is not a number"),
    ],
)
async def test_anything_else_is_an_error_and_hurts_no_other_answer(value, reason):
    first, second = await checked(Fixed([scored(value), scored(2.0)]), MESSAGES, ["a", "b"])
    assert first["reward"] is None
    assert reason in str(first["error"])
    assert second == scored(2.0)


async def test_the_rewards_own_reason_is_kept_and_beats_a_number():
    odd: Any = {"reward": 0.0, "error": "the judge gave up"}
    results = await checked(Fixed([unscored("no verdict"), odd]), MESSAGES, ["a", "b"])
    assert results == [unscored("no verdict"), unscored("the judge gave up")]


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ([], "returned 0 results for 2 answers; it must return one each"),
        ([scored(1)] * 3, "returned 3 results for 2 answers"),
        (None, "returned NoneType results for 2 answers"),
        (1.5, "returned float results for 2 answers"),
        ([0.5, 0.7], "returned 0.5 for an answer; it must return scored(number) or unscored(r"),
        ([{}, {}], "returned {} for an answer; it must return scored(number)"),
    ],
)
async def test_a_reward_that_breaks_its_contract_is_told_how(results, said):
    with pytest.raises(RewardError) as caught:
        await checked(Fixed(results), MESSAGES, ["a", "b"])
    assert str(caught.value).startswith("reward 'fixed' ")
    assert said in str(caught.value)


async def test_no_answers_no_results():
    assert await checked(Fixed([]), MESSAGES, []) == []
