"""A chat completion in OpenAI's form, whole or in pieces."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from ...core.events import AnyEvent, Final
from ...core.json_types import JsonObject
from ...core.replies.finish_reason import ending
from ...core.usage import tokens_of
from ..json_response import to_json

# OpenAI has no word for a refusal of the model, and none for an unknown one.
FINISH_REASONS = {reason: reason for reason in ("length", "content_filter")}
FINISH_REASONS |= {"refusal": "content_filter"}
DONE = b"data: [DONE]\n\n"


@dataclass
class Completion:
    """One reply, filled by the events of a run (local to one request)."""

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))
    last_event: Final | None = None
    stop_reason: str = ""
    finish_reasons: dict[str, str | None] = field(default_factory=dict)
    shown: Callable[[str], str] = str
    """Makes of a message what clients may see."""
    notices: list[str] = field(default_factory=list)
    function: str = ""

    def take(self, event: AnyEvent) -> None:
        """Keep what an event says about the answer."""
        match event["type"]:
            case "tpo.candidate":
                self.finish_reasons[event["candidate"]["id"]] = event["candidate"]["finish_reason"]
            case "tpo.notice":
                self.notices.append(self.shown(event["message"]))
            case "tpo.stop":
                self.stop_reason = event["reason"]
            case "tpo.final":
                self.last_event = event

    @property
    def final(self) -> Final:
        """The run's last event."""
        if self.last_event is None:
            raise RuntimeError("the run has not ended yet")
        return self.last_event

    @property
    def finish_reason(self) -> str:
        """Why the answer ends where it does."""
        said = ending(self.finish_reasons.get(self.final["candidate"]))
        return FINISH_REASONS.get(said or "", "tool_calls" if self.function else "stop")

    @property
    def answer(self) -> JsonObject:
        """The answer as a part of a message: its content, or the call of a function with it."""
        text = self.final["answer"]
        if not self.function:
            return {"content": text}
        called = {"name": self.function, "arguments": text}
        call = {"id": f"call_{self.id[-24:]}", "type": "function", "function": called}
        return {"tool_calls": [call]}

    @property
    def answer_piece(self) -> JsonObject:
        """The answer as the last piece of a streamed message."""
        calls = enumerate(self.answer.get("tool_calls", ()))
        numbered = [{"index": index, **call} for index, call in calls]
        return {"tool_calls": numbered} if numbered else self.answer

    @property
    def usage(self) -> JsonObject:
        """Tokens of all requests of the run, and dollars: a field that OpenAI does not have."""
        total = self.final["usage"]["total"]
        return {
            "prompt_tokens": total["input_tokens"],
            "completion_tokens": total["output_tokens"],
            "total_tokens": tokens_of(total),
            "prompt_tokens_details": {"cached_tokens": total["cached_tokens"]},
            "cost_usd": total.get("cost_usd"),
        }

    @property
    def about(self) -> JsonObject:
        """What has no place in OpenAI's form."""
        return {
            "candidate": self.final["candidate"],
            "reward": self.final["reward"],
            "stop_reason": self.stop_reason,
            "usage": self.final["usage"],
            "gain": self.final["gain"],
            "notices": self.notices,
        }

    def whole(self, reasoning: str, reasoning_field: str) -> JsonObject:
        """Return the reply of a plain request."""
        message: JsonObject = {"role": "assistant", "content": None, **self.answer}
        message |= {"refusal": None}
        if reasoning_field:
            message[reasoning_field] = reasoning
        choice = {"index": 0, "message": message, "logprobs": None}
        return {
            **self._head("chat.completion"),
            "choices": [{**choice, "finish_reason": self.finish_reason}],
            "usage": self.usage,
            "tpo": self.about,
        }

    def piece(self, delta: JsonObject, finish: str | None = None, **more: object) -> bytes:
        """Return one piece of a streamed reply."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return data({**self._head("chat.completion.chunk"), "choices": [choice], **more})

    def usage_piece(self) -> bytes:
        """Return the piece that holds the usage."""
        head = self._head("chat.completion.chunk")
        return data({**head, "choices": [], "usage": self.usage})

    def _head(self, kind: str) -> JsonObject:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def data(value: object) -> bytes:
    """Return an event without a name, as OpenAI writes it."""
    return b"data: %b\n\n" % to_json(value)
