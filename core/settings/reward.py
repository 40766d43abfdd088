"""What happens around the reward: failures, and the guard."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class RewardSettings(BaseModel):
    """What happens around the reward: failures, feedback, and the guard."""

    on_reward_failure: Literal["skip", "raise", "degrade"] = Field(
        default="skip",
        title="On reward failure",
        description="If a candidate cannot be scored: skip leaves it out, raise ends the run, "
        "degrade ranks the whole pool with the fallback reward from then on.",
    )
    fallback_reward: str = Field(
        default="", title="Fallback reward", description="The reward that takes over after degrade."
    )
    feedback: Literal["show", "hide"] = Field(
        default="show",
        title="Feedback",
        description="What the reward says of an answer beside its number: show it to the models "
        "that write loss, gradient and update, or hide it from them.",
    )
    ratings: int | None = Field(
        default=None,
        ge=1,
        le=16,
        title="Ratings of the best",
        description="How many times a judge rates an answer before it may lead, so that luck "
        "does not choose: its reward is then the mean. Empty: 3 in mode adaptive, else 1. "
        "Rewards that say the same when asked again are not asked.",
    )
    heldout: str = Field(
        default="",
        title="Held-out reward",
        description="Scores the chosen answer of each round but does not steer the search. Shows "
        "whether the reward is being gamed.",
    )
    guard: Literal["report", "stop"] = Field(
        default="report",
        title="Guard",
        description="If the reward rises while the held-out reward falls: report it, or stop and "
        "return the answer that the held-out reward scored highest.",
    )
    guard_tolerance: float | None = Field(
        default=None,
        ge=0,
        title="Guard tolerance",
        description="How far the held-out reward may fall below its best, in its own units, "
        "before the guard reacts. Empty: by its noise; before an alarm it scores up to six more "
        "answers of each of two rounds, to tell a fall from bad luck.",
    )
