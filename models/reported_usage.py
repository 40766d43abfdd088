"""The tokens that a server reports, read whatever it calls them and however often it says so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from langchain_core.messages import AIMessage, BaseMessage

_INPUT = (
    *("input_tokens", "prompt_tokens", "inputTokens", "promptTokenCount", "prompt_token_count"),
    *("input_token_count", "prompt_eval_count"),
)
_OUTPUT = (
    *("output_tokens", "completion_tokens", "outputTokens", "candidatesTokenCount"),
    *("candidates_token_count", "output_token_count", "generated_token_count", "eval_count"),
)
_TOTAL = ("total_tokens", "totalTokens", "totalTokenCount", "total_token_count")
_CACHED = ("cached_tokens", "prompt_cache_hit_tokens", "cacheReadInputTokens")
_WRITTEN = ("cache_write_tokens", "cacheWriteInputTokens")
_DETAILS = ("input_token_details", "prompt_tokens_details", "input_tokens_details")
MOST_TOKENS = 1e10  # of one request; what is beyond is a fault of the server, never billed
_PLACES = ("token_usage", "usage", "usage_metadata")  # in metadata


@dataclass(frozen=True)
class Counted:
    """Tokens as a server counts them.

    Attributes:
        input: Of the prompt.
        cached: Those of them that came from a cache.
        output: Of the texts, reasoning included.
        written: Those of the prompt that were written into a cache, if that is billed apart.
        sound: Whether the numbers can be what was billed; else they are a lower bound.
    """

    input: int = 0
    cached: int = 0
    output: int = 0
    sound: bool = True
    written: int = 0


def usage_in(report: object) -> Counted | None:
    """Return the counts of one report, or `None` if it is not one."""
    if not isinstance(report, Mapping):
        return None
    given, came = _first_number(report, _INPUT), _first_number(report, _OUTPUT)
    if given is None and came is None:
        return None
    total, cached = _first_number(report, _TOTAL), _first_number(report, _CACHED)
    for details in (report.get(name) for name in _DETAILS):
        if cached is None and isinstance(details, Mapping):
            names = [name for name in details if str(name).endswith("cache_read")]
            cached = _first_number(details, (*names, *_CACHED))
    written = max(map(_written, (report, *(report.get(name) for name in _DETAILS))))
    # Some count reasoning in the total only.
    output = max(came or 0, (total or 0) - (given or 0))
    sound = given is not None and came is not None and given > 0
    return Counted(given or 0, min(cached or 0, given or 0), output, sound, written)


def counted_by(
    messages: Sequence[BaseMessage], more: Mapping[str, object] | None = None
) -> Counted | None:
    """Return what one request counted, whose messages all tell of it, or one of them.

    Args:
        messages: Its texts.
        more: What the client says beside them (`llm_output`).
    """
    found = [*filter(None, map(_beside, messages))]
    if not found and more:
        found = [*filter(None, (usage_in(more.get(place)) for place in _PLACES))][:1]
    if len({*found}) > 1:  # each of its own text
        output = sum(one.output for one in found)
        first = max(found, key=lambda one: one.input)
        return replace(first, output=output, sound=False)
    return found[0] if found else None


def counted_in_stream(chunks: Sequence[AIMessage]) -> Counted | None:
    """Return what a streamed reply counted.

    A server may report once, or in every piece what is so far: then the last report counts.
    Else the reports are parts that add up.
    """
    found = [*filter(None, map(_beside, chunks))]
    if len(found) < 2:
        return found[0] if found else None
    told = [one for one in found if one.input > 0]
    outputs = [one.output for one in found]
    so_far = len(told) > 1 and all(one.input >= told[0].input for one in told)
    if so_far and outputs == sorted(outputs):
        last = told[-1]
        parts = len({*outputs}) == 1 and len(outputs) > 2
        return replace(last, output=outputs[-1], sound=last.sound and not parts)
    given = max(one.input for one in told) if so_far else sum(one.input for one in found)
    cached = max(one.cached for one in found)
    sound, written = not so_far and given > 0, max(one.written for one in found)
    return Counted(given, min(cached, given), sum(outputs), sound, written)


def _beside(message: BaseMessage) -> Counted | None:
    usage = message.usage_metadata if isinstance(message, AIMessage) else None
    reports = [usage, *(message.response_metadata.get(place) for place in _PLACES)]
    return next(filter(None, map(usage_in, reports)), None)


def _written(report: object) -> int:
    """Return the tokens written into a cache; LangChain has them apart by how long they stay."""
    given = report if isinstance(report, Mapping) else {}
    parts = [n for name, n in given.items() if re.match("cache_creation$|ephemeral_", str(name))]
    return max(sum(_tokens(n) or 0 for n in parts), _first_number(given, _WRITTEN) or 0)


def _first_number(report: Mapping[str, object], names: Sequence[str]) -> int | None:
    return next((n for name in names if (n := _tokens(report.get(name))) is not None), None)


def _tokens(value: object) -> int | None:
    """Return a number of tokens, which may come as a text or with a decimal point."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return round(number) if abs(number) <= MOST_TOKENS else None  # nor is it "nan" or "inf"
