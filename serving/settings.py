"""How the server is set up: models it offers, who may use it, how much of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from ..core.errors import ConfigError, evidence
from ..core.login import has_login
from ..core.settings import explain

PREFIX = "TPO_SERVE_"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MODELS = {"policy": "TPO_POLICY", "critic": "TPO_CRITIC", "reward": "TPO_REWARD"}


class Settings(BaseModel):
    """Every setting of the server. Flags of `tpo serve`, or `TPO_SERVE_...` in the environment.

    Example:
        >>> Settings(max_concurrent=4).max_concurrent
        4
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

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
        description="Answer in words where a client offers tools, rather than refuse: for clients "
        "that always offer some, as Open WebUI does.",
    )
    keys: tuple[SecretStr, ...] = Field(default=(), description="API keys; none: open to all.")
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port; 0 takes a free one.")
    hosts: tuple[str, ...] = Field(
        default=(), description="Further names the server answers to, behind a proxy."
    )
    origins: tuple[str, ...] = Field(
        default=(), description="Web pages of other origins that may use the server."
    )
    data: Path | None = Field(default=None, description="Folder of threads and runs.")
    max_concurrent: int = Field(default=8, ge=1, le=1000, description="Runs at the same time.")
    max_waiting: int = Field(default=100, ge=0, description="Runs of threads that may wait.")
    max_prompt_chars: int = Field(default=200_000, ge=1, description="Characters of a prompt.")
    max_body_bytes: int = Field(default=2_000_000, ge=1000, description="Bytes of a request.")
    max_calls: int = Field(
        default=200, ge=1, description="Texts a run may ask for: N(D+1) + 2D of width and depth."
    )
    max_connections: int = Field(default=1000, ge=1, description="Open connections.")
    run_seconds: float = Field(default=900, gt=0, description="Seconds a run may take.")
    drain_seconds: float = Field(
        default=10, ge=0, description="Seconds a stopping server waits for requests to models."
    )
    heartbeat_seconds: float = Field(default=10, gt=0, description="Silence before a heartbeat.")
    patience_seconds: float = Field(
        default=30, gt=0, description="Seconds a client may take to send, or to read a piece."
    )
    reasoning_field: str = Field(
        default="reasoning_content",
        pattern=r"^\w*$",
        description="Where /v1 shows the steps of a run: reasoning_content, reasoning, or "
        "nothing to hide them.",
    )

    @field_validator("policy", "critic", "reward", "models")
    @classmethod
    def _without_login(cls, given: Any) -> Any:
        for spec in given.values() if isinstance(given, dict) else [given]:
            if has_login(spec):
                raise ValueError(
                    "clients see the names of models, so no login may be in one: set "
                    "TPO_POLICY_API_KEY or TPO_REWARD_API_KEY in the environment instead"
                )
        return given

    @property
    def is_public(self) -> bool:
        """Whether other machines can reach the server."""
        return self.host not in LOOPBACK

    def check(self) -> None:
        """Refuse what would be unsafe.

        Raises:
            ConfigError: everyone on the network could spend the owner's money.
        """
        if self.is_public and not self.keys:
            raise ConfigError(
                f"{self.host} can be reached from other machines, and there is no API key: set "
                f"{PREFIX}KEYS=... in the environment, or listen on 127.0.0.1"
            )


def make_settings(given: Mapping[str, Any]) -> Settings:
    """Return settings from flags, and from the environment where a flag is missing.

    Raises:
        ConfigError: in one sentence, what is wrong. Values of keys are never in it.
    """
    values = {**from_environment(os.environ), **given}
    try:
        return Settings(**values)
    except ValidationError as error:
        raise ConfigError(evidence(explain(error))) from None


def from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that the environment holds; lists are separated by commas."""
    values: dict[str, Any] = {}
    for name in Settings.model_fields:
        said = environment.get(MODELS.get(name) or f"{PREFIX}{name.upper()}")
        if not said:
            continue
        parts = [part.strip() for part in said.split(",") if part.strip()]
        if name == "models":
            values[name] = named_models(parts)
        else:
            values[name] = parts if name in {"keys", "hosts", "origins"} else said
    return values


def named_models(pairs: list[str]) -> dict[str, str]:
    """Read NAME=SPEC pairs.

    Raises:
        ConfigError: there is no `=` in one.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        name, _, found[name] = pair.partition("=")
    for name, spec in found.items():
        if not name or not spec:
            raise ConfigError(f"{name!r} names no model: give NAME=SPEC, as fast=openai:gpt-5-mini")
    return found
