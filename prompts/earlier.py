"""What was advised in earlier rounds and what became of it, for critics of a run that plans.

Placeholders: `{earlier}`. Without it a critic that sees much the same answer gives much the same
advice again. The wording is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..core.number_format import reward
from ..core.pool import best, of_round
from ..core.prompt_template import Prompt, clip, quote
from ..core.round_critique import critiques_in
from ..core.state import Candidate, Round

MAX_ROUNDS = 3  # the newest
MAX_TOKENS = 100  # of the advice of one round; several critiques divide them

EARLIER = Prompt(
    """

Earlier advice, and what became of it. Do not repeat what did not help; say something else:

<earlier_advice>
{earlier}
</earlier_advice>""",
    required=("earlier",),
)


def earlier_advice(rounds: Sequence[Round], pool: Sequence[Candidate] = ()) -> str:
    """Return what earlier rounds advised and whether the reward rose; "" if none did.

    Args:
        rounds: Those of the turn, the one under way last.
        pool: The candidates, to see what became of each of several critiques.
    """
    told = ["\n\n".join(advice_in(now, then, pool)) for now, then in pairwise(rounds)]
    return "\n\n".join([one for one in told if one][-MAX_ROUNDS:])


def advice_in(now: Round, then: Round, pool: Sequence[Candidate]) -> list[str]:
    """Return what each critique of a round advised, and what the answers that went by it scored."""
    critiques = critiques_in(now)
    several = len(critiques) > 1
    made = of_round(pool, then["round"])
    told = list[str]()
    for nth, critique in enumerate(critiques):
        top = best([c for c in made if c.get("critique") == nth])
        reached = (top["reward"] if top else None) if several else then["best"]
        if advice := clip(critique["gradient"] or "", MAX_TOKENS // len(critiques)):
            told.append(f"Round {then['round']}: {effect(now['reward'], reached)}\n{advice}")
    return told


def earlier_block(earlier: str) -> str:
    """Return the block for a prompt; "" without earlier advice, so that a prompt stays as it is."""
    return EARLIER.fill({"earlier": quote(earlier)}) if earlier else ""


def effect(before: float | None, reached: float | None) -> str:
    """Return what the answers that went by some advice scored, and whether that is more."""
    if before is None or reached is None:
        return "no answer that could be scored."
    helped = "it helped" if reached > before else "it did not help"
    return f"the reward went from {reward(before)} to {reward(reached)}: {helped}."
