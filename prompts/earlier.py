"""What was advised in earlier rounds and what became of it, for critics of a run that plans.

Placeholders: `{earlier}`. Without it a critic that sees much the same answer gives much the same
advice again. The wording is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..core.moves import Move
from ..core.number_format import reward
from ..core.planning.moves_so_far import move_of
from ..core.pool import best, of_round
from ..core.prompt_template import Prompt, clip, quote
from ..core.round_critique import critiques_in
from ..core.special_tokens import as_text
from ..core.state import Candidate, Round

MAX_ROUNDS = 3  # the newest
BY_CRITIQUE: frozenset[Move] = frozenset({"rewrite", "advised"})  # a fused answer is not shown it
MAX_TOKENS = 100  # of the advice of one round; several critiques divide them

EARLIER = Prompt(
    """

Earlier advice, and what became of it. Do not repeat what did not help; say something else:

<earlier_advice>
{earlier}
</earlier_advice>""",
    required=("earlier",),
)


def earlier_advice(rounds: Sequence[Round], pool: Sequence[Candidate]) -> str:
    """Return what earlier rounds advised and whether the reward rose; "" if none did.

    Args:
        rounds: Those of the turn, the one under way last.
        pool: The candidates, to see what became of those that went by a critique.
    """
    told = ["\n\n".join(advice_in(now, then, pool)) for now, then in pairwise(rounds)]
    return "\n\n".join([one for one in told if one][-MAX_ROUNDS:])


def advice_in(now: Round, then: Round, pool: Sequence[Candidate]) -> list[str]:
    """Return what each critique of a round advised, and what the answers that went by it scored.

    Nothing is told of a critique that no answer went by.
    """
    critiques = critiques_in(now)
    made = [c for c in of_round(pool, then["round"]) if move_of(c) in BY_CRITIQUE]
    told = list[str]()
    for nth, critique in enumerate(critiques):
        mine = [c for c in made if c.get("critique", 0) == nth]
        advice = clip(critique["gradient"] or "", MAX_TOKENS // len(critiques))
        if advice and mine:
            top = best(mine)
            outcome = effect(now["reward"], top["reward"] if top else None)
            told.append(f"Round {then['round']}: {outcome}\n{advice}")
    return told


def earlier_block(earlier: str) -> str:
    """Return the block for a prompt; "" without earlier advice, so that a prompt stays as it is."""
    return EARLIER.fill({"earlier": as_text(quote(earlier))}) if earlier else ""


def effect(before: float | None, reached: float | None) -> str:
    """Return what the answers that went by some advice scored, and whether that is more."""
    if before is None or reached is None:
        return "no answer that could be scored."
    helped = "it helped" if reached > before else "it did not help"
    return f"the reward went from {reward(before)} to {reward(reached)}: {helped}."
