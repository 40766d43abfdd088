"""What a comparison means, in words: who wins, at what price, and whether to believe it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ...core.dollars import money
from ...core.number_format import count
from .comparison import Comparison
from .pair_words import ArmPair, interval_words, is_decided, ratings_words, verdict_words
from .smaller_search import recommended_search

ALIKE = 0.05  # costs and lengths this close are not worth a sentence
HALF = 0.5


def sentences_of(found: Comparison, base: str, cut: Mapping[str, int]) -> list[str]:
    """Return what a comparison means, the verdict first.

    Args:
        found: The record, but for its sentences.
        base: The arm that the others are held against.
        cut: On how many rows nothing but first samples is left of each arm.
    """
    pairs = held_pairs(found, base)
    said = [verdict_words(pair) for pair in pairs]
    said += [cut_words(found, arm, number) for arm, number in cut.items()]
    said += [words for pair in pairs for words in (price_words(pair), heldout_words(pair))]
    said += [ratings_words(pair) for pair in pairs]
    said += [length_words(pair) for pair in pairs]
    said += [smaller_words(found, arm["name"]) for arm in found["arms"]]
    said.append(left_out_words(found))
    return [words for words in said if words]


def held_pairs(found: Comparison, base: str) -> list[ArmPair]:
    """Return the arms with the one that they are held against, the best first."""
    by_name = {arm["name"]: arm for arm in found["arms"]}
    pairs = [ArmPair(found, arm, by_name[base]) for name, arm in by_name.items() if name != base]

    def gain(pair: ArmPair) -> float:
        return pair.decisive["mean"] if pair.decisive else 0.0

    return sorted(pairs, key=gain, reverse=True)


def cut_words(found: Comparison, arm: str, rows: int) -> str:
    """Say that equal cost has left nothing of an arm but its first samples on most rows."""
    if rows <= len(found["rows"]) / 2:
        return ""
    return (
        f"On {count(rows, 'row')} equal cost leaves only the first samples of {arm}: another arm "
        "spent less than a round takes. Give that one more samples, or take --equal nothing."
    )


def price_words(pair: ArmPair) -> str:
    """Say what an arm costs beside the other."""
    ours, theirs = pair.ours, pair.theirs
    if not theirs["tokens"]:
        return ""
    times = ours["tokens"] / theirs["tokens"]
    if abs(times - 1) < ALIKE:
        return ""
    sizes = f"{ours['tokens']:,.0f} against {theirs['tokens']:,.0f} a row{dollar_words(pair)}"
    much = f"{times:.2g} times" if times > 1 else f"{times:.0%} of"
    return f"{ours['name']} takes {much} the tokens of {theirs['name']} ({sizes})."


def dollar_words(pair: ArmPair) -> str:
    """Say what an answer of both arms costs; nothing if a price is unknown."""
    ours, theirs = pair.ours["cost_usd"], pair.theirs["cost_usd"]
    if ours is None or theirs is None:
        return ""
    return f"; {money(ours)} against {money(theirs)} an answer"


def heldout_words(pair: ArmPair) -> str:
    """Say whether the held-out reward agrees with the verdict."""
    heldout, verdict = pair.difference("heldout"), pair.decisive
    if heldout is None or verdict is None or verdict["measure"] == "heldout":
        return ""
    words = f"for {pair.ours['name']}: {interval_words(heldout)}"
    if heldout["rows"] < verdict["rows"]:
        words += f" on the {count(heldout['rows'], 'row')} where it is known"
    if not is_decided(heldout):
        return f"The held-out reward does not decide it {words}."
    if not is_decided(verdict):
        return f"The held-out reward does {words}."
    if (heldout["mean"] > 0) == (verdict["mean"] > 0):
        return f"The held-out reward agrees {words}."
    return f"The held-out reward does not agree {words}: the reward may be over-optimised."


def length_words(pair: ArmPair) -> str:
    """Say whether an arm that wins with longer answers would win with answers as long."""
    won = next((w for w in pair.wins if w["rate"] > HALF), None)
    ours, theirs = pair.ours["length"], pair.theirs["length"]
    if won is None or not pair.decisive or not is_decided(pair.decisive):
        return ""
    if ours <= theirs * (1 + ALIKE):
        return f"It is not length: the answers of {pair.ours['name']} are not longer."
    sizes = f"{ours:,.0f} against {theirs:,.0f} characters"
    same = won["length_controlled"]
    if same is None:
        return f"{pair.ours['name']} is nearly always longer ({sizes}): length cannot be ruled out."
    rates = f"{won['rate']:.0%} of the rows by {won['by']}, {same:.0%} at equal length ({sizes})"
    only = (
        "It is not only length" if same - HALF > (won["rate"] - HALF) / 2 else "It is mostly length"
    )
    return f"{only}: {pair.ours['name']} wins {rates}."


def smaller_words(found: Comparison, arm: str) -> str:
    """Say which smaller search would have given most of an arm's gain."""
    best = recommended_search([one for one in found["smaller"] if one["arm"] == arm])
    if best is None or best["token_share"] > 1 - ALIKE:
        return ""
    size = f"D{best['depth']}-N{best['width']}"
    return (
        f"Of {arm}, {size} would have given {best['gain_share']:.0%} of the gain over a single "
        f"sample for {best['token_share']:.0%} of the tokens."
    )


def left_out_words(found: Comparison) -> str:
    """Say how many rows are not compared, and why most of them are not."""
    if not found["left_out"]:
        return ""
    why, _ = Counter(found["left_out"].values()).most_common(1)[0]
    lost, all_rows = len(found["left_out"]), len(found["left_out"]) + len(found["rows"])
    return f"{lost} of {count(all_rows, 'row')} are left out, most because {why}."
