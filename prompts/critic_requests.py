"""What the critic of a round is asked: a request for each of its critiques."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from ..core.context import Context
from ..core.round_critique import RoundCritique
from ..core.state import State
from ..models.asking.sampling import critique_sampling
from ..models.live_request import request_seed
from ..models.request import Request
from .prompt_set import PromptSet
from .round_texts import clip_tokens, critique_of


def critic_requests(
    base: Request,
    prompts: PromptSet,
    step: Literal["loss", "gradient"],
    state: State,
    context: Context,
    critiques: Sequence[RoundCritique],
) -> list[Request]:
    """Return the requests for the losses or gradients of a round; they share one budget.

    Args:
        base: Whom to ask, and what it may cost.
        prompts: The run's.
        step: What is wanted.
        state: The run, with a chosen answer.
        context: Its settings.
        critiques: One for each request: the pair it is about, and its loss once there is one.
    """
    now, most = state["round"], clip_tokens(context, base.policy)
    patient = replace(base, timeout=context.timeout, retries=context.retries)
    return [
        replace(
            patient,
            messages=prompts.render(step, critique_of(state, context, one), clip_tokens=most),
            **critique_sampling(context, request_seed(context, step, now, nth)),
            live=context.live and not nth,  # a screen has room for one text that grows
            label=f"{step} r{now}" + (f" {nth}" if nth else ""),
        )
        for nth, one in enumerate(critiques)
    ]
