"""The ways to ask for a candidate: the request alone, the request with advice, a rewrite."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from langchain_core.messages import AnyMessage, BaseMessage

from ...core.moves import Move, dealt, needs_critique, places_of, plan_of
from ...core.planning.copying import mostly_copies
from ...core.pool import by_id
from ...core.replies.reasoning import split_reasoning
from ...core.replies.reply import Reply
from ...core.state import State
from ...models.asking.sampling import Sampling, answer_sampling
from ...models.policy import Policy
from ...models.request import Request
from ...models.several_policies import divided
from ...prompts.prompt_set import Critique
from ...prompts.round_texts import LEARNT, clip_tokens, every_critique
from ...prompts.update import update_format, update_readers
from .run_models import RunModels


@dataclass(frozen=True)
class Way:
    """One way to ask for candidates of a round.

    Attributes:
        move: What it is called in plans.
        policy: Who is asked.
        places: Those of the round that it fills.
        request: What to ask, given the refused parameters; `n` and seed are set later.
        read: Makes a reply's text the answer in it, or says why there is none.
        partial: What to show of an unfinished reply, for live text.
        parent_round: The round of the answer that it goes by, if it goes by one.
        critique: Which critique of several it goes by, if there are several.
    """

    move: Move
    policy: Policy
    places: range
    request: Callable[[frozenset[str]], Request]
    read: Callable[[Reply], Reply]
    partial: Callable[[str], str]
    parent_round: int | None = None
    critique: int | None = None


def ways_of(
    run: RunModels, messages: Sequence[AnyMessage], state: State | None, drafts: int
) -> list[Way]:
    """Return how the candidates of a round are asked for.

    First samples are fresh; the rounds after them are rewrites, as in the paper, unless the
    run plans.

    Args:
        run: The run's models and settings.
        messages: The conversation.
        state: What the rounds before have come to; `None` for first samples.
        drafts: How many of these the caller brings.
    """
    if state is None:
        shares = divided(run.policies, run.context.width, drafts)
        return [fresh(replace(run, policy=p), messages, places) for p, places in shares]
    plan = plan_of(state["rounds"][-1], run.context.mode, run.context.width)
    ways: list[Way] = []
    for move, places in places_of(plan).items():
        if places and move == "fresh":
            ways.append(fresh(run, messages, places))
        elif places and move == "rewrite" and needs_critique(plan):
            several = dealt(places, every_critique(state, run.context))
            ways += [rewrite(run, state, one, part) for part, one in several]
        elif places:
            ways += by_what_was_learnt(run, messages, state, move, places)
    return ways


def asking(
    run: RunModels, messages: Sequence[BaseMessage], refused: frozenset[str], sampling: Sampling
) -> Request:
    """Return a request to the policy as the run's settings want it."""
    context = run.context
    return Request(
        run.policy,
        messages,
        **sampling,
        refused=refused,
        timeout=context.timeout,
        live=context.live,
    )


def fresh(
    run: RunModels, messages: Sequence[BaseMessage], places: range, warmer: bool = False
) -> Way:
    """Return the way to ask the request alone; the reply is the answer."""
    context = run.context

    def request(refused: frozenset[str]) -> Request:
        # No stop sequences for updates: they could cut off what is around the answer.
        sampling = answer_sampling(context, context.stop_sequences, warmer=warmer)
        asked = asking(run, messages, refused, sampling)
        return replace(asked, keep_reasoning=context.keep_reasoning)

    return Way(
        move="fresh",
        policy=run.policy,
        places=places,
        request=request,
        read=lambda reply: reply,
        partial=lambda text: text if context.keep_reasoning else split_reasoning(text)[0],
    )


def by_what_was_learnt(
    run: RunModels, messages: Sequence[AnyMessage], state: State, move: Move, places: range
) -> list[Way]:
    """Return the ways to ask for advised or fused answers, or for rewrites without a critique."""
    context, most = run.context, clip_tokens(run.context, run.policy)
    versions, ask = LEARNT[move]
    warmer = move == "rewrite" and mostly_copies(state, context)
    return [
        replace(way, move=move, parent_round=parent, critique=one.number)
        for part, (parent, one) in dealt(places, versions(state, context, len(places)))
        for way in [fresh(run, ask(messages, one, most), part, warmer)]
    ]


def rewrite(run: RunModels, state: State, critique: Critique, places: range) -> Way:
    """Return the way to ask for an update by a critique, as in the paper.

    A server that refuses structured output is asked for tags instead.
    """
    context, policy = run.context, run.policy
    warmer = mostly_copies(state, context)
    chosen = by_id(state["candidates"], state["rounds"][-1]["chosen"])
    parent = chosen["round"] if chosen else None

    def request(refused: frozenset[str]) -> Request:
        form = update_format(context, prefers_json=policy.prefers_json, refused=refused)
        most = clip_tokens(context, policy)
        messages = run.prompts.render("update", critique, clip_tokens=most, output=form.output)
        asked = asking(run, messages, refused, answer_sampling(context, warmer=warmer))
        return replace(asked, schema=form.schema)

    how = (request, *update_readers(critique.query + critique.chosen))
    return Way("rewrite", policy, places, *how, parent, critique.number)
