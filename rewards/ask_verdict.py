"""Ask a language model for one verdict, and once more in another form if need be."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from langchain_core.messages import HumanMessage, SystemMessage

from ..core.errors import RewardError, evidence
from ..core.usage import Cost, add_costs, cost
from ..models.policy import Policy, PolicyLike, model_name
from ..models.request import Request, RequestError, ask
from ..prompts.judge import JUDGE_SYSTEM, RUBRIC
from .verdict import Form, read_verdict

MOST_TOKENS = 1024  # room for a judge that thinks first


class VerdictError(RewardError):
    """No verdict came; `cost` is what asking cost all the same."""

    def __init__(self, message: str, paid: Cost) -> None:
        super().__init__(message)
        self.cost = paid


def judge_name(kind: str, model: PolicyLike, rubric: str) -> str:
    """Return a judge's name: another rubric makes it another reward, so it shows."""
    mark = "" if rubric == RUBRIC else f"#{hashlib.sha256(rubric.encode()).hexdigest()[:6]}"
    return f"{kind}:{model_name(model)}{mark}"


async def ask_verdict(
    judge: Policy,
    prompt: Callable[[str], str],
    form: Form,
) -> tuple[float, Cost]:
    """Ask a judge for one verdict.

    Args:
        judge: The judging model.
        prompt: The question, given how to reply.
        form: The verdicts it allows.

    Returns:
        What the verdict is worth, and what asking cost.

    Raises:
        VerdictError: no verdict in two replies.
        RequestError: the judge could not be reached.

    Both say in `cost` what was paid.
    """
    logprobs = "logprobs" in type(judge.model).model_fields
    paid, said, refused = cost(), "nothing", frozenset[str]()
    for structured in (False, True) if logprobs else (True, False):
        request = _request(judge, prompt, form, structured=structured, refused=refused)
        try:
            response = await ask(request)
        except RequestError as error:
            error.cost = add_costs(paid, error.cost)
            raise
        paid, refused = add_costs(paid, response.cost), response.refused
        for reply in response.replies[:1]:
            value = read_verdict(reply, form)
            if value is not None:
                return value, paid
            said = reply.error or evidence(repr(reply.text))
    raise VerdictError(
        f"judge {judge.name!r} gave no verdict in two replies; the last said {said}", paid
    )


def _request(
    judge: Policy,
    prompt: Callable[[str], str],
    form: Form,
    *,
    structured: bool,
    refused: frozenset[str],
) -> Request:
    """Return the request for a verdict in one of the two forms."""
    output = form.as_json if structured else form.plain
    chances = {} if structured else {"logprobs": True, "top_logprobs": 20}
    return Request(
        judge,
        [SystemMessage(JUDGE_SYSTEM.text), HumanMessage(prompt(output))],
        parameters={"temperature": 0.0, "max_tokens": MOST_TOKENS, **chances},
        schema=form.schema if structured else None,
        refused=refused,
        label="judge",
        metadata={"tpo_phase": "rank"},
    )
