"""The public table of prices that the package `genai-prices` keeps: which model is which row.

A model is looked up by the address of its server, or by its provider if it has the provider's
own: a server of one's own has no price there, whatever its model is called.
"""

from __future__ import annotations

from functools import partial
from ipaddress import ip_address
from typing import NamedTuple

from langchain_core.language_models import BaseChatModel

from ...core.usage import Cost
from ..address import server_address
from .price import Rate

ADDRESSES = ("api_url", "api_base", "base_url", "endpoint", "endpoint_url")  # ends of fields
PACKAGE = "langchain_"  # what the package of a provider begins with


class Offer(NamedTuple):
    """Who serves a model, as far as it can be told; one of the two is missing."""

    address: str | None
    provider: str | None

    @property
    def is_own(self) -> bool:
        """Whether it is nobody's that bills: this process, this machine, the own network."""
        url = server_address(self.address) if self.address else None
        if url is None:
            return self.provider in {None, "ollama", "huggingface"}
        try:
            return not ip_address(url.host).is_global
        except ValueError:
            return "." not in url.host or url.host.endswith((".local", ".internal"))


def offer_of(model: BaseChatModel) -> Offer:
    """Return who serves a model."""
    client = getattr(model, "root_async_client", None)  # OpenAI's, which knows best
    names = [name for name in type(model).model_fields if name.endswith(ADDRESSES)]
    set_ones = [getattr(client, "base_url", None), *(getattr(model, name) for name in names)]
    address = next((str(a) for a in set_ones if str(a).startswith("http")), None)
    packages = [kind.__module__.partition(".")[0] for kind in type(model).__mro__]
    known = (name for name in packages if name.startswith(PACKAGE) and name != "langchain_core")
    provider = None if address else next(known, "").removeprefix(PACKAGE) or None
    return Offer(address, provider)


def public_rate(name: str, model: BaseChatModel) -> Rate | None:
    """Return the price of a model by the public table; `None` if it is not in there.

    Args:
        name: What its provider calls it.
        model: The model, for its address or provider.
    """
    offer = offer_of(model)
    if offer.is_own:
        return None
    from genai_prices import Usage, calc_price  # its table takes a moment

    tier = getattr(model, "service_tier", None)
    asked = partial(
        calc_price,
        model_ref=name,
        provider_id=offer.provider,
        provider_api_url=offer.address,
        price_context={"service_tier": tier} if isinstance(tier, str) else None,
    )

    def rate(paid: Cost) -> float:
        usage = Usage(
            input_tokens=paid["input_tokens"],
            cache_read_tokens=paid["cached_tokens"],
            cache_write_tokens=paid.get("cache_write_tokens", 0),
            output_tokens=paid["output_tokens"],
        )
        return float(asked(usage).total_price)

    try:
        asked(Usage(input_tokens=1, output_tokens=1))
    except (LookupError, ValueError):
        return None
    return rate
