"""The reasoning of a streamed reply: what a run does, said while it does it.

A chat client shows one text, so of all that is written at the same time one text grows there, and
the rest comes whole when that one is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ...core.events import AnyEvent, Delta
from ...core.number_format import count
from ...core.phrases import critique_text

BROKEN_OFF = " …\n\n"


@dataclass
class GrowingReasoning:
    """Takes the events of a run (local to one request).

    Attributes:
        paragraph: Returns what an event says as a whole, or "".
        growing: Whose text grows: a candidate, or the request of a critique; "" if none does.
        said: What was said of it.
        waiting: What others have come to in the meantime.
    """

    paragraph: Callable[[AnyEvent], str]
    growing: str = ""
    said: str = ""
    waiting: list[str] = field(default_factory=list)
    _request: str = ""

    def take(self, event: AnyEvent) -> str:
        """Return what is to be said now: a piece of the text that grows, or paragraphs, or ""."""
        match event["type"]:
            case "tpo.candidate_delta" | "tpo.loss_delta" | "tpo.gradient_delta":
                return self._grow(event)
            case "tpo.request_started" | "tpo.request_failed" if event["request"] == self._request:
                return self._over(BROKEN_OFF + self.paragraph(event))  # begun again, or given up
            case "tpo.request_started" if event["sequences"] > 1:
                return self._say(f"Asking for {count(event['sequences'], 'answer')} at once.\n\n")
        text = self.paragraph(event)
        if not self.growing or self.growing != _finished_by(event):
            return self._say(text)
        whole = text.startswith(self.said)
        return self._over(text[len(self.said) :] if whole else BROKEN_OFF + text)

    def _grow(self, event: Delta) -> str:
        name, text = event["candidate"] or event["request"], event["text"]
        if not self.growing:
            self.growing, self._request = name, event["request"]
            title = critique_text("loss" if event["type"] == "tpo.loss_delta" else "gradient", "")
            text = (f"Candidate {name}:\n" if event["candidate"] else title) + text
        elif name != self.growing:
            return ""
        self.said += text
        return text

    def _say(self, text: str) -> str:
        if not self.growing:
            return text
        self.waiting.append(text)
        return ""

    def _over(self, rest: str) -> str:
        text = rest + "".join(self.waiting)
        self.growing = self._request = self.said = ""
        self.waiting = []
        return text


def _finished_by(event: AnyEvent) -> str:
    """Return whose text is complete with an event, as `growing` names it."""
    match event["type"]:
        case "tpo.candidate":
            return event["candidate"]["id"]
        case "tpo.loss" | "tpo.gradient":
            name = f"r{event['round']}-{event['type'].removeprefix('tpo.')}"
            return f"{name}-{event['index']}" if event.get("index") else name
        case _:
            return ""
