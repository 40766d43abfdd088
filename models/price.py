"""What a request cost, by the usage its server reports."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage

from ..core.reply import Reply
from ..core.usage import Cost, cost

MOST_CHARACTERS_PER_TOKEN = 10  # more than any text has on average


def price_of(message: BaseMessage | None, replies: Sequence[Reply]) -> Cost:
    """Return what one request cost; its usage covers all its texts and is taken once.

    It is marked inexact where the server reported nothing, or fewer output tokens than
    the texts can have (llama.cpp counts one choice of n).
    """
    usage = message.usage_metadata if isinstance(message, AIMessage) else None
    if not usage:
        return cost(requests=1, sequences=len(replies), exact=False)
    characters = sum(len(r.text) + len(r.reasoning) for r in replies)
    output = usage["output_tokens"]
    return cost(
        requests=1,
        sequences=len(replies),
        input_tokens=usage["input_tokens"],
        cached_tokens=usage.get("input_token_details", {}).get("cache_read") or 0,
        output_tokens=output,
        exact=output * MOST_CHARACTERS_PER_TOKEN >= characters,
    )
