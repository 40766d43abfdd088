"""Which parameter an error complains of, by its words: each server has its own."""

from __future__ import annotations

import re
from collections.abc import Collection

_REFUSAL = re.compile(
    r"(?i)unsupport|not support|only support|unknown|unrecogni[sz]ed|not permitted|not allowed"
    r"|unexpected|extra inputs|does not|only (?:be|the default|one|1)|only one|must be|deprecated"
    r"|cannot (?:both )?be|invalid|not enabled|disabled|restricted|\brange\b|between|too large"
    r"|too high|at most|greater than|less than|input should be|not available|unavailable"
    r"|not implemented"
)
SEVERAL = "streamed texts"  # among refused parameters: several texts in one stream
_TEXTS = r"(?:choice|completion|candidate|sequence|output)"
_NAMES = {
    "n": r"(?:['\"`/]n['\"`]|\bn\s*[>=]|\bn (?:must|is|should|parameter|value)|\bof n\b"
    r"|\bn: |\b(?:body|parameter|argument|value)[. ]n\b|\bbest_of\b"
    r"|n_cmpl|n_parallel|slots|completion choices?|num_return_sequences|(?i:candidate_?count)"
    rf"|(?i:(?:multiple|number of|too many) {_TEXTS}s|(?:only|at most) (?:one|1) {_TEXTS}))",
    SEVERAL: r"(?i:\bstream(?:ed|s|ing)?\b)",
    "response_format": r"(?i:response_format|json_schema|structured outputs?|grammar)",
    "max_tokens": r"max_(?:completion_|output_|new_)?tokens|maxOutputTokens|num_predict",
    "top_p": r"\b(?:top_p|topP)\b",
    "stop": r"\b(?:stop_sequences|stopSequences|stop sequences?|'stop'|\"stop\"|`stop`|stop:)",
    "seed": r"\b(?:random_)?seed\b",
}
_ONLY_STREAMS = re.compile(
    r"(?i)only supports? stream|non-?streaming|streaming is required|stream(?:ing)? mode"
    r"|stream\W{0,3} ?(?:must be|should be|to be) (?:set to )?true|requires? stream"
)
_NOT_BOTH = re.compile(r"(?i)temperature.*top_p.*cannot both")


def words_of(error: BaseException) -> str:
    """Return all that an error says.

    Of a list of details, as FastAPI sends it, the client's own sentence shows nothing.
    """
    return f"{error} {getattr(error, 'body', None) or ''}"


def refused_name(text: str, sent: Collection[str]) -> str | None:
    """Return which of the parameters sent an error complains of, or `None`.

    Args:
        text: What the error says.
        sent: The parameters by our names; `whole` stands for a reply that is not streamed.
    """
    if "whole" in sent and _ONLY_STREAMS.search(text):
        return "whole"
    if not _REFUSAL.search(text):
        return None
    if "top_p" in sent and _NOT_BOTH.search(text):
        return "top_p"  # the temperature is what makes the texts differ
    # What tells how sure a model is can be missed; that it is named may be for what it goes with.
    for name in sorted(sent, key=lambda name: ("logprobs" in name, len(name)), reverse=True):
        if re.search(_NAMES.get(name, rf"\b{re.escape(name)}\b"), text):
            return name
    return None
