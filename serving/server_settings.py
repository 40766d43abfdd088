"""The settings of the server: the models it offers, who may use it, and how much."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from ..core.errors import ConfigError
from ..core.login import has_login

PREFIX = "TPO_SERVE_"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SECRET = ("keys",)
MIN_PUBLIC_KEY = 16  # characters
MAKE_KEY = "openssl rand -hex 16 makes one"
MODELS = {"policy": "TPO_POLICY", "critic": "TPO_CRITIC", "reward": "TPO_REWARD"}


Specs = TypeVar("Specs", str, dict[str, str])


class Settings(BaseModel):
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
    keys: tuple[SecretStr, ...] = Field(
        default=(),
        description="API keys; none: open to all. On an address that others can reach, at least "
        f"{MIN_PUBLIC_KEY} characters: {MAKE_KEY}.",
    )
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
    def _without_login(cls, given: Specs) -> Specs:
        for spec in given.values() if isinstance(given, dict) else [given]:
            if has_login(spec):
                raise ValueError(
                    "clients see the names of models, so no login may be in one: set "
                    "TPO_POLICY_API_KEY or TPO_REWARD_API_KEY in the environment instead"
                )
        return given

    @field_validator("keys")
    @classmethod
    def _usable_keys(cls, given: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        keys = [key.get_secret_value().strip() for key in given]
        if not all(keys):
            raise ValueError(
                f"a key is empty, as an unset variable makes it: give each a value ({MAKE_KEY}), "
                f"or leave --key and {PREFIX}KEYS out for a server without keys"
            )
        if not all(key.isascii() and key.isprintable() for key in keys):
            raise ValueError(
                "a key holds characters that not every client can send in a header: take ASCII "
                f"letters, digits and signs ({MAKE_KEY})"
            )
        return tuple(SecretStr(key) for key in keys)

    @property
    def is_public(self) -> bool:
        """Whether other machines can reach the server."""
        return self.host not in LOOPBACK

    def check(self) -> None:
        """Refuse what would be unsafe.

        Raises:
            ConfigError: everyone on the network could spend the owner's money, or guess a key.
        """
        if self.is_public and not self.keys:
            raise ConfigError(
                f"{self.host} can be reached from other machines, and there is no API key: set "
                f"{PREFIX}KEYS=... in the environment ({MAKE_KEY}), or listen on 127.0.0.1"
            )
        short = any(len(key.get_secret_value()) < MIN_PUBLIC_KEY for key in self.keys)
        if self.is_public and short:
            raise ConfigError(
                f"{self.host} can be reached from other machines, and an API key is shorter than "
                f"{MIN_PUBLIC_KEY} characters, so it could be guessed: take a longer one "
                f"({MAKE_KEY}), or listen on 127.0.0.1"
            )
