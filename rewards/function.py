"""What users write themselves as a reward: a function `(query, answer)`, or an object."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from langchain_core.messages import AnyMessage

from ..core.conversation import read_conversation
from ..core.errors import ConfigError, RewardError, cause_of
from ..core.feedback import Check
from ..core.user_code.contain import contained
from ..core.user_code.own_thread import in_own_thread
from .base import Reward, Score
from .planned_reward import PlannedReward
from .returned import score_of
from .signature import check_function, check_object

Returned = float | Score | tuple[float, str | list[Check]] | Mapping[str, object]
"""What a function may return: a number, or a number with words; see `score_of`."""
RewardFunction = Callable[[str, str], Returned] | Callable[[str, str], Awaitable[Returned]]
OwnReward = Reward | PlannedReward | RewardFunction


@dataclass(frozen=True)
class FunctionReward:
    """Scores with a function of the query and the answer.

    A sync function runs in a thread of its own, so it may block; an async one is awaited, and
    must not. Each answer is one call and is saved by itself. Whatever the function raises,
    `SystemExit` included, fails that one candidate and is reported on it.

    Args:
        function: Returns a finite number, higher is better; or the number and why, as
            `scored(0.5, feedback="...")`, a pair `(0.5, "...")`, or what an evaluator of OpenEvals,
            inspect or DSPy returns.
        title: What events and reports call it; default: the function's name.

    Raises:
        ConfigError: the function cannot be called with a query and an answer.

    Example:
        >>> reward = FunctionReward(lambda query, answer: -len(answer))
    """

    function: RewardFunction
    title: str = ""
    batch_size: int | None = 1
    notice: str = ""

    def __post_init__(self) -> None:
        check_function(self.function, self.name)

    @property
    def name(self) -> str:
        """The title, else the function's own name."""
        return self.title or getattr(self.function, "__name__", type(self.function).__name__)

    @property
    def varies(self) -> bool:
        """Whether the function says of itself that another call may return something else."""
        return bool(getattr(self.function, "varies", False))

    async def score(self, messages: Sequence[AnyMessage], answers: Sequence[str]) -> list[Score]:
        """Call the function once per answer."""
        query = read_conversation(messages).query
        scores: list[Score] = []
        for answer in answers:
            try:
                scores.append(await contained(self._score(query, answer)))
            except Exception as error:
                raise RewardError(f"reward {self.name!r} failed: {cause_of(error)}") from error
        return scores

    async def _score(self, query: str, answer: str) -> Score:
        """Call the function; what it returns may be anything."""
        returned: Returned | Awaitable[Returned]
        if inspect.iscoroutinefunction(self.function):
            returned = self.function(query, answer)
        else:
            returned = await in_own_thread(self.function, self.function, query, answer)
        return score_of(await returned if inspect.isawaitable(returned) else returned)


def as_reward(given: OwnReward) -> Reward | PlannedReward:
    """Return the reward that an object or a function stands for.

    Raises:
        ConfigError: neither, or one that cannot be called as a reward.
    """
    if isinstance(given, type):
        raise ConfigError(f"{given.__name__} is a class: give an instance, {given.__name__}(...)")
    if isinstance(given, PlannedReward | Reward):
        check_object(given)
        return given
    if callable(given):
        return FunctionReward(given)
    raise ConfigError(
        f"{type(given).__name__} is not a reward: give a function (query, answer) -> float, "
        "an object with name, batch_size, notice and async score(messages, answers), or a spec; "
        "inside another reward, resolve_reward(SPEC)"
    )
