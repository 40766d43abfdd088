"""The older form of the messages stream, in which each event holds the whole message so far."""

from __future__ import annotations

from typing import Any, cast

from langchain_core.messages import BaseMessage, BaseMessageChunk

from ...core.json_types import JsonObject
from .live_run import LiveRun


class JoinedMessages:
    """The older form of the messages stream: each event holds the whole message so far."""

    def __init__(self, live: LiveRun) -> None:
        self.live = live
        self.known: dict[str | None, BaseMessage] = {}

    def send(self, message: BaseMessage, metadata: JsonObject) -> None:
        """Send a message, or the piece of one, joined to what came before."""
        if message.id not in self.known:
            self.known[message.id] = message
            self.live.send("messages/metadata", {message.id: {"metadata": metadata}})
        else:
            self.known[message.id] = cast("Any", self.known[message.id]) + message
        whole = not isinstance(message, BaseMessageChunk)
        name = "messages/complete" if whole else "messages/partial"
        self.live.send(name, [self.known[message.id]])
