"""A few built-in answers that show whether a served reward's scores can be used at all."""

from __future__ import annotations

from collections.abc import Sequence

from ..base import Score

QUESTION = "How do I boil an egg?"
SOUND = (
    "Put the egg into boiling water, wait seven minutes for a soft yolk or ten for a hard one, "
    "then cool it in cold water so that it peels easily.",
    "Boil it for about eight minutes, then cool it under the tap.",
)
DEGENERATE = ("egg egg egg egg egg egg egg egg egg egg egg egg egg", "xq zzv klop wirr fnord!!")
OTHER = (
    "I don't know.",
    "The capital of France is Paris.",
    "Put the egg into",
    "Eggs are boiled in an oven at 220 degrees for three hours.",
)
ANSWERS = (*SOUND, *DEGENERATE, *OTHER)


def doubts(scores: Sequence[Score], raw_advice: str) -> str:
    """Say what is wrong with the scores of `ANSWERS`.

    A value outside 0 to 1 proves that scores are raw; all eight inside only suggest that
    they are squashed, for a model's own scale may be as narrow.

    Args:
        scores: One per answer.
        raw_advice: How to get raw scores out of the server.

    Returns:
        A clause, or "" if nothing looks wrong.
    """
    values = [score["reward"] for score in scores if score["reward"] is not None]
    if missing := len(ANSWERS) - len(values):
        reason = next((score["error"] for score in scores if score["error"]), "no reason given")
        return f"{missing} of {len(ANSWERS)} probe answers have no score: {reason}"
    if len(set(values)) == 1:
        return f"every probe answer scores {values[0]:g}, so nothing can be ranked: {raw_advice}"
    if min(values) >= 0 and max(values) <= 1:
        return (
            f"scores look squashed (all probe scores lie between 0 and 1), so that good answers "
            f"tie: {raw_advice}"
        )
    sound, degenerate = max(values[: len(SOUND)]), max(values[len(SOUND) :][: len(DEGENERATE)])
    if sound <= degenerate:
        return (
            f"degenerate text scores {degenerate:.3g} and a sound answer {sound:.3g}: is it a "
            "reward model, and is the conversation written as it was trained on?"
        )
    return ""
