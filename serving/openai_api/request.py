"""A request for a chat completion: what it may hold, and what that means for a run."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from langchain_core.messages import BaseMessage
from pydantic import BaseModel, ConfigDict, Field, field_validator

from ...core.context import Context
from ...core.json_types import JsonObject
from ..guard.limit_settings import MAX_MESSAGES
from ..served_models import ServedModel
from ..server_settings import Settings
from .asked_form import AskedForm, asked_form
from .asked_settings import asked_settings, checked_context, checked_messages
from .checked_body import checked_body
from .turn import Turn


class StreamOptions(BaseModel):
    """How a stream is wanted."""

    include_usage: bool = Field(default=False, description="Send the usage before the end.")


class ChatRequest(BaseModel):
    """The body of POST /v1/chat/completions."""

    model_config = ConfigDict(extra="allow")

    model: str = Field(description="One of GET /v1/models.")
    messages: list[Turn] = Field(
        min_length=1, max_length=MAX_MESSAGES, description="The conversation; text only."
    )
    stream: bool | None = Field(default=None, description="Send the answer piece by piece.")
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = Field(
        default=None, description="Only 1: TPO returns one answer, the best; see tpo.width."
    )
    temperature: float | None = Field(default=None, ge=0, le=2, description="Of the candidates.")
    top_p: float | None = Field(default=None, gt=0, le=1, description="Of the candidates.")
    max_tokens: int | None = Field(default=None, ge=1, description="Of each candidate.")
    max_completion_tokens: int | None = Field(default=None, ge=1, description="The same.")
    stop: str | list[str] | None = Field(default=None, description="Texts that end an answer.")
    seed: int | None = Field(
        default=None, description="Of the candidates and critiques; -1 sets none."
    )
    response_format: JsonObject | None = Field(
        default=None, description="text, json_object or json_schema."
    )
    tpo: JsonObject = Field(
        default_factory=dict, description="Any setting of tpo.Context: depth, width, reward, ..."
    )

    @field_validator("tpo", mode="before")
    @classmethod
    def take_null(cls, tpo: object) -> object:
        """Take `null` for no settings."""
        return {} if tpo is None else tpo

    @field_validator("max_tokens", "max_completion_tokens", "seed", mode="before")
    @classmethod
    def take_minus_one(cls, number: object) -> object:
        """Take -1 for "without", as local servers do."""
        return None if number == -1 else number

    @field_validator("n", mode="before")
    @classmethod
    def _only_one(cls, n: object) -> object:
        if n not in (None, 1) or isinstance(n, bool):  # not a set: n may be unhashable
            raise ValueError(
                "only n=1 is offered: TPO draws many candidates and returns the best of them; "
                "set how many with tpo.width"
            )
        return n

    @cached_property
    def form(self) -> AskedForm:
        """The form of the answer; a function that has to be called is one too.

        Raises:
            Refusal: it cannot be used (400).
        """
        return asked_form(self.response_format, self.model_extra or {})

    def conversation(self, settings: Settings) -> list[BaseMessage]:
        """Return the messages, checked.

        Raises:
            Refusal: they are too long, or there is nothing to answer (400).
        """
        turns = [message.as_turn() for message in self.messages]
        return checked_messages(turns, settings, "messages")

    def context(self, served: ServedModel, server: Settings) -> Context:
        """Return the settings of the run: OpenAI's names, then those of `tpo`.

        What is neither goes to the policy, if the server allows it.

        Raises:
            Refusal: one of them is wrong (400).
        """
        stops = [self.stop] if isinstance(self.stop, str) else self.stop or []
        given: JsonObject = {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "max_tokens": self.max_completion_tokens or self.max_tokens,
            "stop_sequences": [text for text in stops if text] or None,
            "answer_schema": self.form.schema,
            "seed": None if self.seed is None else self.seed % 2**31,
        }
        more = {**(self.model_extra or {})}
        if self.form.function:
            del more["tools"]  # it is the form of the answer
        return checked_context(served, asked_settings(given, self.tpo, more, server))


def read_request(body: object) -> ChatRequest:
    """Check a body.

    Raises:
        Refusal: something in it is wrong (400).
    """
    return checked_body(ChatRequest, body)
