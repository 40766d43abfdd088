"""What to run: the method, its size, the models, the prompts."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from ..policy_forms import POLICY_FORMS, listed

Mode = Literal["tpo", "adaptive", "best_of_n", "revision"]


class SearchSettings(BaseModel):
    """What to run: the method, its size, the models, the prompts."""

    mode: Mode = Field(
        default="tpo",
        title="Mode",
        description="tpo: contrast best with worst. adaptive: divide each round among fresh "
        "answers, rewrites and answers with advice, by what has paid so far. revision: improve "
        "on the best alone. best_of_n: first samples only.",
    )
    depth: int = Field(
        default=2, ge=0, le=20, title="Depth", description="Rounds of improvement, D."
    )
    width: int = Field(
        default=5, ge=1, le=256, title="Width", description="Candidates per round, N."
    )
    policy: str = Field(
        default="embedded:",
        title="Policy",
        description=f"The model that answers: {listed(POLICY_FORMS)}.",
    )
    policies: tuple[str, ...] = Field(
        default=(),
        title="Policies",
        description="Several models in place of one policy. They divide the first samples; the one "
        "whose answer is the best of these writes all that follows.",
    )
    critic: str = Field(
        default="",
        title="Critic",
        description="Model for loss and gradient; empty means the policy.",
    )
    reward: str = Field(
        default="heuristic",
        title="Reward",
        description="What ranks the candidates. heuristic is a demonstration only.",
    )
    fusion: bool = Field(
        default=False,
        title="Fusion",
        description="In mode adaptive: one answer of each round is made from the best few, in "
        "place of one that the round has most of. It has not paid on a real model so far.",
    )
    critiques: int = Field(
        default=1,
        ge=1,
        le=4,
        title="Critiques",
        description="In mode adaptive: how many critiques a round may have, each of the best "
        "answer against another bad one; the answers that follow are divided among them. Each "
        "further one takes two more requests; a round without critiques has two more answers.",
    )
    prompts: str = Field(
        default="default",
        title="Prompt set",
        description="default, or shared-prefix (one growing conversation, cheaper prefix).",
    )

    @property
    def critique_texts(self) -> int:
        """What the critiques of a round cost, in texts: a loss and a gradient each."""
        return 2 * (self.critiques if self.mode == "adaptive" else 1)
