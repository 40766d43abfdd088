"""The events of a streamed response."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field

from ....core.json_types import JsonObject
from ...agent_server.event_log import SentEvent
from ...agent_server.live_run import LiveRun
from ...agent_server.records import Run
from ...server_settings import Settings
from ..paragraphs import shown_paragraph
from .called_function import call_events
from .event_writer import EventWriter
from .ids import REASONING, public_id
from .reply import message_item, response_of, text_part


@dataclass
class Steps:
    """The steps of a run as a reasoning item, that grows (local to one stream)."""

    run: Run
    write: EventWriter
    texts: list[str] = field(default_factory=list)

    @property
    def _place(self) -> JsonObject:
        item = public_id(REASONING, self.run["run_id"])
        return {"item_id": item, "output_index": 0, "summary_index": 0}

    def _item(self, summary: list[JsonObject]) -> JsonObject:
        return {"id": self._place["item_id"], "type": "reasoning", "summary": summary}

    @property
    def _part(self) -> JsonObject:
        return {"type": "summary_text", "text": "".join(self.texts).strip()}

    def add(self, text: str) -> Iterator[bytes]:
        """Yield the events for a further text."""
        if not self.texts:
            yield self.write("output_item.added", output_index=0, item=self._item([]))
            yield self.write("reasoning_summary_part.added", **self._place, part=self._part)
        self.texts.append(text)
        yield self.write("reasoning_summary_text.delta", **self._place, delta=text)

    def end(self) -> Iterator[bytes]:
        """Yield the events for the end."""
        if self.texts:
            part = self._part
            yield self.write("reasoning_summary_text.done", **self._place, text=part["text"])
            yield self.write("reasoning_summary_part.done", **self._place, part=part)
            yield self.write("output_item.done", output_index=0, item=self.item)

    @property
    def item(self) -> JsonObject:
        """The whole item."""
        return self._item([self._part])


async def steps_of(live: LiveRun, steps: Steps, settings: Settings) -> AsyncGenerator[bytes]:
    """Yield the beginning of a stream, and the steps of the run until it ends."""
    begun = response_of(live.run, "in_progress")
    yield steps.write("created", response=begun)
    yield steps.write("in_progress", response=begun)
    async with aclosing(live.read(0)) as events:
        async for one in events:
            text = shown_step(live.run, one, settings)
            for piece in steps.add(text) if text else ():
                yield piece
    for piece in steps.end():
        yield piece


def shown_step(run: Run, event: SentEvent, settings: Settings) -> str:
    """Return what an event adds to the steps that a client asked for, or ""."""
    wanted = run["kwargs"]["response"]["reasoning"]["summary"] and settings.reasoning_field
    if not wanted or event.name != "custom":
        return ""
    return shown_paragraph(json.loads(event.data), settings)


def with_steps(live: LiveRun, response: JsonObject, settings: Settings) -> JsonObject:
    """Return a response that is sent whole, with the steps of its run if they were asked for."""
    texts = [text for one in live.events if (text := shown_step(live.run, one, settings))]
    steps = Steps(live.run, EventWriter(), texts)
    return {**response, "output": [steps.item, *response["output"]]} if texts else response


def answer_events(run: Run, response: JsonObject, steps: Steps) -> Iterator[bytes]:
    """Yield the answer, and the end of a stream."""
    (item,) = response["output"]
    events = call_events if item["type"] == "function_call" else message_events
    yield from events(run, item, 1 if steps.texts else 0, steps.write)
    output = [steps.item, item] if steps.texts else [item]
    yield steps.write(response["status"], response={**response, "output": output})


def message_events(
    run: Run, message: JsonObject, index: int, write: EventWriter
) -> Iterator[bytes]:
    """Yield the events of a message, which has one text."""
    text: str = message["content"][0]["text"]
    place = {"item_id": message["id"], "output_index": index, "content_index": 0}
    empty = message_item(run, "in_progress", [])
    yield write("output_item.added", output_index=index, item=empty)
    yield write("content_part.added", **place, part=text_part(""))
    yield write("output_text.delta", **place, delta=text, logprobs=[])
    yield write("output_text.done", **place, text=text, logprobs=[])
    yield write("content_part.done", **place, part=text_part(text))
    yield write("output_item.done", output_index=index, item=message)
