"""The public table of prices that the package `genai-prices` keeps: which model is which row.

A model is looked up by the address of its server, or by its provider if it has the provider's
own: a server of one's own has no price there, whatever its model is called.
"""

from __future__ import annotations

from dataclasses import dataclass
from inspect import getmro
from ipaddress import ip_address
from typing import NamedTuple

from langchain_core.language_models import BaseChatModel

from ...core.usage import Cost, cost
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
    packages = [kind.__module__.partition(".")[0] for kind in getmro(type(model))]
    known = (name for name in packages if name.startswith(PACKAGE) and name != "langchain_core")
    provider = None if address else next(known, "").removeprefix(PACKAGE) or None
    return Offer(address, provider)


@dataclass(frozen=True)
class PublicRate:
    """The price of one row of the table.

    Attributes:
        name: What its provider calls the model.
        offer: Who serves it.
        tier: Of the provider's service, such as `flex`; "" for the usual one.
    """

    name: str
    offer: Offer
    tier: str = ""

    def __call__(self, paid: Cost) -> float:
        """Return the dollars of one request.

        Raises:
            LookupError: the table does not have the model.
        """
        from genai_prices import Usage, calc_price  # its table takes a moment

        usage = Usage(
            input_tokens=paid["input_tokens"],
            cache_read_tokens=paid["cached_tokens"],
            cache_write_tokens=paid.get("cache_write_tokens", 0),
            output_tokens=paid["output_tokens"],
        )
        (address, provider), tier = self.offer, {"service_tier": self.tier} if self.tier else None
        if address:
            found = calc_price(usage, self.name, provider_api_url=address, price_context=tier)
        else:
            found = calc_price(usage, self.name, provider_id=provider, price_context=tier)
        return float(found.total_price)


def public_rate(name: str, model: BaseChatModel) -> Rate | None:
    """Return the price of a model by the public table; `None` if it is not in there.

    Args:
        name: What its provider calls it.
        model: The model, for its address or provider.
    """
    offer, tier = offer_of(model), getattr(model, "service_tier", None)
    if offer.is_own:
        return None
    rate = PublicRate(name, offer, tier if isinstance(tier, str) else "")
    try:
        rate(cost(input_tokens=1, output_tokens=1))
    except (LookupError, ValueError):
        return None
    return rate
