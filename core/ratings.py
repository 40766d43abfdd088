"""An answer that is rated several times: its reward is the mean, what they scatter is noise.

The best of many answers is often the one that was rated too high by chance. Rated again, it keeps
its place only if it was not luck; and how far its ratings are apart says how much luck there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, sqrt
from statistics import mean
from typing import cast

from .state import Candidate, Score


def ratings_of(score: Score) -> list[float]:
    """Return all ratings of an answer, the first included."""
    reward = score["reward"]
    return score.get("ratings") or ([] if reward is None else [reward])


def with_ratings(known: Score, more: Sequence[Score]) -> Score:
    """Return the score of an answer after further ratings.

    The reward is their mean; feedback and checks are those of the rating that is nearest to it.
    Of a mix, the first part is the one that was rated.
    A rating that failed is passed over: `known` itself is returned if none is left. If more
    of them veto the answer than rate it, it is vetoed.

    Args:
        known: The score so far, of one rating or several.
        more: What each further rating came to.

    Example:
        >>> again = [Score(reward=6.0, error=None), Score(reward=3.0, error=None)]
        >>> with_ratings(Score(reward=9.0, error=None), again)
        {'reward': 6.0, 'error': None, 'ratings': [9.0, 6.0, 3.0]}
    """
    numbers = [score for score in more if score["reward"] is not None]
    vetoes = [score for score in more if score.get("failure") == "vetoed"]
    ratings = [*ratings_of(known), *(score["reward"] or 0.0 for score in numbers)]
    if len(vetoes) > len(ratings):
        return vetoes[0]
    if not numbers:
        return known
    average = float(mean(ratings))
    said = words_nearest(average, known, numbers)
    sums = {"parts": {**parts, next(iter(parts)): average}} if (parts := known.get("parts")) else {}
    whole = Score(reward=average, error=None, ratings=ratings)
    return cast("Score", {**whole, **sums, **said})


def words_nearest(mean: float, known: Score, more: Sequence[Score]) -> dict[str, object]:
    """Return feedback and checks of the score whose rating is nearest to the mean of all."""
    spoken = {nearest(ratings_of(known), known["reward"] or 0.0): known}
    spoken |= {score["reward"] or 0.0: score for score in reversed(more)}
    said = spoken[nearest(list(spoken), mean)]
    return {name: said[name] for name in ("feedback", "checks") if name in said}


def nearest(ratings: Sequence[float], mean: float) -> float:
    """Return the rating that is nearest to a number, the lower of two."""
    return min(ratings, key=lambda rating: (abs(rating - mean), rating))


def noise_of(pool: Sequence[Candidate]) -> float:
    """Return the standard deviation of single ratings around their mean; 0 if none was repeated.

    As if one more had been repeated and had agreed: of two or three ratings little is known.
    """
    of_texts = {c["text"] or c["id"]: ratings_of(c) for c in pool}  # copies share their ratings
    repeated = [some for some in of_texts.values() if len(some) > 1]
    means = [(mean(some), some) for some in repeated]
    squares = fsum((rating - average) ** 2 for average, some in means for rating in some)
    return sqrt(squares / (1 + sum(len(some) - 1 for some in repeated)))
