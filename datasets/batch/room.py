"""When another row begins: so that the server is never idle, and few rows wait half done."""

from __future__ import annotations

from collections.abc import Collection

from ...models.in_flight import InFlight
from ...models.run_in_flight import RunInFlight

MOST_ROWS = 240  # under way; a run keeps its models in a place that holds 256
PER_SLOT = 4  # rows under way for each request in flight: the others are being scored


def has_room(shared: InFlight, under_way: Collection[RunInFlight]) -> bool:
    """Return whether another row would keep the server busy: so if few requests wait.

    Args:
        shared: The requests in flight.
        under_way: The rows; one that has not asked yet will soon.
    """
    limit, rows = int(shared.limit), len(under_way)
    if shared.closed or shared.draining or rows >= min(MOST_ROWS, PER_SLOT * limit):
        return False
    silent = sum(not run.asked for run in under_way)
    return shared.pressure + silent < limit + max(2, limit // 4)
