"""Step 4, textual gradient: the critic says what to change in the chosen answer."""

from __future__ import annotations

from .paid.critique import critique_node
from .paid.parts import Node, Parts


def gradient_node(*, parts: Parts) -> Node:
    """Return the node that writes `gradient` into the current round."""
    return critique_node(parts=parts, step="gradient")
