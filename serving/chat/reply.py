"""A chat completion, whole or in pieces, in OpenAI's form."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from ...core.events import AnyEvent, Final
from ...core.usage import tokens_of
from ..as_json import to_json

FINISHED = {"length": "length", "max_tokens": "length", "content_filter": "content_filter"}


@dataclass
class Completion:
    """One reply, filled by the events of a run (local to one request)."""

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))
    ended: Final | None = None
    stop_reason: str = ""
    reasons: dict[str, str | None] = field(default_factory=dict)

    def take(self, event: AnyEvent) -> None:
        """Keep what an event says about the answer."""
        match event["type"]:
            case "tpo.candidate":
                self.reasons[event["candidate"]["id"]] = event["candidate"]["finish_reason"]
            case "tpo.stop":
                self.stop_reason = event["reason"]
            case "tpo.final":
                self.ended = event

    @property
    def final(self) -> Final:
        """The run's last event."""
        if self.ended is None:
            raise RuntimeError("the run has not ended yet")
        return self.ended

    @property
    def finish_reason(self) -> str:
        """Why the answer ends where it does."""
        return FINISHED.get(self.reasons.get(self.final["candidate"]) or "", "stop")

    @property
    def usage(self) -> dict[str, Any]:
        """Tokens of all requests of the run."""
        total = self.final["usage"]["total"]
        return {
            "prompt_tokens": total["input_tokens"],
            "completion_tokens": total["output_tokens"],
            "total_tokens": tokens_of(total),
            "prompt_tokens_details": {"cached_tokens": total["cached_tokens"]},
        }

    @property
    def about(self) -> dict[str, Any]:
        """What OpenAI's form has no place for."""
        return {
            "candidate": self.final["candidate"],
            "reward": self.final["reward"],
            "stop_reason": self.stop_reason,
            "usage": self.final["usage"],
        }

    def whole(self, reasoning: str, reasoning_field: str) -> dict[str, Any]:
        """Return the reply of a plain request."""
        message: dict[str, Any] = {"role": "assistant", "content": self.final["answer"]}
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

    def piece(self, delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
        """Return one piece of a streamed reply."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return data({**self._head("chat.completion.chunk"), "choices": [choice], **more})

    def bill(self) -> bytes:
        """Return the piece that holds the usage."""
        head = self._head("chat.completion.chunk")
        return data({**head, "choices": [], "usage": self.usage})

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def data(value: Any) -> bytes:
    """Return an event without a name, as OpenAI writes it."""
    return b"data: %b\n\n" % to_json(value)


DONE = b"data: [DONE]\n\n"
