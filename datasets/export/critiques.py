"""Critiques to train critics on: what the critic was asked, what it wrote, what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ...core.context import Context
from ...core.conversation import to_messages
from ...core.json_types import JsonObject
from ...core.make_context import make_context
from ...core.message_json import plain_messages
from ...core.pool import best, by_id, of_round, reward_of, with_reward
from ...core.state import Candidate, Round, State
from ...prompts.prompt_set import SETS, Step
from ...prompts.round_texts import every_critique
from .examples import Text, about_run
from .source import Source


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
        for critique in every_critique(as_critic_saw(source, place), context):
            gain = gain_of_round(source.candidates, now, following, critique.number)
            written: dict[Step, str] = {"loss": critique.loss, "gradient": critique.gradient}
            for step, text in written.items():
                if gain is None or not text:
                    continue
                asked = prompts.render(step, critique, clip_tokens=context.clip_tokens)
                author = "person" if step in now.get("by_hand", []) else "critic"
                about = {"step": step, "round": now["round"], "gain": gain, "author": author}
                yield Text(plain_messages(asked), text, gain > 0, {**about_run(source), **about})


def gain_of_round(
    pool: Sequence[Candidate], now: Round, following: Round, number: int | None = None
) -> float | None:
    """Return how far the best update is above the answer that was criticised; `None`: unknown.

    Args:
        pool: The candidates.
        now: The round with the critique.
        following: The round after it.
        number: Which of several critiques it is: only the updates that went by it count.
    """
    criticised = with_reward([c for c in [by_id(pool, now["chosen"])] if c])
    made = of_round(pool, following["round"])
    update = best([c for c in made if number is None or c.get("critique") == number])
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
