"""The deltas since the last start of a request make up its text, or the head of it."""

from __future__ import annotations

from typing import Any

import pytest
import synthetic_task
from event_log import check, only, places, shown
from scripted_model import ScriptedModel

from tpo.core.replies.reasoning import split_reasoning
from tpo.core.replies.reply import Reply, well_formed
from tpo.models.live_request import growing
from tpo.prompts.update import partial_update, read_update


def finished(events: list[Any]) -> dict[str, str]:
    """Return every complete text by the name of the request that brought it."""
    texts = {
        e["candidate"]["id"]: e["candidate"]["text"] for e in events if e["type"] == "tpo.candidate"
    }
    return texts | {f"r0-{step}": only(events, step)["text"] for step in ("loss", "gradient")}


async def test_deltas_make_up_every_text(told):
    events = (await told(sampling="parallel", width=3, max_concurrency=8)).events
    texts = finished(events)
    assert len(texts) == 8
    for request, text in texts.items():
        assert shown(events, request) == text
    named = {e["candidate"] for e in events if e["type"] == "tpo.candidate_delta"}
    assert named == {f"r{r}c{i}" for r in (0, 1) for i in range(3)}


async def test_several_texts_in_one_request_have_no_deltas(told):
    events = (await told(sampling="native", width=3)).events
    assert places(events, "candidate_delta") == []
    assert shown(events, "r0-loss") == only(events, "loss")["text"] != ""


async def test_live_off_has_no_deltas(told):
    events = (await told(sampling="parallel", live=False)).events
    assert [e for e in events if "delta" in e["type"]] == []


def framed(head: str, tail: str) -> ScriptedModel:
    """A model whose every reply stands in a frame that is not part of the answer."""
    return ScriptedModel(script=lambda *asked: head + synthetic_task.say(*asked) + tail)


@pytest.mark.parametrize(
    ("head", "tail"),
    [
        ("<think>no, <improved_answer>wrong</improved_answer>\n\n</think>\n\n", "\n\n"),
        ("<thinking> a b </thinking>", " "),
        ("\n ", "\n "),
    ],
)
async def test_reasoning_and_blanks_around_an_answer_are_not_shown(told, head, tail):
    events = (await told(framed(head, tail), sampling="parallel")).events
    texts = finished(events)
    assert len(texts) == 6
    for request, text in texts.items():
        assert shown(events, request) == text


async def test_reasoning_nobody_could_know_of_is_shown_and_then_stops(told):
    events = (await told(framed("I muse on\n</think>\n", ""), width=1, depth=0)).events
    final = only(events, "candidate")["candidate"]["text"]
    assert shown(events, "r0c0").startswith("I muse")  # the template wrote the opening tag
    assert final not in shown(events, "r0c0")
    assert not final.startswith("I muse")


class BreaksOnce(ScriptedModel):
    """Loses the connection in the middle of its first streamed reply."""

    broken: list[bool]

    async def _astream(self, *args: Any, **kwargs: Any) -> Any:
        async for piece in super()._astream(*args, **kwargs):
            yield piece
            if not self.broken:
                self.broken.append(True)
                raise ConnectionResetError("lost")


async def test_a_repeated_request_starts_its_text_over(told):
    model = BreaksOnce(script=lambda *_: "one two three", broken=[])
    run = await told(model, width=1, depth=0)
    first, second = places(run.events, "request_started", request="r0c0")
    assert shown(run.events[:second], "r0c0") == "one"
    assert shown(run.events[first:], "r0c0") == "one two three"
    assert run.events[-1]["usage"]["total"]["requests"] == 2
    check(run.events)


REPLIES = [
    "<think>\na < b </think>\nThe <b>answer</b>.\n",
    "<improved_answer>\nLine one\n\nline <two> & ‹query>\n</improved_answer>\n",
    "Sure: <improved_answer>cut o",
    '```json\n{"improved_answer": "say \\"hi\\" \\u00e9\\n- a < b"}\n```',
    "<thinking>x</thinking><improved_answer> y </improved_answer>",
    "[THINK]x < y[/THINK]\nyes",
    "◁think▷x◁/think▷yes",
    "<|channel|>analysis<|message|>x<|end|><|start|>assistant<|channel|>final<|message|>yes<|return|>",
    "<|START_THINKING|>x<|END_THINKING|><|START_RESPONSE|>yes<|END_RESPONSE|>",
    "Here is my thought process:\nx\nHere is my response:\nyes",
    "a \ud83d\ude00 smile",
    "plain text",
    "",
]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("step", ["sample", "update"])
def test_however_a_reply_is_cut_its_deltas_are_a_head_of_the_text(reply, size, step):
    pieces: list[str] = []
    visible = partial_update if step == "update" else lambda raw: split_reasoning(raw)[0]
    on_text = growing(visible, pieces.append)
    for start in range(0, len(reply), size):
        on_text(reply[start : start + size])
    text = split_reasoning(well_formed(reply))[0]
    if step == "update":
        read = read_update(Reply(text))
        text = "" if read.error else read.text
    assert text.startswith("".join(pieces))
    assert "" not in pieces
    assert len(text) - len("".join(pieces)) <= 20
