"""How texts are sampled and shown in prompts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from ..answer_schema import checked_schema, typed_schema
from ..json_types import JsonObject


class SamplingSettings(BaseModel):
    """How texts are sampled and shown in prompts."""

    temperature: float | None = Field(
        default=0.7, ge=0, le=2, title="Temperature", description="Leave empty for the model's own."
    )
    top_p: float | None = Field(
        default=0.95, gt=0, le=1, title="Top-p", description="Leave empty for the model's own."
    )
    max_tokens: int | None = Field(
        default=2048,
        ge=1,
        title="Max tokens",
        description="Maximum new tokens per answer. Unless it is set, a limit that the model was "
        "built with wins.",
    )
    critique_temperature: float | None = Field(
        default=0.7, ge=0, le=2, title="Critique temperature", description="For loss and gradient."
    )
    critique_max_tokens: int | None = Field(
        default=1024,
        ge=1,
        title="Critique max tokens",
        description="For loss and gradient. Unless it is set, at least the limit that "
        "the model was built with.",
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
    answer_schema: Annotated[
        Annotated[JsonObject, AfterValidator(checked_schema)] | None, BeforeValidator(typed_schema)
    ] = Field(
        default=None,
        title="Answer schema",
        description="A JSON schema that the answer must fit. Models are asked for it; an answer "
        "that does not fit is ruled out, and the feedback says what is wrong with it.",
    )
    reasoning: Literal["separate", "keep"] = Field(
        default="separate",
        title="Reasoning",
        description="What becomes of reasoning that a model marks in its text, <think> and the "
        "like. separate: it is kept beside the answer, not scored. keep: it stays in first "
        "answers and drafts, for formats that such tags belong to.",
    )
    clip_tokens: int = Field(
        default=4096,
        ge=32,
        title="Clip tokens",
        description="Texts longer than about this many tokens are shortened in the prompts of "
        "critics and judges, with a mark at the cut. The pool keeps the whole text, and other "
        "rewards score it.",
    )
    live: bool = Field(
        default=True, title="Live text", description="Stream text as it is written, if possible."
    )
