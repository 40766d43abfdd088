"""The contract of a reward, and the one check that the results of plain rewards go through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from langchain_core.messages import AnyMessage

from ..core.errors import RewardError, cause_of, evidence
from ..core.read_feedback import read_feedback
from ..core.state import Score
from ..core.user_code.contain import contained
from .number import number_of, what_it_is, why_unusable

__all__ = ["Reward", "Score", "checked", "failed", "scored", "sound", "unscored"]


@runtime_checkable
class Reward(Protocol):
    """Scores answers to one conversation. Higher is better; the scale is its own.

    Contract:

    - `score` returns exactly one result per answer, in the order of the answers.
    - A result is `scored(x)` with a finite number, or `unscored(reason)`. Never a default
      number: NaN and infinities are turned into errors by `checked`.
    - A result may say why (`feedback`, `checks`), but not give away a reference answer.
    - One answer that cannot be scored is an `unscored` result; raise only when the whole
      call failed (the server is down). A raised call is asked again when the run resumes.
    - A `failure` of "vetoed" beside the reason rules the answer out: that is not a failed score.
    - It holds configuration only; equal calls may be made in any order and concurrently.
    - It sees the conversation and the answers, never our prompts.
    - One with `varies = True` may say something else later: the answer that leads is rated again.
    - It may have `async def ready(job)`, which raises before anything is paid if it cannot be
      used, and `async def probe()`, which returns a sentence about what looks wrong, or "".

    Attributes:
        name: Names the reward in events and reports.
        batch_size: Most answers per call; `None` takes all of a round at once. Each call
            is paid for and saved as one unit. With 1, each answer is scored as it arrives.
        notice: A sentence users must read whenever it is used, or "".

    Example:
        >>> class Shortest:
        ...     name, batch_size, notice = "shortest", None, ""
        ...     async def score(self, messages, answers):
        ...         return [scored(-len(answer)) for answer in answers]
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def batch_size(self) -> int | None: ...  # noqa: D102
    @property
    def notice(self) -> str: ...  # noqa: D102

    async def score(self, messages: Sequence[AnyMessage], answers: Sequence[str]) -> list[Score]:
        """Score each of `answers` as the next turn of the conversation `messages`."""
        ...


def scored(reward: float, feedback: str | None = None, checks: Iterable[object] = ()) -> Score:
    """Return the result for a scored answer.

    Args:
        reward: A finite number; higher is better.
        feedback: Why, in words (8,000 characters). Critics are shown it: no reference answers.
        checks: What was looked at (100 at most): `{"criterion": "no commas", "passed": False,
            "why": "it has 3"}`, with `score` in place of `passed` for a degree; or briefly
            `{"no commas": False}`.

    Example:
        >>> scored(0.4, feedback="two of five tests fail")
        {'reward': 0.4, 'error': None, 'feedback': 'two of five tests fail'}
    """
    score = Score(reward=reward, error=None)
    return {**score, **read_feedback(feedback, checks)}


def unscored(reason: str) -> Score:
    """Return the result for an answer without a score.

    Example:
        >>> unscored("the verdict could not be read")
        {'reward': None, 'error': 'the verdict could not be read', 'failure': 'unscored'}
    """
    return Score(reward=None, error=reason, failure="unscored")


def failed(error: BaseException) -> Score:
    """Return the result for an answer whose scoring raised.

    Example:
        >>> failed(ConnectionError("no route"))["error"]
        'ConnectionError: no route'
    """
    return unscored(cause_of(error))


async def checked(
    reward: Reward, messages: Sequence[AnyMessage], answers: Sequence[str]
) -> list[Score]:
    """Call a reward and hold it to its contract.

    Returns:
        One result per answer; anything but a finite number is an error with a reason.

    Raises:
        RewardError: it returned another number of results than it was asked for.
    """
    results = await contained(reward.score(messages, answers))
    if not isinstance(results, Sequence) or len(results) != len(answers):
        came = len(results) if isinstance(results, Sequence) else type(results).__name__
        raise RewardError(
            f"reward {reward.name!r} returned {came} results for {len(answers)} answers; "
            "it must return one each"
        )
    return [sound(reward.name, result) for result in results]


def sound(name: str, result: Score) -> Score:
    """Return a score as it may enter the pool: a finite number, or the reason there is none.

    Args:
        name: The reward's name, for the reason.
        result: What the reward gave. Its number may be anything, of numpy or torch for instance.

    Raises:
        RewardError: it is not a score at all.
    """
    if not isinstance(result, Mapping) or not {"reward", "error"} <= result.keys():
        raise RewardError(
            f"reward {name!r} returned {evidence(repr(result))} for an answer; "
            "it must return scored(number) or unscored(reason)"
        )
    words = read_feedback(result.get("feedback"), result.get("checks"))
    if why := result["error"]:
        vetoed = result.get("failure") == "vetoed"
        return {**unscored(why), "failure": "vetoed" if vetoed else "unscored", **words}
    value = result["reward"]
    try:
        number = number_of(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        said = f"reward {name!r} gave {evidence(repr(value))}, which is not a number"
        return unscored(said + what_it_is(value))
    if why := why_unusable(number):
        return unscored(f"reward {name!r} gave {number}, {why}")
    return {**scored(number), **words}
