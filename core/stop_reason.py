"""Why a run stopped."""

from __future__ import annotations

from typing import Literal

StopReason = Literal[
    "depth",  # all rounds were run
    "target",  # the best reward reached `target_reward`
    "price",  # the next round is not expected to gain what it costs
    "patience",  # no better candidate for `patience` rounds
    "spread",  # best and worst are as close as `min_spread` says
    "budget",  # the next round cannot be paid
    "critique_failed",  # the critic wrote no usable loss or gradient
    "no_update",  # not one update of the round was usable
    "overoptimised",  # the reward rises while the held-out reward falls
    "human",  # a person stopped the run
]
