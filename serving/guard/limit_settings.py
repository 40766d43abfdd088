"""Settings of how much the server takes on, and how long it waits."""

from __future__ import annotations

from pydantic import BaseModel, Field

MAX_MESSAGES = 2000  # of one body: they are checked one by one while every other client waits


class LimitSettings(BaseModel):
    """How much the server takes on, and how long it waits."""

    max_concurrent: int = Field(default=8, ge=1, le=1000, description="Runs at the same time.")
    max_waiting: int = Field(default=100, ge=0, description="Runs of threads that may wait.")
    max_prompt_chars: int = Field(default=200_000, ge=1, description="Characters of a prompt.")
    max_body_bytes: int = Field(default=2_000_000, ge=1000, description="Bytes of a request.")
    max_calls: int = Field(
        default=200,
        ge=1,
        description="Texts a run may ask for: N(D+1) + 2D; with k critiques per round 2kD.",
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
    max_tokens: int = Field(
        default=131_072, ge=1, description="Tokens of one text that a client may ask for."
    )
    run_requests: int = Field(
        default=0, ge=0, description="Requests to models a run may cost; 0 means no limit."
    )
    run_tokens: int = Field(
        default=0, ge=0, description="Tokens a run may cost, in and out; 0 means no limit."
    )
    run_usd: float = Field(
        default=0,
        ge=0,
        description="Dollars a run may cost; 0 means no limit. Every model needs a known price.",
    )
    keep_days: float = Field(
        default=0, ge=0, description="Days a thread is kept after its last change; 0: for ever."
    )
    max_bytes: int = Field(
        default=0,
        ge=0,
        description="Bytes of all threads; beyond, the oldest are removed. 0 means no limit.",
    )
