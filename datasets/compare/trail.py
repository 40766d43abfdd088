"""Where an arm stood on a row after each of its answers or rounds, and what it had spent by then.

First samples count one by one: of a request for several, the first carries the prompt, and each
its part of what was written, by its length. Later rounds count as a whole, with the critique that
they follow. So a search can be cut where it had spent what another one spends.

First samples that all arms share were paid for once; each arm is charged for them in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...core.pool import best, of_round
from ...core.ratings import ratings_of
from ...core.state import Candidate
from ...models.request_cost import CHARACTERS_PER_TOKEN, MOST_CHARACTERS_PER_TOKEN
from ..records import PaidRequest, RowPool
from .spend import Spend, spend_of, total_spend


@dataclass(frozen=True)
class Stand:
    """What an arm had at one point.

    Attributes:
        best: The best answer so far; `None` while there is none.
        round: The round that had begun or ended.
        whole: Whether that round had ended.
        spend: What was spent so far.
        rated_again: Whether all that came after the point before is ratings of who led.
    """

    best: Candidate | None
    round: int
    whole: bool
    spend: Spend
    rated_again: bool = False


def trail(pool: RowPool, first: RowPool | None = None) -> list[Stand]:
    """Return where an arm stood on a row, from its first answer to its end.

    Args:
        pool: The row's pool of the arm.
        first: The row's pool of the shared first samples, if the arm was given them as drafts.
    """
    first_samples = of_round(pool["candidates"], 0)
    spends, again = first_spends(first_samples, pool["requests"], first)
    stands: list[Stand] = []
    for count, spend in enumerate(spends, start=1):
        whole = again is None and count == len(spends)
        stands.append(Stand(best(first_samples[:count]), 0, whole, added(stands, spend)))
    if again is not None:
        stands.append(Stand(best(first_samples), 0, True, added(stands, again), rated_again=True))
    last = max((request_round(r) for r in pool["requests"]), default=0)
    last = max([last, *(c["round"] for c in pool["candidates"])])
    for round in range(1, last + 1):
        spend = later_spend(pool["candidates"], pool["requests"], round)
        known = [c for c in pool["candidates"] if c["round"] <= round]
        stands.append(Stand(best(known), round, True, added(stands, spend)))
    return stands


def added(stands: Sequence[Stand], spend: Spend) -> Spend:
    """Return what is spent with one step more."""
    return stands[-1].spend.plus(spend) if stands else spend


def request_round(request: PaidRequest) -> int:
    """Return the round whose answers a request was for; a critique is for the next one's."""
    return request["round"] + (request["phase"] in {"loss", "gradient"})


def first_spends(
    samples: Sequence[Candidate], requests: Sequence[PaidRequest], first: RowPool | None
) -> tuple[list[Spend], Spend | None]:
    """Return what each first sample cost, with its judging, and what further ratings cost.

    All ratings cost the same part. Drafts are the first samples; they cost what the shared did.
    """
    given = [c for c in samples if c.get("drafted")]
    own = [c for c in samples if not c.get("drafted")]
    shared = [r for r in first["requests"] if r["phase"] == "sample"] if first else []
    mine = [r for r in requests if request_round(r) == 0]
    asked = [r for r in mine if r["phase"] != "rank"]
    each = [*sample_spends(given, shared), *sample_spends(own, asked)]
    judging = total_spend(spend_of(r) for r in mine if r["phase"] == "rank")
    ratings = {c["text"]: len(ratings_of(c)) for c in samples}  # copies share theirs
    more = sum(max(0, number - 1) for number in ratings.values())
    one = judging.times(1 / (len(each) + more)) if each else judging
    return [spend.plus(one) for spend in each], one.times(more) if more else None


def sample_spends(samples: Sequence[Candidate], requests: Sequence[PaidRequest]) -> list[Spend]:
    """Return what each of some samples cost, in their order."""
    if not samples:
        return []
    sizes = [len(c["text"]) + len(c.get("reasoning", "")) + 1 for c in samples]
    written = written_tokens(samples, requests)
    tokens, asked, place = [written * size / sum(sizes) for size in sizes], [0] * len(sizes), 0
    for request in requests:
        at = min(place, len(samples) - 1)
        tokens[at] += request["input_tokens"]
        asked[at] += 1
        place += request["texts"]
    dollars = total_spend(map(spend_of, requests)).dollars
    whole = sum(tokens) or 1.0
    return [
        Spend(count, 1, sent, None if dollars is None else dollars * count / whole)
        for count, sent in zip(tokens, asked, strict=True)
    ]


def written_tokens(texts: Sequence[Candidate], requests: Sequence[PaidRequest]) -> float:
    """Return the tokens of texts: what was reported, or a guess if it cannot be all of them.

    llama.cpp reports one text of a request for several.
    """
    reported = sum(request["output_tokens"] for request in requests)
    characters = sum(len(c["text"]) + len(c.get("reasoning", "")) for c in texts)
    enough = reported * MOST_CHARACTERS_PER_TOKEN >= characters
    return reported if enough else characters / CHARACTERS_PER_TOKEN


def later_spend(
    candidates: Sequence[Candidate], requests: Sequence[PaidRequest], round: int
) -> Spend:
    """Return what a round after the first samples cost, the critique before it included."""
    mine = [r for r in requests if request_round(r) == round]
    updates = [r for r in mine if r["phase"] == "update"]
    guessed = written_tokens(of_round(candidates, round), updates)
    more = guessed - sum(r["output_tokens"] for r in updates)
    return total_spend([*map(spend_of, mine), Spend(tokens=more)])
