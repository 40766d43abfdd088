"""Settings of what a server tells the one who runs it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, SecretStr, field_validator

MIN_METRICS_KEY = 16  # characters


class OperationSettings(BaseModel):
    """What the server tells the one who runs it."""

    log_format: Literal["plain", "json"] = Field(
        default="plain", description="How the lines of the log are written: plain or json."
    )
    log_level: Literal["debug", "info", "warning"] = Field(
        default="info",
        description="The lowest level that is logged: debug (health and the page's files too, and "
        "the words of unexpected errors, which may quote prompts), info, or warning.",
    )
    metrics_key: SecretStr | None = Field(
        default=None,
        description="A key that reads /metrics and nothing else, of at least "
        f"{MIN_METRICS_KEY} characters; a key of yours or an admin's reads it too.",
    )

    @field_validator("metrics_key")
    @classmethod
    def _long_enough(cls, given: SecretStr | None) -> SecretStr | None:
        if given and len(given.get_secret_value().strip()) < MIN_METRICS_KEY:
            raise ValueError(
                f"it has fewer than {MIN_METRICS_KEY} characters, so it could be guessed: "
                "openssl rand -hex 16 makes a longer one"
            )
        return given
