"""Ask a language model for one verdict, and once more in another form if need be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from langchain_core.messages import HumanMessage, SystemMessage

from ...core.errors import RewardError, evidence
from ...core.json_types import JsonObject
from ...core.usage import Cost, add_costs, cost
from ...models.ask import ask
from ...models.budget import Budget
from ...models.policy import Policy
from ...models.request import Request, RequestError
from ...prompts.judge import JUDGE_SYSTEM
from ..planned_reward import Called
from .verdict import Form

REPLIES = 2  # so a reply without a verdict is asked for once more
MOST_TOKENS = 1024  # room for a judge that thinks first


class VerdictError(RewardError):
    """No verdict came; `cost` is what asking cost all the same."""

    def __init__(self, message: str, paid: Cost) -> None:
        super().__init__(message)
        self.cost = paid


async def ask_verdict(
    judge: Policy,
    prompt: Callable[[str], str],
    form: Form,
    budget: Budget,
) -> Called:
    """Ask a judge for one verdict.

    Args:
        judge: The judging model.
        prompt: The question, given how to reply.
        form: The verdicts it allows.
        budget: What the round may still cost.

    Returns:
        What the verdict is worth, and what asking cost.

    Raises:
        VerdictError: no verdict in two replies.
        RequestError: the judge could not be reached.

    Both say in `cost` what was paid.
    """
    bare, strict, as_json = (form.plain, None), (form.as_json, form.schema), (form.as_json, None)
    bare_first = form.one_word and "logprobs" in type(judge.model).model_fields
    paid, reason, replies, refused = cost(), "nothing", 0, frozenset[str]()
    for output, schema in (bare, strict, as_json) if bare_first else (strict, bare, as_json):
        request = _request(judge, prompt(output), schema, form.one_word, refused)
        try:
            response = await ask(replace(request, budget=budget))
        except RequestError as error:
            error.cost = add_costs(paid, error.cost)
            raise
        paid, refused = add_costs(paid, response.cost), response.refused
        if schema and "response_format" in refused:
            continue  # no reply, but a server that knows no schema: it is asked in words
        for reply in response.replies[:1]:
            value = form.read(reply)
            if value is not None:
                return Called(result=value, cost=paid)
            reason = reply.error or evidence(repr(reply.text))
        replies += 1
        if replies == REPLIES:
            break
    raise VerdictError(
        f"judge {judge.name!r} gave no verdict in two replies; the last said {reason}", paid
    )


def _request(
    judge: Policy,
    prompt: str,
    schema: JsonObject | None,
    one_word: bool,
    refused: frozenset[str],
) -> Request:
    """Return the request for a verdict; one bare word comes with its log-probabilities."""
    chances = {"logprobs": True, "top_logprobs": 20} if one_word and not schema else {}
    return Request(
        judge,
        [SystemMessage(JUDGE_SYSTEM.text), HumanMessage(prompt)],
        parameters={"temperature": 0.0, "max_tokens": MOST_TOKENS, **chances},
        schema=schema,
        refused=refused,
        label="judge",
        metadata={"tpo_phase": "rank"},
    )
