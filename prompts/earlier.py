"""What was advised in earlier rounds and what became of it, for critics of a run that plans.

Placeholders: `{earlier}`. Without it a critic that sees much the same answer gives much the same
advice again. The wording is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..core.number_format import reward
from ..core.prompt_template import Prompt, clip, quote
from ..core.state import Round

MAX_ROUNDS = 3  # the newest
MAX_TOKENS = 100  # of the advice of one round

EARLIER = Prompt(
    """

Earlier advice, and what became of it. Do not repeat what did not help; say something else:

<earlier_advice>
{earlier}
</earlier_advice>""",
    required=("earlier",),
)


def earlier_advice(rounds: Sequence[Round]) -> str:
    """Return what earlier rounds advised and whether the reward rose; "" if none did.

    Args:
        rounds: Those of the turn, the one under way last.
    """
    told = [
        f"Round {then['round']}: {_effect(now, then)}\n{clip(now['gradient'] or '', MAX_TOKENS)}"
        for now, then in pairwise(rounds)
        if now["gradient"]
    ]
    return "\n\n".join(told[-MAX_ROUNDS:])


def earlier_block(earlier: str) -> str:
    """Return the block for a prompt; "" without earlier advice, so that a prompt stays as it is."""
    return EARLIER.fill({"earlier": quote(earlier)}) if earlier else ""


def _effect(now: Round, then: Round) -> str:
    """Return what the answers made of the advice of `now` scored."""
    before, best = now["reward"], then["best"]
    if before is None or best is None:
        return "no answer that could be scored."
    helped = "it helped" if best > before else "it did not help"
    return f"the reward went from {reward(before)} to {reward(best)}: {helped}."
