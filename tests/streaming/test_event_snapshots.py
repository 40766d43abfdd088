"""The whole event stream of a small run, as a frontend receives it, to be read in a diff."""

from __future__ import annotations

import json
from typing import Any

import pytest


def still(value: Any) -> Any:
    """Return the value with every measured time at zero."""
    if isinstance(value, dict):
        return {k: 0.0 if k in {"elapsed", "seconds"} else still(v) for k, v in value.items()}
    return [still(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("live", [True, False], ids=["live", "whole"])
@pytest.mark.parametrize("sampling", ["native", "parallel"])
async def test_events_snapshot(told, snapshot, sampling, live):
    run = await told(sampling=sampling, live=live)
    lines = ",\n".join(json.dumps(still(event)) for event in run.events)
    snapshot(f"events-{sampling}-{'live' if live else 'whole'}.json", f"[\n{lines}\n]\n")
