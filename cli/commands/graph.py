"""`tpo graph`: the state machine as a diagram."""

from __future__ import annotations

from ...core.make_context import make_context
from ...graphs.loop import build_tpo

UNUSED = {"best_of_n": ("choose", "loss", "gradient", "update")}


def print_graph(settings: dict[str, object]) -> int:
    """Print Mermaid text. The modes share one graph; best-of-N uses the beginning of it."""
    context = make_context(None, **settings)
    graph = build_tpo(defaults=context).compile(name="tpo").get_graph()
    for name in UNUSED.get(context.mode, ()):
        graph.remove_node(graph.nodes[name])
    print(graph.draw_mermaid(), end="")
    return 0
