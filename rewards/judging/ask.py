"""Ask a language model for one verdict, and once more in another form if need be."""

from __future__ import annotations

from collections.abc import Callable

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage

from ...core.context import Context
from ...core.errors import RewardError, evidence
from ...core.json_types import JsonObject
from ...core.usage import Cost, add_costs, cost
from ...models.ask import ask
from ...models.asking.own_settings import own_limit, thinking_tokens
from ...models.budget import Budget
from ...models.live_request import ended_early, request_seed
from ...models.policy import Policy
from ...models.request import Request, RequestError
from ...prompts.judge import JUDGE_SYSTEM
from ..planned_reward import Called
from .reasons import Reasoned
from .verdict import Form

CHANCES = {"logprobs": True, "top_logprobs": 20}  # a word says how sure the judge is
VARIED = 0.7  # the temperature of verdicts that are asked for several times
REPLIES = 2  # so a reply without a verdict is asked for once more


class VerdictError(RewardError):
    """No verdict came; `cost` is what asking cost all the same."""

    def __init__(self, message: str, paid: Cost) -> None:
        super().__init__(message)
        self.cost = paid


async def ask_verdict(
    judge: Policy,
    prompt: Callable[[str], str],
    form: Form,
    settings: Context,
    budget: Budget,
    *,
    nth: int = 0,
) -> Called:
    """Ask a judge for one verdict.

    The model's own limit of tokens counts if it has one; a reply that ours has cut off is asked
    for again without.

    Args:
        judge: The judging model.
        prompt: The question, given how to reply.
        form: The verdicts it allows.
        settings: Those of the run: timeout, retries, seed.
        budget: What the round may still cost.
        nth: Which of several times this is asked, from 1; 0 if it is asked once.

    Returns:
        What the verdict is worth, and what asking cost.

    Raises:
        VerdictError: no verdict in two replies.
        RequestError: the judge could not be reached.

    Both say in `cost` what was paid.
    """
    bare, strict, as_json = (form.plain, None), (form.as_json, form.schema), (form.as_json, None)
    known = "logprobs" in type(judge.model).model_fields
    bare_first = form.one_word and known
    always = known and isinstance(form, Reasoned) and form.verdict_first
    parameters = _parameters(judge.model, settings, form.room, nth)
    paid, reason, replies, refused = cost(), "nothing", 0, frozenset[str]()
    second = (as_json, bare) if form.bare_last else (bare, as_json)
    for output, schema in (bare, strict, as_json) if bare_first else (strict, *second):
        request = Request(
            judge,
            [SystemMessage(JUDGE_SYSTEM.text), HumanMessage(prompt(output))],
            parameters=parameters | (CHANCES if always or (form.one_word and not schema) else {}),
            schema=schema,
            refused=refused,
            timeout=settings.timeout,
            retries=settings.retries,
            budget=budget,
            label="judge",
            metadata={"tpo_phase": "rank"},
        )
        try:
            response = await ask(request)
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
            if ended_early(reply):
                parameters |= {"max_tokens": None}
        replies += 1
        if replies == REPLIES:
            break
    raise VerdictError(
        f"judge {judge.name!r} gave no verdict in two replies; the last said {reason}", paid
    )


def _parameters(model: BaseChatModel, settings: Context, room: int, nth: int) -> JsonObject:
    """Return how a verdict is sampled: soberly, and within the model's own limit if it has one."""
    own = own_limit(model) or thinking_tokens(model)
    thinks = (model.profile or {}).get("reasoning_output")
    return {
        "temperature": VARIED if nth else 0.0,
        "max_tokens": None if own or thinks else room,
        "seed": request_seed(settings, "rank", 0, nth),
    }
