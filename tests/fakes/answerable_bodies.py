"""A hook of schemathesis: most bodies that keep to the schema become such that a run answers them.

Hardly a random one gets that far: it has a field that nobody knows, settings that exclude each
other, a search of 1,600 requests. What a run gets to see of it are its numbers and its texts.
"""

from __future__ import annotations

import random
from typing import Any

import schemathesis

PLAIN = {
    "model", "messages", "input", "instructions", "stream", "stream_options", "n", "temperature",
    "top_p", "max_tokens", "max_completion_tokens", "max_output_tokens", "stop", "seed", "store",
    "metadata", "reasoning", "user",
}  # fmt: skip
SETTINGS = {
    "temperature", "top_p", "seed", "stop_sequences", "clip_tokens", "live", "critiques",
    "target_reward", "patience", "min_spread", "on_tie", "budget_requests", "budget_tokens",
    "sampling", "reasoning", "critique_temperature", "fusion", "mode",
}  # fmt: skip
SHARES = {"coverage": 0.1, "fuzzing": 0.8, "stateful": 0.8}  # of the bodies of a phase
ROLES = ("user", "assistant", "system", "developer")


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Change some bodies, others with each seed, and none that is wrong on purpose."""
    body = case.body
    if not isinstance(body, dict) or not case.meta.generation.mode.is_positive:
        return
    seed = context.operation.schema.config.seed
    chance = random.Random(f"{seed} {body!r}")  # the same body changes the same way
    if chance.random() < SHARES.get(case.meta.phase.name, 0):
        case.body = answerable(body, chance)


def answerable(body: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return a body with the texts and numbers of another, for a small search."""
    kept = {name: value for name, value in body.items() if name in PLAIN and value is not None}
    given = body.get("tpo") or {}
    names = sorted(SETTINGS & given.keys())
    some = {name: given[name] for name in chance.sample(names, min(2, len(names)))}
    kept["tpo"] = some | {"depth": chance.choice((0, 0, 1)), "width": chance.choice((1, 2))}
    for name in {"messages", "input"} & kept.keys():
        if isinstance(kept[name], list):
            turns = [turn(item, chance) for item in kept[name][:5]]
            kept[name] = [*turns, {"role": "user", "content": f"Why? {texts(body[name])}"}]
    if not kept.get("input", "x"):
        kept["input"] = "Why?"
    return kept


def turn(item: Any, chance: random.Random) -> dict[str, Any]:
    """Return an item as a message of text, with all the texts that are in it."""
    return {"role": chance.choice(ROLES), "content": " ".join(texts(item))}


def texts(value: Any) -> list[str]:
    """Return the texts in a value, names included."""
    if isinstance(value, dict):
        return [text for pair in value.items() for text in texts(list(pair))]
    if isinstance(value, list):
        return [text for part in value for text in texts(part)]
    return [str(value)]
