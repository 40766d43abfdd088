"""Step 4, textual gradient: the critic says what to change in the chosen answer."""

from __future__ import annotations

from .loss import critique_node
from .paid.run_models import GivenModels, Node


def gradient_node(*, given: GivenModels) -> Node:
    """Return the node that writes `gradient` into the current round."""
    return critique_node(given=given, step="gradient")
