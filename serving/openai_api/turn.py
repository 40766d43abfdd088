"""One turn of a request: a message in OpenAI's form, of which the text is taken."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from ...core.json_types import JsonObject
from ...core.message_text import kind_of, text_in
from ..error_responses import Refusal

# What clients send back of a reply; no model reads its own thoughts again.
THOUGHTS = {"thinking", "redacted_thinking", "reasoning"}


class Turn(BaseModel):
    """One turn of the conversation."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[JsonObject] | None = None
    tool_calls: list[JsonObject] | None = Field(default=None, description="What it asked for.")
    tool_call_id: str | None = Field(default=None, description="Which call this answers.")

    @field_validator("content", mode="before")
    @classmethod
    def take_one_part(cls, content: object) -> object:
        """Take a part by itself for a list of one."""
        return [content] if isinstance(content, dict) else content

    @property
    def text(self) -> str:
        """The text of all its parts.

        Raises:
            Refusal: a part is something else (400).
        """
        content = self.content or []
        parts = [content] if isinstance(content, str) else content
        texts: list[str] = []
        for part in parts:
            empty = not isinstance(part, str) and part.get("text", "") is None
            text = "" if empty else text_in(part)
            if text is None and not isinstance(part, str):
                if kind_of(part) in THOUGHTS:
                    continue
                raise Refusal(
                    400,
                    f"a message holds a part of type {kind_of(part)!r}; only text is taken: "
                    "say it in words",
                    param="messages",
                    code="unsupported_content",
                )
            texts.append(text or "")
        return "".join(texts)

    def as_turn(self) -> JsonObject:
        """Return the turn with plain text.

        Raises:
            Refusal: a part of it is not text (400).
        """
        role = {"developer": "system"}.get(self.role, self.role)
        turn: JsonObject = {"role": role, "content": self.text}
        if self.tool_calls and role == "assistant":
            turn["tool_calls"] = self.tool_calls
        if role == "tool":
            turn["tool_call_id"] = self.tool_call_id or ""
        return turn
