"""A loopback server that remembers what it sent, and so what it would bill."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from loopback_server import LoopbackServer, shaped


def varied(body: dict[str, Any], index: int) -> str:
    """Answer with 9 to 24 short words that depend on messages, seed and index."""
    key = json.dumps([body["messages"], body.get("seed"), index], sort_keys=True)
    digest = hashlib.sha256(key.encode()).hexdigest()
    count = 8 + int(digest[0], 16)
    words = " ".join(digest[i : i + 4] for i in range(1, 1 + 2 * count, 2))
    return shaped(body, f"Why {words}{'.' if digest[-1] < '8' else ''}")


class BillingServer(LoopbackServer):
    """Keeps every completion it sent, in `sent`."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sent: list[dict[str, Any]] = []

    def reply(self, body: dict[str, Any]) -> dict[str, Any]:
        reply = super().reply(body)
        self.sent.append(reply)
        return reply

    @property
    def texts(self) -> list[str]:
        """Every text it sent, without our tags."""
        choices = [c["message"]["content"] for reply in self.sent for c in reply["choices"]]
        return [re.sub("</?improved_answer>", "", text) for text in choices]

    @property
    def tokens(self) -> tuple[int, int]:
        """Tokens in and out, over all it sent."""
        usages = [reply["usage"] for reply in self.sent]
        return sum(u["prompt_tokens"] for u in usages), sum(u["completion_tokens"] for u in usages)

    @property
    def streamed_several(self) -> list[dict[str, Any]]:
        """The requests that asked for several texts in one stream."""
        bodies = [asked.body for asked in self.asked]
        return [b for b in bodies if (b.get("n") or 1) > 1 and b.get("stream")]

    def forget(self) -> None:
        """Start a new bill."""
        self.sent.clear()
        self.asked.clear()
