"""The settings of the server: the models it offers, who may use it, and how much."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ConfigDict, Field, field_validator

from ..core.login import has_login
from ..core.settings.parameters import refuse_own_names
from .guard.access_settings import AccessSettings
from .guard.limit_settings import LimitSettings
from .operations.operation_settings import OperationSettings
from .reports.report_settings import ReportSettings

MODELS = {"policy": "TPO_POLICY", "critic": "TPO_CRITIC", "reward": "TPO_REWARD"}


Specs = TypeVar("Specs", str, dict[str, str])


class Settings(AccessSettings, LimitSettings, OperationSettings, ReportSettings):
    """Every setting of the server. Flags of `tpo serve`, or `TPO_SERVE_...` in the environment.

    Example:
        >>> Settings(max_concurrent=4).max_concurrent
        4
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True
    )

    policy: str = Field(default="", description="Default policy; empty: that of tpo.Context.")
    critic: str = Field(default="", description="Default critic; empty: the policy.")
    reward: str = Field(default="", description="Default reward; empty: that of tpo.Context.")
    models: dict[str, str] = Field(
        default_factory=dict, description="Further models: a name, and the policy it stands for."
    )
    any_spec: bool = Field(
        default=False,
        description="Let clients name any policy and reward. A spec can name a server or a file "
        "of yours, or code: only where every client is trusted.",
    )
    ignore_tools: bool = Field(
        default=False,
        description="Answer in words if a client offers tools, rather than refuse: for clients "
        "that always offer some, as Open WebUI does.",
    )
    allow_parameters: tuple[str, ...] = Field(
        default=(),
        description="Parameters of the provider that clients may set, such as reasoning_effort, "
        "top_k or chat_template_kwargs; they reach the policy unchanged.",
    )
    reasoning_field: str = Field(
        default="reasoning_content",
        pattern=r"^\w*$",
        description="Where /v1 shows the steps of a run: reasoning_content, reasoning, or "
        "nothing to hide them.",
    )

    @field_validator("allow_parameters")
    @classmethod
    def _of_a_provider(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        refuse_own_names(given)
        return given

    @field_validator("policy", "critic", "reward", "models")
    @classmethod
    def _without_login(cls, given: Specs) -> Specs:
        for spec in given.values() if isinstance(given, dict) else [given]:
            if has_login(spec):
                raise ValueError(
                    "clients see the names of models, so no login may be in one: set "
                    "TPO_POLICY_API_KEY or TPO_REWARD_API_KEY in the environment instead"
                )
        return given
