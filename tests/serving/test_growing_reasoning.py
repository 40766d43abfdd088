"""What a chat client sees of a search: one text grows, and the rest waits for its end."""

from __future__ import annotations

from typing import Any

from tpo.serving.openai_api.growing_reasoning import BROKEN_OFF, GrowingReasoning
from tpo.serving.openai_api.paragraphs import event_paragraph


def event(kind: str, **fields: Any) -> Any:
    return {"type": f"tpo.{kind}", "v": 1, "round": 0, "elapsed": 0.0, **fields}


def delta(name: str, text: str, request: str = "r0c0-1") -> Any:
    return event("candidate_delta", request=request, candidate=name, text=text)


def candidate(name: str, text: str, error: str | None = None) -> Any:
    return event("candidate", candidate={"id": name, "text": text, "error": error})


def started(request: str, phase: str = "sample", sequences: int = 1) -> Any:
    return event("request_started", request=request, phase=phase, sequences=sequences)


def said(*events: Any) -> list[str]:
    reasoning = GrowingReasoning(event_paragraph)
    return [text for text in map(reasoning.take, events) if text]


def test_one_text_grows_and_the_others_come_whole_when_it_is_done():
    assert said(
        started("r0c0-1", sequences=2),
        delta("r0c1", "It "),
        delta("r0c0", "Blue"),
        delta("r0c1", "is"),
        candidate("r0c0", "Blue light."),
        event("reward", candidate="r0c0", reward=1.0, error=None),
        candidate("r0c1", "It is so."),
        event("notice", message="Hm."),
    ) == [
        "Asking for 2 answers at once.\n\n",
        "Candidate r0c1:\nIt ",
        "is",
        " so.\n\nCandidate r0c0:\nBlue light.\n\nReward of r0c0: 1.00\n\n",
        "Note: Hm.\n\n",
    ]


def test_a_critique_grows_too_and_the_first_of_several_has_the_word():
    pieces = [
        event("loss_delta", request=r, candidate=None, text="It") for r in ("r0-loss", "r0-loss-1")
    ]
    assert said(
        *pieces, event("loss", text="It lacks.", index=0), event("loss", text="No.", index=1)
    ) == [
        "Why the best beats the worst:\nIt",
        " lacks.\n\n",
        "Why the best beats the worst:\nNo.\n\n",
    ]


def test_a_text_that_breaks_off_is_left_and_said_so():
    begun = delta("r0c0", "lo", "r0c0")
    title = "Candidate r0c0:\nlo"
    assert said(begun, started("r0c0"), begun) == [title, BROKEN_OFF, title]
    unusable = said(begun, candidate("r0c0", "", "failed: gone"))
    assert unusable == [title, BROKEN_OFF + "Candidate r0c0 cannot be used: failed: gone\n\n"]
    other = said(begun, candidate("r0c0", "rewritten"))
    assert other == [title, BROKEN_OFF + "Candidate r0c0:\nrewritten\n\n"]
    loss = event("loss_delta", request="r0-loss", candidate=None, text="It")
    failed = event(
        "request_failed", request="r0-loss", phase="loss", error="gone", failure="failed"
    )
    assert said(loss, failed)[-1] == BROKEN_OFF + "Request r0-loss failed: gone\n\n"
