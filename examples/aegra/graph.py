"""The graphs that aegra.json names: aegra takes files only, so this one points at the package."""

from tpo.serving.engine.named import best_of_n, revision, tpo

__all__ = ["best_of_n", "revision", "tpo"]
