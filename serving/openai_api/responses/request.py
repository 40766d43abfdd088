"""A request for a response: what it may hold, and what that means for a run."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ....core.json_types import JsonObject
from ...error_responses import Refusal
from ...server_settings import Settings
from ..asked_form import AskedForm, asked_form
from ..asked_settings import asked_settings
from ..checked_body import checked_body
from .called_function import shown_function, tools_in_chat_form

Key = Annotated[str, StringConstraints(max_length=64)]
Value = Annotated[str, StringConstraints(max_length=512)]


class ResponseRequest(BaseModel):
    """The body of POST /v1/responses."""

    model_config = ConfigDict(extra="allow", strict=True)

    model: str = Field(description="One of GET /v1/models.")
    input: str | Annotated[list[JsonObject], Field(min_length=1)] = Field(
        description="A text, or items: messages, items of earlier responses, calls of functions "
        "and their outputs; text only."
    )
    instructions: str | None = Field(default=None, description="The system prompt of this turn.")
    previous_response_id: str | None = Field(
        default=None, description="The response to go on with: its conversation comes first."
    )
    store: bool | None = Field(default=None, description="Keep the thread; the default.")
    stream: bool | None = Field(default=None, description="Send the response as events.")
    max_output_tokens: int | None = Field(default=None, ge=1, description="Of each candidate.")
    temperature: float | None = Field(default=None, ge=0, le=2, description="Of the candidates.")
    top_p: float | None = Field(default=None, gt=0, le=1, description="Of the candidates.")
    metadata: Annotated[dict[Key, Value], Field(max_length=16)] | None = Field(
        default=None, description="Names and values that are returned with the response."
    )
    text: JsonObject | None = Field(
        default=None, description="The format: text, json_object, json_schema; verbosity."
    )
    reasoning: JsonObject | None = Field(
        default=None, description="summary streams the steps of the run; effort is for the policy."
    )
    tpo: JsonObject | None = Field(
        default=None, description="Any setting of tpo.Context: depth, width, reward, ..."
    )

    @property
    def wants_steps(self) -> bool:
        """Whether the steps of the run are to be shown."""
        asked = self.reasoning or {}
        return bool(asked.get("summary") or asked.get("generate_summary"))

    @cached_property
    def form(self) -> AskedForm:
        """The form of the answer: a function that has to be called, or `text.format`.

        The latter has its schema beside its type.

        Raises:
            Refusal: it cannot be used (400).
        """
        given = (self.text or {}).get("format")
        if given is not None and not isinstance(given, dict):
            raise Refusal(400, "text.format is an object", param="text.format")
        tools = tools_in_chat_form(self.model_extra or {})
        return asked_form({**given, "json_schema": given} if given else None, tools, "text.format")

    def settings(self, server: Settings) -> JsonObject:
        """Return the settings of the run.

        Raises:
            Refusal: a field is not taken (400).
        """
        named = {name: getattr(self, name) for name in ("temperature", "top_p")}
        named |= {"max_tokens": self.max_output_tokens, "answer_schema": self.form.schema}
        more = {
            "reasoning_effort": (self.reasoning or {}).get("effort"),
            "verbosity": (self.text or {}).get("verbosity"),
            **(self.model_extra or {}),
        }
        if self.form.function:
            del more["tools"]  # it is the form of the answer
        return asked_settings(named, self.tpo or {}, more, server)

    @property
    def shown(self) -> JsonObject:
        """What the response repeats of the request."""
        names = ("model", "instructions", "previous_response_id", "max_output_tokens")
        repeated = {name: getattr(self, name) for name in (*names, "temperature", "top_p")}
        asked = self.reasoning or {}
        reasoning = {name: asked.get(name) for name in ("effort", "summary")}
        more = {"metadata": self.metadata or {}, "store": self.store is not False}
        text = {"format": (self.text or {}).get("format") or {"type": "text"}}
        called = shown_function(self.form.function, self.model_extra or {})
        return {**repeated, **more, "reasoning": reasoning, "text": text, **called}


def read_response_request(body: object) -> ResponseRequest:
    """Check a body.

    Raises:
        Refusal: something in it is wrong (400).
    """
    return checked_body(ResponseRequest, body)
