"""Critiques to train critics on: what the critic was asked, what it wrote, what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

from ...core.context import Context
from ...core.conversation import to_messages
from ...core.json_types import JsonObject
from ...core.make_context import make_context
from ...core.message_json import plain_messages
from ...core.pool import best, by_id, of_round, reward_of, with_reward
from ...core.state import Candidate, Round, State
from ...prompts.prompt_set import SETS
from ...prompts.round_texts import critique_of
from .examples import Text, about_run
from .source import Source

STEPS: tuple[Literal["loss", "gradient"], ...] = ("loss", "gradient")


def critiques_of(source: Source) -> Iterator[Text]:
    """Yield the losses and gradients of a run, each with the prompt that asked for it.

    `good` says whether an update of the round that followed beat the answer that was criticised,
    and the column `gain` by how much. Left out: rounds without updates, which show nothing of
    what their advice was worth; runs with prompts of their own, whose wording was not saved.
    """
    known = {k: v for k, v in source.settings.items() if k in Context.model_fields}
    context = make_context(None, **known)
    prompts = SETS.get(context.prompts)
    if prompts is None:
        return
    for place, (now, following) in enumerate(pairwise(source.rounds)):
        gain = gain_of_round(source.candidates, now, following)
        if gain is None or not (now["loss"] or now["gradient"]):
            continue
        critique = critique_of(as_critic_saw(source, place), context)
        for step in STEPS:
            if text := now[step]:
                asked = prompts.render(step, critique, clip_tokens=context.clip_tokens)
                author = "person" if step in now.get("by_hand", []) else "critic"
                further = {"step": step, "round": now["round"], "gain": gain, "author": author}
                yield Text(plain_messages(asked), text, gain > 0, {**about_run(source), **further})


def gain_of_round(pool: Sequence[Candidate], now: Round, following: Round) -> float | None:
    """Return how far the best update is above the answer that was criticised; `None`: unknown."""
    criticised = with_reward([c for c in [by_id(pool, now["chosen"])] if c])
    update = best(of_round(pool, following["round"]))
    if update is None or not criticised:
        return None
    return round(reward_of(update) - reward_of(criticised[0]), 9)


def as_critic_saw(source: Source, place: int) -> State:
    """Return the run as its critic saw it."""
    messages: list[JsonObject] = list(source.messages)
    return State(
        messages=to_messages(messages),
        candidates=list(source.candidates),
        rounds=list(source.rounds[: place + 1]),
    )
