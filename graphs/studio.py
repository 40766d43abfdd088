"""The compiled graphs that langgraph.json names; no saver, the server brings its own.

`TPO_POLICY`, `TPO_CRITIC` and `TPO_REWARD` in the environment (or the server's `.env`)
become the defaults of the settings form.
"""

from __future__ import annotations

import os
from typing import Any

# Here, because it reads files: where a server refuses that in its event loop (langgraph dev, on
# Python 3.13), the first schema of an answer was a failure of the server.
import jsonschema.validators  # noqa: F401
from langgraph.stream import CustomTransformer, UpdatesTransformer

from ..core.make_context import context_with
from ..core.state import AnswerState, State
from .loop import TPOApp, build_tpo

_CONFIGURED = {
    name: value
    for name in ("policy", "critic", "reward")
    if (value := os.environ.get(f"TPO_{name.upper()}"))
}


def _served(name: str, output: type[Any] = State, **defaults: str) -> TPOApp:
    schema = context_with("Context", **_CONFIGURED, **defaults)
    graph = build_tpo(context_schema=schema, output_schema=output)
    # Without these the newer thread protocol is silent on our events.
    return graph.compile(name=name, transformers=[CustomTransformer, UpdatesTransformer])


graph = _served("tpo")
best_of_n = _served("best_of_n", mode="best_of_n")
revision = _served("revision", mode="revision")
answer = _served("answer", AnswerState)  # as an MCP tool: the whole pool would be read by a model
