"""A request for a chat completion: what it may hold, and what that means for a run."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from langchain_core.messages import BaseMessage
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ...core.context import Context
from ...core.conversation import read_conversation, to_messages
from ...core.errors import ConfigError, InputError
from ...core.json_types import JsonObject
from ...core.make_context import explain
from ..error_responses import Refusal
from ..served_models import ServedModel
from ..server_settings import Settings
from .asked_form import AskedForm, asked_form
from .turn import Turn

NOT_OFFERED = {
    "tools": "tools are not offered here, but for one that tool_choice names: put TPO into an "
    "agent (tpo.TPOMiddleware) or leave them out; for clients that always send some, start the "
    "server with --ignore-tools",
    "functions": "functions are not offered here: leave them out",
    "audio": "audio is not offered here: the answer is text",
    "logit_bias": "logit_bias is not offered here: leave it out",
    "logprobs": "logprobs are not offered here: leave them out",
    "top_logprobs": "logprobs are not offered here: leave them out",
    "presence_penalty": "presence_penalty is not offered here: leave it out",
    "frequency_penalty": "frequency_penalty is not offered here: leave it out",
}


class StreamOptions(BaseModel):
    """How a stream is wanted."""

    include_usage: bool = Field(default=False, description="Send the usage before the end.")


class ChatRequest(BaseModel):
    """The body of POST /v1/chat/completions."""

    model_config = ConfigDict(extra="allow")

    model: str = Field(description="One of GET /v1/models.")
    messages: list[Turn] = Field(min_length=1, description="The conversation; text only.")
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

    def refuse_the_rest(self, *, ignore_tools: bool) -> None:
        """Refuse what is not offered here and would change the answer.

        Args:
            ignore_tools: Whether to ignore tools that the answer need not use.

        Raises:
            Refusal: something is not offered (400).
        """
        more = self.model_extra or {}
        if self.form.function:
            more = {name: value for name, value in more.items() if name != "tools"}
        if ignore_tools and more.get("tool_choice", "auto") in ("auto", "none", None):
            more = {name: value for name, value in more.items() if name != "tools"}
        for name, message in NOT_OFFERED.items():
            if more.get(name):
                raise Refusal(400, message, param=name, code="unsupported_parameter")

    def conversation(self, settings: Settings) -> list[BaseMessage]:
        """Return the messages, checked.

        Raises:
            Refusal: they are too long, or there is nothing to answer (400).
        """
        turns = [message.as_turn() for message in self.messages]
        size = sum(len(turn["content"]) for turn in turns)
        if size > settings.max_prompt_chars:
            raise Refusal(
                400,
                f"the messages hold {size} characters; this server takes "
                f"{settings.max_prompt_chars}",
                param="messages",
                code="context_length_exceeded",
            )
        try:
            messages = to_messages(turns)
            read_conversation(messages)
        except InputError as error:
            raise Refusal(400, str(error), param="messages") from None
        return [*messages]

    def context(self, served: ServedModel) -> Context:
        """Return the settings of the run: OpenAI's names, then those of `tpo`.

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
        settings = {name: value for name, value in given.items() if value is not None}
        try:
            context = served.context(**{"live": False, **settings, **self.tpo})
        except ConfigError as error:
            raise Refusal(400, f"tpo: {error}", param="tpo") from None
        if context.human_pick:
            message = (
                "tpo.human_pick pauses a run, and /v1 has no way to answer: use the page, /app/"
            )
            raise Refusal(400, message, param="tpo", code="unsupported_parameter")
        return context


def read_request(body: object, settings: Settings) -> ChatRequest:
    """Check a body.

    Raises:
        Refusal: something in it is wrong (400).
    """
    if not isinstance(body, Mapping):
        raise Refusal(400, "the body is not a JSON object")
    try:
        request = ChatRequest.model_validate(body)
    except ValidationError as error:
        place = error.errors()[0]["loc"]
        raise Refusal(400, explain(error)[:2000], param=str(place[0]) if place else None) from None
    request.refuse_the_rest(ignore_tools=settings.ignore_tools)
    return request
