"""One verdict of a language model: asked strictly, read strictly, never guessed.

Where the server gives log-probabilities, the verdict is the expected value over the
allowed answers (a 7 with doubt counts less than a sure 7); otherwise structured output
is asked for. A reply that is not exactly a verdict is asked again once, in the other
form, and is then a failure.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..core.reply import Reply

LEAST_MASS = 0.5  # share of probability the allowed answers must hold together
AROUND = "*`\"'. \n"  # what models put around one word


@dataclass(frozen=True)
class Form:
    """The verdicts a question allows.

    Attributes:
        values: Each allowed answer and what it is worth.
        plain: How to ask for one of them as bare text.
        as_json: How to ask for it as JSON.
        key: The JSON key.
        schema: The JSON schema.
    """

    values: Mapping[str, float]
    plain: str
    as_json: str
    key: str
    schema: dict[str, Any]


def read_verdict(reply: Reply, form: Form) -> float | None:
    """Return what a reply is worth, or `None` if it is not exactly a verdict.

    Anything more than the verdict itself is refused: a judge that quotes the answer it
    judges must not have the quotation read as its own words.
    """
    if reply.error:
        return None
    bare = reply.text.strip(AROUND)
    if bare in form.values:
        expected = _expected(reply.logprobs, bare, form.values)
        return form.values[bare] if expected is None else expected
    try:
        parsed = json.loads(reply.text)
    except ValueError:
        return None
    if not isinstance(parsed, dict) or set(parsed) != {form.key}:
        return None
    return form.values.get(str(parsed[form.key]))


def _expected(logprobs: Any, verdict: str, values: Mapping[str, float]) -> float | None:
    """Return the expected value over the allowed answers at the verdict's own token.

    That is the last one that says it: a judge that thinks first may name others before.
    `None` where the server gave no log-probabilities, or other ones than OpenAI's.
    """
    try:
        said = [token for token in logprobs["content"] if _bare(token) == verdict]
        likely = [(_bare(token), math.exp(token["logprob"])) for token in said[-1]["top_logprobs"]]
    except (KeyError, IndexError, TypeError, AttributeError, OverflowError):
        return None
    chances = [(values[word], chance) for word, chance in likely if word in values]
    mass = math.fsum(chance for _, chance in chances)
    if not LEAST_MASS <= mass < math.inf:
        return None
    return math.fsum(value * chance for value, chance in chances) / mass


def _bare(token: Any) -> str:
    word: str = token["token"].strip(AROUND)
    return word
