"""Prices as the setting `price` gives them: for the policy, or for a model by its name."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.login import without_login
from ...core.several_policies import without_number
from ..check_policy_spec import split_server
from .price import Price


def known_as(model: str) -> set[str]:
    """Return what a model may be called: its spec, without its server, without its provider.

    Example:
        >>> sorted(known_as("openai:qwen@http://host/v1"))
        ['openai:qwen', 'openai:qwen@http://host/v1', 'qwen']
    """
    without_server, _ = split_server(model)
    return {model, without_server, without_server.partition(":")[2] or without_server}


def given_price(prices: Sequence[str], model: str) -> Price | None:
    """Return the price that is given for a model; the last one counts.

    Args:
        prices: `NAME=IN,OUT` or `NAME=IN,OUT,CACHED`, in dollars per million tokens.
        model: What the model is called. The second of one name in a run (`NAME#2`) has the price
            of the first, unless it is given its own.

    Example:
        >>> given_price(["qwen=0.5,1.5"], "openai:qwen@http://host/v1").output
        1.5
    """
    for names in (known_as(model), known_as(without_number(model))):
        for given in reversed(prices):
            name, _, numbers = given.rpartition("=")
            if without_login(name.strip()) in names:
                return Price(*map(float, numbers.split(",")))
    return None


def for_policy(prices: Sequence[str], policy: str) -> tuple[str, ...]:
    """Return the same prices, with the policy's name at those that have none."""
    return tuple(given if "=" in given else f"{policy}={given}" for given in prices)
