"""How sure a judge is of a word: what its log-probabilities make of it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from ...core.json_types import JsonObject

LEAST_MASS = 0.5  # share of probability the allowed answers must hold together
AROUND = "*`\"'. \n"  # what models put around one word


def expected(values: Mapping[str, float], word: str, logprobs: JsonObject, key: str = "") -> float:
    """Return what a verdict is worth: the expected value over the allowed words, if it is known.

    Args:
        values: Each allowed word and what it is worth.
        word: The one that was said.
        logprobs: What came with the reply, in OpenAI's form; anything else tells nothing.
        key: Of JSON, under which key it stands.
    """
    try:
        token = token_that_says(word, logprobs["content"], key)
        likely = [(_bare(other), math.exp(other["logprob"])) for other in token["top_logprobs"]]
    except (KeyError, IndexError, TypeError, AttributeError, OverflowError):
        return values[word]
    chances = [(values[other], chance) for other, chance in likely if other in values]
    mass = math.fsum(chance for _, chance in chances)
    if not LEAST_MASS <= mass < math.inf:
        return values[word]
    return math.fsum(value * chance for value, chance in chances) / mass


def token_that_says(word: str, tokens: Sequence[JsonObject], key: str = "") -> JsonObject:
    """Return the token of a reply that is a word: of JSON what stands under a key, else the last.

    The last, because a judge that thinks first may name others before.

    Raises:
        IndexError: there is none, as where a token holds more than the word.
    """
    found: list[JsonObject] = []
    before = ""
    for token in tokens:
        if _bare(token) == word and (not key or re.search(rf'"{key}"\s*:\s*"?$', before)):
            found.append(token)
        before += token["token"]
    return found[-1]


def _bare(token: JsonObject) -> str:
    word: str = token["token"].strip(AROUND)
    return word
