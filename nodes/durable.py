"""How a paid request is kept: a LangGraph task that writes its text into the state itself.

A finished task survives a crash and is not run again. Its text is written straight to
its channel, not returned through the node: returning it would store every text twice.
What it cost is small, goes through the node, and is seen by the edges that follow (they
do not see what a task wrote).
LangGraph has no public call for that, so this file is the only one that uses the writer
its own nodes use; tests/contract/test_langgraph.py fails if it changes.
"""

from __future__ import annotations

import zlib
from typing import Any

from langgraph.config import get_config
from langgraph.pregel._write import ChannelWrite, ChannelWriteEntry

from ..core.context import Context
from ..core.state import State
from ..core.stopping import spent
from ..core.usage import Cost, Phase, UsageDelta, add_costs, cost


def write(**channels: Any) -> None:
    """Write values to channels from inside a task.

    Example:
        >>> write(candidates=[candidate])  # doctest: +SKIP
    """
    entries = [ChannelWriteEntry(name, value) for name, value in channels.items()]
    ChannelWrite.do_write(get_config(), entries)


def usage_of(turn: int, phase: Phase, paid: Cost, seconds: float) -> UsageDelta:
    """Return what a node adds to the usage: what its requests cost, and its own time."""
    return UsageDelta(turn=turn, phase=phase, cost=add_costs(paid, cost(seconds=seconds)))


def request_seed(context: Context, phase: Phase, round: int, index: int) -> int | None:  # noqa: A002
    """Return the seed of one request: another for each, the same in every run.

    Critiques are covered too, so that the same seed and answers give the same run.
    """
    if context.seed is None:
        return None
    return zlib.crc32(f"{context.seed}/{phase}/{round}/{index}".encode()) & 0x7FFFFFFF


def request_timeout(context: Context, state: State) -> float:
    """Return the seconds a request may take: the timeout, or what the budget leaves."""
    if not context.budget_seconds:
        return context.timeout
    return max(1.0, min(context.timeout, context.budget_seconds - spent(state)["seconds"]))
