"""What the rounds after the first samples were worth: what they gained, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from typing_extensions import TypedDict

from .number_format import count, signed
from .pool import best, of_round, scored_texts
from .ratings import ratings_of
from .state import Candidate, Round
from .usage import Cost, Usage, tokens_for_budget


class Gain(TypedDict):
    """The answer beside the best first sample; drafts count as first samples.

    All rewards are those of the pool as it is now, so they are on one scale.
    """

    reward: float
    """Reward of the answer minus that of the best first sample."""
    best_first: float
    best_update: float | None
    """Reward of the best update; `None` if there is none."""
    texts: int
    """Texts that models wrote: first samples, losses, gradients, updates."""
    texts_after: int
    """Those after the first samples."""
    tokens: int
    """Tokens of the run: input and output, estimated where the server reports none."""
    times: float | None
    """`tokens` as a multiple of those of the first samples and their scores; `None` if there are
    none. Where a model scores, each rating has its share of all that the scores cost."""


def gain_of(
    pool: Sequence[Candidate], usage: Usage | None, answer: Candidate | None
) -> Gain | None:
    """Return what a run has gained so far over its first samples.

    Args:
        pool: The candidates.
        usage: What the run has cost.
        answer: The answer, or the best so far.

    Returns:
        The gain, or `None` if there is nothing to compare: no first sample is ranked any more.
    """
    first = best(of_round(pool, 0))
    if first is None or answer is None or not usage:
        return None
    update = best([c for c in pool if c["round"] > 0])
    phases = usage["phases"]
    written = sum(cost["sequences"] for name, cost in phases.items() if name != "rank")
    sampled = phases["sample"]["sequences"] if "sample" in phases else 0
    tokens, firsts = tokens_for_budget(usage["total"]), tokens_of_first_samples(pool, phases)
    return Gain(
        reward=(answer["reward"] or 0.0) - (first["reward"] or 0.0),
        best_first=first["reward"] or 0.0,
        best_update=update["reward"] if update else None,
        texts=written,
        texts_after=written - sampled,
        tokens=tokens,
        times=round(tokens / firsts, 3) if firsts else None,
    )


def tokens_of_first_samples(pool: Sequence[Candidate], phases: Mapping[str, Cost]) -> float:
    """Return what the first samples cost, with their share of the scores."""
    spent = {name: tokens_for_budget(cost) for name, cost in phases.items()}
    share = ratings_made(of_round(pool, 0)) / max(1, ratings_made(pool))
    return spent.get("sample", 0) + spent.get("rank", 0) * share


def ratings_made(pool: Sequence[Candidate]) -> int:
    """Return how often answers were rated; one that was not written or not scored cost nothing."""
    return sum(max(1, len(ratings_of(one))) for one in scored_texts(pool).values())


def gain_phrase(gain: Gain | None) -> str:
    """Return whether the rounds after the first samples helped; "" if there were none.

    Example:
        >>> gain = Gain(reward=0.42, best_first=1.0, best_update=1.42, texts=19, texts_after=14,
        ...     tokens=2700, times=2.7)
        >>> gain_phrase(gain)
        '+0.42 over the best first sample, for 2.7 times the tokens'
        >>> gain_phrase({**gain, "reward": 0.0, "best_update": 0.9})
        'no update beat the best first sample: 14 of 19 texts bought nothing'
    """
    if gain is None or not gain["texts_after"]:
        return ""
    if gain["reward"] == 0:
        beaten = gain["best_update"] is not None and gain["best_update"] > gain["best_first"]
        start = "the answer is a first sample" if beaten else "no update beat the best first sample"
        return f"{start}: {gain['texts_after']} of {count(gain['texts'], 'text')} bought nothing"
    compared = "over" if gain["reward"] > 0 else "against"
    price = f"{gain['tokens']:,} tokens" if gain["times"] is None else times_phrase(gain["times"])
    return f"{signed(gain['reward'])} {compared} the best first sample, for {price}"


def times_phrase(times: float) -> str:
    """Return a multiple of tokens: `2.7 times the tokens`."""
    return f"{times:.2g} times the tokens" if times < 10 else f"{times:.0f} times the tokens"


def best_so_far(rounds: Sequence[Round]) -> list[float | None]:
    """Return the best reward up to each round, for the rounds on the scale of the last.

    A round may end below an earlier one, so its own `best` is not what the pool holds. Rounds
    that another reward has ranked, before it failed, are `None`.

    Example:
        >>> best_so_far([])
        []
    """
    scale, top, found = rounds[-1].get("ranked_by") if rounds else None, None, list[float | None]()
    for record in rounds:
        same = record.get("ranked_by") == scale
        known = [v for v in (top, record["best"], record["reward"]) if same and v is not None]
        top = max(known, default=None)
        found.append(top)
    return found
