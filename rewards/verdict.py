"""One verdict of a language model: asked strictly, read strictly, never guessed.

Where the server gives log-probabilities, the verdict is the expected value over the
allowed answers (a 7 with doubt counts less than a sure 7); otherwise structured output
is asked for. A reply that is not exactly a verdict is asked again once, in the other
form, and is then a failure.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import HumanMessage, SystemMessage

from ..core.errors import RewardError, evidence
from ..core.reply import Reply
from ..core.usage import Cost, add_costs, cost
from ..models.policy import Policy
from ..models.request import Request, ask
from ..prompts.judge import JUDGE_SYSTEM

MOST_TOKENS = 1024  # room for a judge that thinks first
LEAST_MASS = 0.5  # share of probability the allowed answers must hold together


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


async def ask_verdict(
    judge: Policy,
    prompt: Callable[[str], str],
    form: Form,
    *,
    seed: int | None = None,
) -> tuple[float, Cost]:
    """Ask a judge for one verdict.

    Args:
        judge: The judging model.
        prompt: The question, given how to reply.
        form: The verdicts it allows.
        seed: For servers that honour one.

    Returns:
        What the verdict is worth, and what asking cost.

    Raises:
        RewardError: no verdict in two replies.
        RequestError: the judge could not be reached.
    """
    fields = type(judge.model).model_fields
    forms = [False, True] if "logprobs" in fields else [True, False]
    paid, said, refused = cost(), "", frozenset[str]()
    for structured in forms:
        request = Request(
            judge,
            [
                SystemMessage(JUDGE_SYSTEM.text),
                HumanMessage(prompt(form.as_json if structured else form.plain)),
            ],
            parameters={
                "temperature": 0.0,
                "max_tokens": MOST_TOKENS,
                "seed": seed,
                **({} if structured else {"logprobs": True, "top_logprobs": 20}),
            },
            schema=form.schema if structured else None,
            refused=refused,
            label="judge",
        )
        response = await ask(request)
        paid, refused = add_costs(paid, response.cost), response.refused
        for reply in response.replies[:1]:
            value = read_verdict(reply, form)
            if value is not None:
                return value, paid
            said = reply.text
    raise RewardError(
        f"judge {judge.name!r} gave no verdict in two replies; the last said {evidence(said)!r}"
    )


def read_verdict(reply: Reply, form: Form) -> float | None:
    """Return what a reply is worth, or `None` if it is not exactly a verdict.

    Anything more than the verdict itself is refused: a judge that quotes the answer it
    judges must not have the quotation read as its own words.
    """
    if reply.error:
        return None
    bare = reply.text.strip().strip("*`\"'. ")
    if bare in form.values:
        expected = _expected(reply.logprobs, form.values)
        return form.values[bare] if expected is None else expected
    try:
        parsed = json.loads(reply.text)
    except ValueError:
        return None
    if not isinstance(parsed, dict) or set(parsed) != {form.key}:
        return None
    return form.values.get(str(parsed[form.key]))


def _expected(logprobs: Any, values: Mapping[str, float]) -> float | None:
    """Return the expected value over the allowed answers at the verdict's own token."""
    content = (logprobs or {}).get("content") or []
    place = next((t for t in content if t["token"].strip() in values), None)
    if place is None:
        return None
    chances: dict[str, float] = {}
    for other in place.get("top_logprobs") or []:
        token = other["token"].strip()
        if token in values:
            chances[token] = chances.get(token, 0.0) + math.exp(other["logprob"])
    mass = math.fsum(chances.values())
    if mass < LEAST_MASS:
        return None
    return math.fsum(values[token] * chance for token, chance in chances.items()) / mass
