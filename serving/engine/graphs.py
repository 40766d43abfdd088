"""The graphs as an engine runs them: with the bounds that `tpo serve` has, and no saver."""

from __future__ import annotations

from langgraph.stream import CustomTransformer, UpdatesTransformer

from ..served_models import App, ServedModel


def engine_graph(served: ServedModel) -> App:
    """Return a graph for an engine, which brings its own saver."""
    # Without these the newer thread protocol is silent on our events.
    transformers = [CustomTransformer, UpdatesTransformer]
    return served.graph.compile(name=served.name, transformers=transformers)
