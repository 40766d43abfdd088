"""Every setting of a run, with its default and bounds. Defaults live here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .login import without_login
from .policy_forms import POLICY_FORMS, listed

Mode = Literal["tpo", "best_of_n", "revision"]


class Context(BaseModel):
    """How to run: search size, sampling, models, stop rules, budget.

    Passed as `context=` to a compiled graph, as keywords to `tpo.align`, or filled
    in as a form in LangGraph Studio. The defaults are the paper's D2-N5.

    Raises:
        pydantic.ValidationError: a value is out of bounds, or a name is unknown.

    Example:
        >>> Context(depth=1, width=3).width
        3
    """

    # Errors of pydantic name the setting and leave the values out: a spec may hold a login.
    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True
    )

    # --- what to run -------------------------------------------------------
    mode: Mode = Field(
        default="tpo",
        title="Mode",
        description="tpo: contrast best with worst. revision: improve on the best alone. "
        "best_of_n: first samples only.",
    )
    depth: int = Field(
        default=2, ge=0, le=20, title="Depth", description="Rounds of improvement, D."
    )
    width: int = Field(
        default=5, ge=1, le=64, title="Width", description="Candidates per round, N."
    )
    policy: str = Field(
        default="embedded:",
        title="Policy",
        description=f"The model that answers: {listed(POLICY_FORMS)}.",
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
    prompts: str = Field(
        default="default",
        title="Prompt set",
        description="default, or shared-prefix (one growing conversation, cheaper prefix).",
    )

    # --- sampling ----------------------------------------------------------
    temperature: float | None = Field(
        default=0.7, ge=0, le=2, title="Temperature", description="Leave empty for the model's own."
    )
    top_p: float | None = Field(
        default=0.95, gt=0, le=1, title="Top-p", description="Leave empty for the model's own."
    )
    max_tokens: int | None = Field(
        default=2048, ge=1, title="Max tokens", description="Maximum new tokens per answer."
    )
    critique_temperature: float | None = Field(
        default=0.7, ge=0, le=2, title="Critique temperature", description="For loss and gradient."
    )
    critique_max_tokens: int | None = Field(
        default=1024, ge=1, title="Critique max tokens", description="For loss and gradient."
    )
    seed: int | None = Field(
        default=None,
        ge=0,
        lt=2**31,
        title="Seed",
        description="Makes answers and critiques repeatable, if the server honours seeds.",
    )
    sampling: Literal["auto", "native", "parallel"] = Field(
        default="auto",
        title="Sampling",
        description="native: one request with n=N. parallel: N requests. auto tries native first.",
    )
    stop_sequences: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=(),
        title="Stop sequences",
        description="An answer ends before the first of these texts.",
    )
    update_format: Literal["auto", "tags", "json"] = Field(
        default="auto",
        title="Update format",
        description="How an update marks its answer: tags, or structured output (json). "
        "auto uses json only for models known to need it.",
    )
    clip_tokens: int = Field(
        default=4096,
        ge=32,
        title="Clip tokens",
        description="Texts longer than about this many tokens are shortened in critique prompts, "
        "with a mark at the cut. The pool keeps and scores the whole text.",
    )
    live: bool = Field(
        default=True, title="Live text", description="Stream text as it is written, if possible."
    )

    # --- requests ----------------------------------------------------------
    max_concurrency: int = Field(
        default=16,
        ge=1,
        le=256,
        title="Max concurrency",
        description="Maximum requests in flight per run.",
    )
    timeout: float = Field(
        default=120.0, gt=0, le=3600, title="Timeout", description="Seconds one request may take."
    )
    retries: int = Field(
        default=2,
        ge=0,
        le=10,
        title="Retries",
        description="Further tries after a rate limit, a server error (5xx) or a lost connection.",
    )

    # --- the reward -------------------------------------------------------
    on_reward_failure: Literal["skip", "raise", "degrade"] = Field(
        default="skip",
        title="On reward failure",
        description="If a candidate cannot be scored: skip leaves it out, raise ends the run, "
        "degrade ranks the whole pool with the fallback reward from then on.",
    )
    fallback_reward: str = Field(
        default="", title="Fallback reward", description="The reward that takes over after degrade."
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
    guard_tolerance: float = Field(
        default=0.0,
        ge=0,
        title="Guard tolerance",
        description="How far the held-out reward may fall below its best, in its own units, "
        "before the guard reacts. Set it to that reward's noise: how much its scores of one "
        "answer vary.",
    )

    # --- when to stop early ------------------------------------------------
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
    min_spread: float = Field(
        default=0.0,
        ge=0,
        title="Min spread",
        description="Stop if the best reward minus the worst is not above this.",
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
    human_pick: bool = Field(
        default=False,
        title="Human pick",
        description="Pause after each ranking so that a person can choose.",
    )

    @model_validator(mode="before")
    @classmethod
    def _known_names_only(cls, values: object) -> object:
        if isinstance(values, Mapping):
            unknown = [str(name) for name in values if name not in cls.model_fields]
            if unknown:
                valid = ", ".join(cls.model_fields)
                raise ValueError(f"unknown setting {', '.join(unknown)}. Valid settings: {valid}")
        return values

    def __repr_args__(self) -> Iterable[tuple[str | None, object]]:
        for name, value in super().__repr_args__():
            yield name, without_login(value) if isinstance(value, str) else value

    @property
    def rounds(self) -> int:
        """Rounds after the first samples: `depth`, or 0 in best-of-N mode."""
        return 0 if self.mode == "best_of_n" else self.depth
