"""The prices of a run's models: those of its settings first, then what is known of them."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.context import Context
from ...core.errors import ConfigError
from ..policy import Policy
from .given_price import for_policy, given_price
from .price import Rate
from .public_table import offer_of


def rate_of(policy: Policy, prices: Sequence[str]) -> Rate | None:
    """Return the price of a model; `None` if nobody knows it.

    Args:
        policy: The model.
        prices: Those of the run's settings, each with a name.
    """
    return given_price(prices, policy.name) or policy.rate


def priced_context(context: Context, policy: Policy, *others: Policy) -> Context:
    """Return the settings of a run whose prices all have a name: the policy's is filled in.

    Raises:
        ConfigError: there is a budget in dollars, and no price for the policy or the critic.
    """
    prices = for_policy(context.price, policy.name)
    if context.budget_usd:
        require_prices(f"budget_usd={context.budget_usd:g}", prices, policy, *others)
    return context.model_copy(update={"price": prices}) if prices else context


def require_prices(limit: str, prices: Sequence[str], *models: Policy) -> None:
    """Refuse a limit in dollars that would never be reached.

    Args:
        limit: As it was given.
        prices: Those of the run's settings, each with a name.
        models: What the run asks, its policy first.

    Raises:
        ConfigError: the price of one is not known.
    """
    unknown = [p.name for p in models if rate_of(p, prices) is None]
    if unknown:
        name = unknown[0]
        example = "IN,OUT" if name == models[0].name else f"{name}=IN,OUT"
        raise ConfigError(
            f"{limit}: the price of {name!r} is not known. Give it in dollars per million tokens, "
            f"as price={example}, or in a file (TPO_PRICES); 0,0 if it costs nothing"
        )


def unpriced_notice(context: Context, *models: Policy) -> str:
    """Return what to say of models that bill, as it seems, and whose price is not known; or "".

    Args:
        context: The run's settings.
        models: Its models.
    """
    unknown = {m.name: m for m in models if rate_of(m, context.price) is None}
    names = [name for name, m in unknown.items() if not offer_of(m.model).is_own]
    if not names:
        return ""
    return (
        f"the price of {' and '.join(names)} is not known, so the cost in dollars is not either: "
        "give price=IN,OUT in dollars per million tokens"
    )
