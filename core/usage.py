"""What a run has cost so far, per phase and in total."""

from __future__ import annotations

from functools import reduce
from typing import Literal, NotRequired, cast

from typing_extensions import TypedDict

from .json_types import JsonObject
from .merge import refused_as
from .moves import Count

Phase = Literal["sample", "rank", "loss", "gradient", "update"]
PHASES: tuple[Phase, ...] = ("sample", "rank", "loss", "gradient", "update")
USD_DIGITS = 12  # behind the point: a single cached token costs more than 1e-9 dollars


class Cost(TypedDict):
    """Sums over the requests of one phase."""

    requests: Count
    """Requests sent to a model, failed attempts included."""
    sequences: Count
    """Texts that came back; a request with `n = 5` brings five."""
    scores: Count
    """Candidates given to the reward."""
    input_tokens: Count
    cached_tokens: Count
    """Input tokens the server took from its prefix cache."""
    output_tokens: Count
    seconds: float
    """Wall-clock seconds the phase took."""
    estimated_tokens: NotRequired[Count]
    """Tokens of requests whose server reported none, by their length. Only budgets count them."""
    cache_write_tokens: NotRequired[Count]
    """Input tokens that the server wrote into its cache, if it bills them separately."""
    cost_usd: NotRequired[float]
    """Dollars, of the requests whose price is known; missing if none has a known price."""
    priced_requests: NotRequired[Count]
    """Requests whose price is known; if fewer than `requests`, `cost_usd` is a lower bound."""
    estimated_usd: NotRequired[float]
    """Dollars of `estimated_tokens`. Only budgets count them."""
    exact: bool
    """False if a server reported no usage, or less than it did: a lower bound."""


class Usage(TypedDict):
    """Costs by phase, and their sum; `turn` says which query they belong to."""

    turn: Count
    total: Cost
    phases: dict[str, Cost]


class UsageDelta(TypedDict):
    """What one request or node adds to the usage of a phase."""

    turn: int
    phase: Phase
    cost: Cost


def cost(  # noqa: PLR0913  keywords only, the fields of a record
    *,
    requests: int = 0,
    sequences: int = 0,
    scores: int = 0,
    input_tokens: int = 0,
    cached_tokens: int = 0,
    output_tokens: int = 0,
    estimated_tokens: int = 0,
    cache_write_tokens: int = 0,
    cost_usd: float = 0.0,
    priced_requests: int = 0,
    estimated_usd: float = 0.0,
    seconds: float = 0.0,
    exact: bool = True,
) -> Cost:
    """Return a `Cost` with everything not named at zero; dollars only if a price is known."""
    rare: JsonObject = {
        "estimated_tokens": estimated_tokens,
        "cache_write_tokens": cache_write_tokens,
        "priced_requests": priced_requests,
        "estimated_usd": round(estimated_usd, USD_DIGITS),
    }
    known = {"cost_usd": round(cost_usd, USD_DIGITS)} if priced_requests else {}
    paid = Cost(
        requests=requests,
        sequences=sequences,
        scores=scores,
        input_tokens=input_tokens,
        cached_tokens=cached_tokens,
        output_tokens=output_tokens,
        seconds=seconds,
        exact=exact,
    )
    return cast("Cost", {**paid, **{name: n for name, n in rare.items() if n}, **known})


def brief(paid: Cost) -> JsonObject:
    """Return a cost without what is zero, as it is stored; `cost(**brief(paid))` is `paid`."""
    nothing: JsonObject = {**cost()}
    return {name: value for name, value in paid.items() if value != nothing.get(name)}


def tokens_of(paid: Cost) -> int:
    """Return the tokens that were paid for: input and output."""
    return paid["input_tokens"] + paid["output_tokens"]


def tokens_for_budget(paid: Cost) -> int:
    """Return the tokens that a budget counts: those paid for, and those that had to be guessed."""
    return tokens_of(paid) + paid.get("estimated_tokens", 0)


def add_costs(a: Cost, b: Cost) -> Cost:
    """Return the sum; it is exact only if both are."""
    one, other = JsonObject(a), JsonObject(b)
    names = {**one, **other}.keys() - {"exact"}
    sums: JsonObject = {name: one.get(name, 0) + other.get(name, 0) for name in names}
    seconds = round(sums["seconds"], 6)
    return cost(**{**sums, "seconds": seconds, "exact": a["exact"] and b["exact"]})


def usage_of(turn: int, phase: Phase, paid: Cost, seconds: float) -> UsageDelta:
    """Return what a node adds to the usage: what its requests cost, and its own time."""
    return UsageDelta(turn=turn, phase=phase, cost=add_costs(paid, cost(seconds=seconds)))


def no_usage(turn: int = 0) -> Usage:
    """Return the usage of a run that has not paid for anything."""
    return Usage(turn=turn, total=cost(), phases={})


@refused_as("usage: give turn, phase and cost, or all of it")
def add_usage(state: Usage | None, delta: UsageDelta | list[UsageDelta] | Usage) -> Usage:
    """Reducer of the `usage` channel: add one delta, or some; a newer turn starts from zero."""
    if isinstance(delta, list):
        return reduce(add_usage, delta, state) or no_usage()
    if "phases" in delta:  # a whole usage, as a state edited by hand gives it
        return cast("Usage", delta)
    if not state or delta["turn"] > state.get("turn", 0):
        state = no_usage(delta["turn"])
    if delta["turn"] < state["turn"]:
        return state
    phases = dict(state["phases"])
    phases[delta["phase"]] = add_costs(phases.get(delta["phase"], cost()), delta["cost"])
    return Usage(turn=state["turn"], total=add_costs(state["total"], delta["cost"]), phases=phases)
