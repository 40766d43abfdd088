"""The critiques of a round: loss and gradient, and further ones if a run asks for several.

The first stands in the round's record itself, as the only one does; the others beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from typing_extensions import TypedDict

from .json_types import JsonObject


class RoundCritique(TypedDict):
    """One critique of a round: what the chosen answer was held against, and what was written."""

    rejected: str | None
    """Id of the answer that is worse, or `None` if the chosen one is reviewed alone."""
    loss: str | None
    gradient: str | None


def critiques_in(record: Mapping[str, Any]) -> list[RoundCritique]:
    """Return all critiques of a round, the record's own one first.

    Example:
        >>> critiques_in({"rejected": "r0c1", "loss": "too long", "gradient": None})
        [{'rejected': 'r0c1', 'loss': 'too long', 'gradient': None}]
    """
    rejected, loss, gradient = (record.get(name) for name in ("rejected", "loss", "gradient"))
    first = RoundCritique(rejected=rejected, loss=loss, gradient=gradient)
    return [first, *record.get("further", ())]


def texts_in(record: Mapping[str, Any], *steps: Literal["loss", "gradient"]) -> list[str]:
    """Return the losses, the gradients, or both of a round, critique by critique."""
    return [text for critique in critiques_in(record) for step in steps if (text := critique[step])]


def with_texts(
    critiques: Sequence[RoundCritique],
    step: Literal["loss", "gradient"],
    texts: Sequence[str | None],
) -> JsonObject:
    """Return what a step writes into the record of a round; what has no text is left out.

    Args:
        critiques: Those that the step was to go on with.
        step: What it has written.
        texts: One for each of them, at least one not `None`.

    Example:
        >>> with_texts([RoundCritique(rejected="r0c1", loss=None, gradient=None)], "loss", ["dull"])
        {'loss': 'dull'}
    """
    pairs = zip(critiques, texts, strict=True)
    first, *further = [{**critique, step: text} for critique, text in pairs if text is not None]
    return {**first, "further": further} if len(critiques) > 1 else {step: first[step]}
