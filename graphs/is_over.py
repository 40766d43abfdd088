"""Whether a saved run is over."""

from __future__ import annotations

from langgraph.types import StateSnapshot


def is_over(state: StateSnapshot) -> bool:
    """Return whether nothing of a run is left to do.

    A step that finished, but was cut off before the checkpoint after it, is no longer
    `next` and still among the tasks.
    """
    return not state.next and not state.tasks
