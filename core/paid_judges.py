"""What the judges of a run are paid, as its steps write it: no event tells of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .usage import Cost


def paid_judges(written: object) -> Iterator[Cost]:
    """Yield what a step of a run has paid judges.

    Args:
        written: What the step writes into the state.
    """
    usage = written.get("usage") if isinstance(written, Mapping) else None
    for delta in usage if isinstance(usage, list) else [usage]:
        if delta and delta.get("phase") == "rank":
            yield delta["cost"]
