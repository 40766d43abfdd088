"""`tpo graph`: the state machine as a diagram."""

from __future__ import annotations

from typing import Any

from ...core.settings import make_context
from ...graphs.loop import build_tpo

UNUSED = {"best_of_n": ("choose", "loss", "gradient", "update")}


def print_graph(knobs: dict[str, Any]) -> int:
    """Print Mermaid text: the modes share one graph, of which best-of-N uses the beginning."""
    context = make_context(None, **knobs)
    graph = build_tpo(defaults=context).compile(name="tpo").get_graph()
    for name in UNUSED.get(context.mode, ()):
        graph.remove_node(graph.nodes[name])
    print(graph.draw_mermaid(), end="")  # noqa: T201
    return 0
