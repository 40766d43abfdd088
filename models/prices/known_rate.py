"""The price of a model, if anything but the run's own settings knows it."""

from __future__ import annotations

from langchain_core.language_models import BaseChatModel

from .price import Rate
from .price_file import price_in_file
from .public_table import public_rate


def known_rate(called: str, name: str, model: BaseChatModel) -> Rate | None:
    """Return the price of a model: by the file that `TPO_PRICES` names, else by the public table.

    Args:
        called: How the user names it, as a spec if it is one.
        name: What its provider calls it.
        model: The model.

    Raises:
        ConfigError: the file cannot be read.
    """
    return price_in_file(called) or public_rate(name, model)
