"""Step 3, textual loss: the critic says why the chosen answer beats the rejected one."""

from __future__ import annotations

from .paid.critique import critique_node
from .paid.run_models import GivenModels, Node


def loss_node(*, given: GivenModels) -> Node:
    """Return the node that writes `loss` into the current round."""
    return critique_node(given=given, step="loss")
