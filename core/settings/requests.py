"""How requests are sent."""

from __future__ import annotations

from pydantic import BaseModel, Field

from .parameters import Parameters

RETRIES_OF_ROWS = 6  # in place of 2: among many rows a refusal for too many requests is common


class RequestSettings(BaseModel):
    """How requests are sent."""

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
    parameters: Parameters = Field(
        default=(),
        title="Parameters",
        description="NAME=VALUE: further parameters of requests to the policy, as its provider "
        "names them, such as reasoning_effort=low. The value is JSON or plain text.",
    )
