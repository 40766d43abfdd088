"""What a request cost, by the usage its server reports."""

from __future__ import annotations

import re
from collections.abc import Sequence

from langchain_core.messages import BaseMessage

from ..core.replies.reply import Reply
from ..core.usage import Cost, cost, tokens_of
from .prices.price import Rate, estimated, priced
from .reported_usage import Counted, counted_by

MOST_CHARACTERS_PER_TOKEN = 10  # more than any text has on average
CHARACTERS_PER_TOKEN = 4  # of the common tokenizers, on English prose
LLAMA_CPP = re.compile(r"b\d+-")  # how its server signs its replies: b7123-1a2b3c4


def price_of(message: BaseMessage | None, replies: Sequence[Reply]) -> Cost:
    """Return what the request for one message cost; see `cost_of`."""
    return cost_of(counted_by([message]) if message else None, replies)


def cost_of(counted: Counted | None, replies: Sequence[Reply], signature: str = "") -> Cost:
    """Return what one request cost; its usage covers all its texts and is taken once.

    It is marked inexact if the server reported nothing, fewer output tokens than the
    texts can have, or is llama.cpp, asked for several: it counts one choice of n.

    Args:
        counted: What the server reported, if anything.
        replies: What came.
        signature: The server's `system_fingerprint`.
    """
    if counted is None:
        return cost(requests=1, sequences=len(replies), exact=False)
    characters = sum(len(r.text) + len(r.reasoning) for r in replies)
    counts_one = len(replies) > 1 and LLAMA_CPP.match(signature)
    enough = counted.output * MOST_CHARACTERS_PER_TOKEN >= characters
    return cost(
        requests=1,
        sequences=len(replies),
        input_tokens=max(0, counted.input),
        cached_tokens=max(0, counted.cached),
        cache_write_tokens=max(0, counted.written),
        output_tokens=max(0, counted.output),
        exact=counted.sound and enough and not counts_one,
    )


def with_price(
    paid: Cost, messages: Sequence[BaseMessage], replies: Sequence[Reply], rate: Rate | None
) -> Cost:
    """Return the cost of one request with its dollars, if its price is known.

    If its server reported no tokens, it has a guess at them and their price instead, for budgets.
    """
    if tokens_of(paid):
        return priced(paid, rate)
    given = sum(len(message.text) for message in messages)
    came = sum(len(reply.text) + len(reply.reasoning) for reply in replies)
    return estimated(paid, (given, came), CHARACTERS_PER_TOKEN, rate)
