"""The graphs that aegra.json names: aegra takes files only, so this one points at the package."""

from tpo.graphs.studio import best_of_n, graph, revision

__all__ = ["best_of_n", "graph", "revision"]
