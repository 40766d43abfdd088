"""What a run gives to learn from: pairs, or single texts with a label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ...core.json_types import JsonObject
from ...core.state import Candidate
from .pairs import Pairing, best_texts, margin, pairs_in
from .source import Source

Task = Literal["dpo", "kto", "reward", "sft"]
TASKS: tuple[Task, ...] = ("dpo", "kto", "reward", "sft")


@dataclass(frozen=True)
class Contrast:
    """A better and a worse answer to one prompt; `about` is further columns, flat JSON."""

    prompt: list[JsonObject]
    chosen: str
    rejected: str
    about: JsonObject


@dataclass(frozen=True)
class Text:
    """One answer to a prompt, and whether it is a good one."""

    prompt: list[JsonObject]
    text: str
    good: bool
    about: JsonObject


Example = Contrast | Text


def examples_of(source: Source, task: Task, how: Pairing) -> Iterator[Example]:
    """Yield what a run gives for a task.

    Args:
        source: The run; its prompt is one of texts alone.
        task: `dpo` and `reward` learn from pairs, `kto` from the texts of the pairs, `sft` from
            the best texts.
        how: How pairs are made.
    """
    pool, prompt = source.usable, source.prompt or []
    if task == "sft" and not how.min_margin:
        for best in best_texts(pool, how):
            yield Text(prompt, best["text"], True, {**about_run(source), **rated("", best)})
        return
    for pair in pairs_in(pool, how):
        chosen, rejected = pair
        further = {**about_run(source), "margin": round(margin(pair), 9)}
        if task in {"dpo", "reward"}:
            ratings = {**rated("chosen_", chosen), **rated("rejected_", rejected)}
            yield Contrast(prompt, chosen["text"], rejected["text"], {**further, **ratings})
            continue
        yield Text(prompt, chosen["text"], True, {**further, **rated("", chosen)})
        if task == "kto":
            yield Text(prompt, rejected["text"], False, {**further, **rated("", rejected)})


def about_run(source: Source) -> JsonObject:
    """Return the columns that say where an example comes from."""
    settings = source.settings
    several = settings.get("policies")
    policies = ", ".join(map(str, several)) if isinstance(several, list | tuple) else ""
    named = {name: settings.get(name) for name in ("mode", "depth", "width", "seed")}
    origin = {"run": source.id, "source": source.origin, "ranked_by": source.ranked_by}
    named |= {"policy": policies or settings.get("policy")}
    return {**origin, **named, "tpo_version": source.version}


def rated(start: str, candidate: Candidate) -> JsonObject:
    """Return a candidate's rating and its place in the run as columns."""
    named = {f"{start}rating": candidate["reward"], f"{start}candidate": candidate["id"]}
    return named | (
        {f"{start}policy": candidate["policy"]} if start and "policy" in candidate else {}
    )
