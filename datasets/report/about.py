"""`report.json`: what a list of reports says of one, small enough to be read for each."""

from __future__ import annotations

from ...core.json_types import JsonObject
from ..compare.comparison import Comparison

SHOWN = ("name", "rows", "reward", "heldout", "tokens", "cost_usd")


def report_about(comparison: Comparison) -> JsonObject:
    """Return a report in brief.

    Args:
        comparison: What was found; a batch is one of a single arm.
    """
    about, arms = comparison["metadata"], comparison["arms"]
    one = comparison["equal"] == "nothing" and "rows" in about  # the metadata of a batch
    return {
        "title": comparison["title"],
        "kind": "batch" if one else "comparison",
        "created": comparison["created"],
        "sentences": comparison["sentences"],
        "rows": about["rows"]["count"] if one else len(comparison["rows"]),
        "answered": len(comparison["rows"]),
        "left_out": len(comparison["left_out"]),
        "ended": about.get("ended") if one else comparison["created"],
        "stopped": about.get("stopped", "") if one else "",
        "sums": about.get("sums"),
        "arms": [{k: v for k, v in arm.items() if k in SHOWN} for arm in arms],
    }
