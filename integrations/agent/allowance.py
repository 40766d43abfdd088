"""What a whole conversation may spend on searches, and how much of it is left."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.context import Context
from ...core.errors import ConfigError
from ...core.usage import Cost, add_costs, cost, tokens_for_budget


def add_spent(so_far: Cost | None, more: Cost | None) -> Cost:
    """Reducer of the agent's channel: the sum over the turns of the thread."""
    return add_costs(cost(**(so_far or cost())), cost(**(more or cost())))


@dataclass(frozen=True)
class Allowance:
    """How much all searches of one thread may cost; 0 for no limit.

    Raises:
        ConfigError: a negative limit.
    """

    requests: int = 0
    tokens: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        for name, limit in vars(self).items():
            if limit < 0:
                raise ConfigError(f"conversation_{name}={limit}: give a limit, or 0 for none")

    def used_up(self, spent: Cost) -> str:
        """Return which limit the thread has reached, or ""."""
        limits = vars(self).items()
        gone = next((n for n, limit in limits if limit and _of(spent, n) >= limit), "")
        return gone and f"budget: the conversation's {vars(self)[gone]:g} {gone} are used up"

    def narrow(self, context: Context, spent: Cost) -> Context:
        """Return the settings of the next search, with no more budget than is left."""
        left = {n: limit - _of(spent, n) for n, limit in vars(self).items() if limit}
        budgets = {f"budget_{name}": value for name, value in left.items()}
        own = {name: getattr(context, name) for name in budgets}
        least = {name: min(own[name] or value, value) for name, value in budgets.items()}
        return context.model_copy(update=least)


def _of(spent: Cost, name: str) -> float:
    if name == "tokens":
        return tokens_for_budget(spent)
    return spent["requests"] if name == "requests" else spent["seconds"]
