"""How many answers of a round nearly copy an earlier one, in words."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from ...core.pool import of_round, with_reward
from ...core.state import Candidate, Round


def copies_phrase(record: Round, pool: Sequence[Candidate]) -> str:
    """Return how many answers of a round nearly copy an earlier one; "" if none does.

    Args:
        record: The round.
        pool: The candidates, those of the round among them.
    """
    near = record.get("near_copies")
    scored = len(with_reward(of_round(pool, record["round"])))
    says = "copies" if near == 1 else "copy"
    # Scored again later, a round may have fewer answers than copies were counted.
    return f"{min(near, scored)} of {scored} nearly {says} an earlier answer" if near else ""


def copies_lines(rounds: Sequence[Round], pool: Sequence[Candidate]) -> list[Text]:
    """Return a line for each round with answers that nearly copy an earlier one."""
    said = {record["round"]: copies_phrase(record, pool) for record in rounds}
    return [Text(f"round {nth}: {words}", "dim") for nth, words in said.items() if words]
