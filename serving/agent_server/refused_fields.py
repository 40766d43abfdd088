"""Fields of a run's request that would be ignored, although they mean something: refused."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ...core.context import Context
from ...core.errors import evidence

NOT_DONE = {
    "webhook": "webhooks are not sent: join the run, or stream it",
    "after_seconds": "a run begins as soon as it can: send the request later",
    "feedback_keys": "there is no LangSmith feedback here: leave feedback_keys out",
    "langsmith_tracer": "traces are set up where the server runs: leave langsmith_tracer out",
    "checkpoint_during": 'checkpoint_during is not read: say durability ("sync", "async", "exit")',
    "strict_resume": "strict_resume is not read: leave it out",
}
"""What `langgraph_sdk` can ask for when it creates a run."""


def refuse_ignored(body: object) -> object:
    """Return the body of a run's request as it is, if nothing in it would be ignored.

    Raises:
        ValueError: something would be.
    """
    if not isinstance(body, Mapping):
        return body
    for name, why in NOT_DONE.items():
        if body.get(name) is not None:
            raise ValueError(why)
    if body.get("on_completion") not in (None, "delete"):
        raise ValueError("a run without a thread is not kept: make a thread first, to keep it")
    refuse_settings(body)
    refuse_settings(body.get("input"), "input")
    refuse_settings(body.get("config"), "config")
    return body


def refuse_settings(fields: object, place: str = "the body") -> None:
    """Refuse settings of TPO that stand elsewhere than in `context`.

    Raises:
        ValueError: there is one.
    """
    if not isinstance(fields, Mapping):
        return
    for name in sorted(fields.keys() & Context.model_fields.keys()):
        shown = evidence(json.dumps({"context": {name: fields[name]}}))
        raise ValueError(
            f"{name} is a setting of TPO, so it belongs in context and not in {place}: {shown}"
        )
