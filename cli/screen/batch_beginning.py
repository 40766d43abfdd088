"""What is said of a batch before its rows run."""

from __future__ import annotations

from pathlib import Path

from ...core.number_format import count
from ...datasets.batch.at_work import AtWork
from ...datasets.batch.repair import rows_without_pool
from ...datasets.records import POOLS
from ..console import say
from ..find_models import tell_of_rewards


def tell_beginning(running: AtWork, folder: Path) -> None:
    """Say what there is already, and what has been lost; of a new batch, what its rewards are."""
    if lost := len(rows_without_pool(folder)):
        again = "to run what is missing again: --retry-failed"
        say(f"{POOLS} has lost the lines of {count(lost, 'row')} that had ended; {again}")
    if before := running.rows_before:
        say(f"{before:,} of {count(running.rows.count, 'row')} were done before")
    else:
        tell_of_rewards([running.plan.context])
