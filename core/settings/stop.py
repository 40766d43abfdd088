"""When a run ends before its depth is reached: targets, budgets, a person."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

DOLLARS = r"\s*(\d+\.?\d*|\.\d+)\s*"


def checked_price(given: str) -> str:
    """Refuse what is not a price.

    Raises:
        ValueError: it is not one.
    """
    if not re.fullmatch(rf"(.+=)?{DOLLARS}(,{DOLLARS}){{1,2}}", given):
        raise ValueError(
            "give IN,OUT or IN,OUT,CACHED in dollars per million tokens, as 0.25,2,0.025; before "
            "them NAME= if it is not the policy's"
        )
    return given


def one_or_some(given: object) -> object:
    """Return one text as a list of one."""
    return (given,) if isinstance(given, str) else given


class StopSettings(BaseModel):
    """When a run ends before its depth is reached: targets, budgets, a person."""

    target_reward: float | None = Field(
        default=None,
        title="Target reward",
        description="Stop once a candidate reaches this reward.",
    )
    patience: int = Field(
        default=0,
        ge=0,
        title="Patience",
        description="Stop after this many rounds without a better candidate; 0 turns it off.",
    )
    round_price: float = Field(
        default=0.0,
        ge=0,
        title="Round price",
        description="Stop if the next round is not expected to gain this much, in standard "
        "deviations of the first rewards; 0 turns it off.",
    )
    min_spread: float | None = Field(
        default=None,
        ge=0,
        title="Min spread",
        description="Stop if the best reward minus the worst is not above this. Leave empty to go "
        "on, even if all rewards are equal.",
    )
    on_tie: Literal["contrast", "revise"] = Field(
        default="contrast",
        title="On tie",
        description="If different answers all have the same reward: contrast the earliest two, or "
        "revise the earliest alone.",
    )
    budget_requests: int = Field(
        default=0,
        ge=0,
        title="Budget: requests",
        description="Maximum model requests per run; 0 means no limit.",
    )
    budget_tokens: int = Field(
        default=0,
        ge=0,
        title="Budget: tokens",
        description="Maximum input plus output tokens; 0 means no limit.",
    )
    budget_seconds: float = Field(
        default=0.0,
        ge=0,
        title="Budget: seconds",
        description="Maximum working time; 0 means no limit.",
    )
    budget_usd: float = Field(
        default=0.0,
        ge=0,
        title="Budget: dollars",
        description="Maximum price of all requests; 0 means no limit. Needs a known price.",
    )
    price: Annotated[
        tuple[Annotated[str, AfterValidator(checked_price)], ...], BeforeValidator(one_or_some)
    ] = Field(
        default=(),
        title="Price",
        description="IN,OUT or IN,OUT,CACHED: the policy's price in dollars per million tokens; "
        "of another model: NAME=IN,OUT. Empty: as the public table of prices has it.",
    )
    human_pick: bool = Field(
        default=False,
        title="Human pick",
        description="Pause after each ranking so that a person can choose.",
    )
